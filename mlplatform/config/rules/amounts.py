"""Amounts that Kubernetes takes and nobody means: ``memory: 512m`` is half a byte, ``cpu: 4000`` a data centre."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.quantity import bytes_fault, cpu_fault

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

_FAULTS = {"cpu": cpu_fault, "memory": bytes_fault, "ephemeral-storage": bytes_fault}
# A quota is of a whole namespace, and counts other things besides.
_OF_NAMESPACES = "quota"


def findings(raw: Any, path: Path = ()) -> Iterator[Finding]:
    """Yield (key path, message) for every request or limit of a container, wherever it stands."""
    if isinstance(raw, list):
        for index, item in enumerate(raw):
            yield from findings(item, (*path, index))
    elif isinstance(raw, dict):
        for key, value in raw.items():
            if key in {"requests", "limits"} and isinstance(value, dict):
                yield from _amounts(value, (*path, key))
            elif key != _OF_NAMESPACES:
                yield from findings(value, (*path, str(key)))


def _amounts(amounts: dict[str, Any], path: Path) -> Iterator[Finding]:
    for name, amount in amounts.items():
        fault = _FAULTS.get(name)
        if fault and isinstance(amount, str | int | float) and not isinstance(amount, bool):
            message = fault(str(amount))
            if message:
                yield (*path, name), message
