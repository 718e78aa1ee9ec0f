"""One pass over a registry: its environment in force, its servers known to answer, its time running."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mlplatform.registry.client.deadline import Deadline
from mlplatform.registry.client.environment import hush, registry_environment
from mlplatform.registry.client.reachability import check_reachable
from mlplatform.registry.client.reader import RegistryReader
from mlplatform.registry.client.sqlite_file import check_databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import RegistrySection


@contextlib.contextmanager
def registry_session(registry: RegistrySection) -> Iterator[RegistryReader]:
    """Yield what asks the registry, once it has given a sign of life.

    Raises:
        RegistryFailureError: the registry as a whole cannot be read, now or at any request inside.

    """
    deadline = Deadline(registry.deadline_seconds)
    with registry_environment(registry):
        check_reachable(registry, deadline)
        check_databases(registry)
        reader = RegistryReader(registry, deadline)
        hush()
        yield reader
