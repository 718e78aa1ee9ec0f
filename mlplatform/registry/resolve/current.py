"""Which version each reference stands for now, and nothing else: two requests for a whole stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.client.failure import RegistryFailureError
from mlplatform.registry.client.session import registry_session
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.resolve.references import ModelReference


def current_versions(references: Sequence[ModelReference], registry: RegistrySection) -> tuple[str | None, ...]:
    """Return the version number of each reference, ``None`` where it stands for nothing.

    Raises:
        ProblemsError: the registry cannot be read.

    """
    if not references:
        return ()
    try:
        with registry_session(registry) as reader:
            lookup = find_versions(references, reader)
    except RegistryFailureError as error:
        raise ProblemsError([error.problem(references[0].file)]) from None
    return tuple(None if item is None else item.version for item in lookup.versions)
