"""What a lock holds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.facts import ModelFacts

# The one variant of a deployment that serves a single version.
DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class LockEntry:
    """One served variant.

    Attributes:
        version: the version as it was when it was locked, with digest and size; ``storage_uri`` is its release.
        files: the release's files, sorted by path.

    """

    version: ModelFacts
    files: tuple[FileDigest, ...]


@dataclass(frozen=True, kw_only=True)
class DeploymentLock:
    """The lock of one deployment.

    Attributes:
        stack: name of the stack.
        deployment: name of the deployment.
        variants: name -> what it serves.

    """

    stack: str
    deployment: str
    variants: Mapping[str, LockEntry]


def lock_command(stack: str, *deployments: str) -> str:
    """Return the command that locks deployments of a stack again; without any, all."""
    return " ".join(["mlplatform lock", stack, *deployments])
