"""Which version each reference stands for now, and nothing else: two requests for a whole stack."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.client.failure import RegistryFailureError
from mlplatform.registry.client.session import registry_session
from mlplatform.registry.resolve.references import file_of
from mlplatform.registry.resolve.versions import find_versions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.resolve.references import ModelReference


def current_versions(references: Mapping[str, ModelReference], registry: RegistrySection) -> dict[str, str | None]:
    """Return deployment -> the version that its reference stands for, ``None`` where that is nothing.

    Raises:
        ProblemsError: the registry cannot be read.

    """
    if not references:
        return {}
    try:
        with registry_session(registry) as reader:
            lookup = find_versions(references, reader)
    except RegistryFailureError as error:
        raise ProblemsError([error.problem(file_of(references))]) from None
    return {name: None if item is None else item.version for name, item in lookup.versions.items()}
