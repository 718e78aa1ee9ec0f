"""Whether a stack's embedded registry is this project's own server."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.registry.embedded.address import ServerState
from mlplatform.registry.embedded.server import status
from mlplatform.registry.embedded.words import foreign_notice, foreign_problem

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.config.models import RegistrySection


def registry_folder(project: Path) -> Path:
    """Return the folder of the registry's files in a project."""
    return project / ".mlplatform" / "registry"


def foreign_notices(project: Path, registry: RegistrySection) -> tuple[str, ...]:
    """Return what a reviewer should know where another server answers in place of a stack's embedded registry.

    Raises:
        ProblemsError: the stack asks for the embedded registry by ``registry.embedded``.

    """
    if not registry.is_embedded or status(registry_folder(project), registry.uri).state is not ServerState.FOREIGN:
        return ()
    if registry.embedded:
        raise foreign_problem(registry.uri)
    return (foreign_notice(registry.uri),)
