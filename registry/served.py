"""Which versions a stack serves: resolved now (``live``), or as its lock files say (``locked``)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from registry.references import model_references
from registry.resolve import resolve_models

if TYPE_CHECKING:
    from registry.model_version import ModelVersion
    from settings import Settings


@dataclass(frozen=True, kw_only=True)
class ServedVersions:
    """The version of each of the stack's models, and how far that was verified.

    Attributes:
        versions: one for each model of the settings, in their order.
        mode: where they come from.
        unverified: why the lock could not be verified in full, a sentence each; empty where it was.
        notices: what a reviewer should know and nothing stops at, such as a moved alias; a sentence each.

    """

    versions: tuple[ModelVersion, ...]
    mode: str = "live"
    unverified: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()


def served_versions(settings: Settings, *, file: str) -> ServedVersions:
    """Return what the stack serves.

    Args:
        settings: the stack's settings.
        file: name of the stack file, for errors.

    """
    versions = resolve_models(model_references(settings.models, file=file), settings.registry)
    return ServedVersions(versions=versions)
