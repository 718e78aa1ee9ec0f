"""Compare what was sent with what the server answers: a field that is missing there was silently dropped."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from mlplatform.sandbox.field_paths import ITEM

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.sandbox.field_paths import Path

# https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
_SUFFIXES = {
    "n": Decimal("1e-9"), "u": Decimal("1e-6"), "m": Decimal("1e-3"), "": Decimal(1), "k": Decimal(10) ** 3,
    "M": Decimal(10) ** 6, "G": Decimal(10) ** 9, "T": Decimal(10) ** 12, "P": Decimal(10) ** 15,
    "E": Decimal(10) ** 18, "Ki": Decimal(2) ** 10, "Mi": Decimal(2) ** 20, "Gi": Decimal(2) ** 30,
    "Ti": Decimal(2) ** 40, "Pi": Decimal(2) ** 50, "Ei": Decimal(2) ** 60,
}  # fmt: skip
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)([numkMGTPE]?|[KMGTPE]i)")
_DURATION = re.compile(r"(?:\d+(?:\.\d+)?(?:ns|us|ms|h|m|s))+")
_DURATION_PART = re.compile(r"(\d+(?:\.\d+)?)(ns|us|ms|h|m|s)")
_SECONDS = {
    "ns": Decimal("1e-9"), "us": Decimal("1e-6"), "ms": Decimal("1e-3"), "s": Decimal(1), "m": Decimal(60),
    "h": Decimal(3600),
}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Difference:
    """A field that the server did not keep as it was sent.

    Attributes:
        path: the field.
        changed: whether it is there with another value; else it is missing.

    """

    path: Path
    changed: bool


def differences(sent: dict[str, Any], answered: dict[str, Any]) -> tuple[Difference, ...]:
    """Return the fields of a manifest that the answer lacks or holds with another value.

    What the server adds is no difference, neither are empty values that it leaves out, quantities (``1000m``, ``1``)
    and durations (``60s``, ``1m0s``) it writes in another way, and a Secret's ``stringData``, which becomes ``data``.
    """
    if isinstance(sent.get("stringData"), dict):
        encoded = {key: base64.b64encode(str(value).encode()).decode() for key, value in sent["stringData"].items()}
        sent = {key: value for key, value in sent.items() if key != "stringData"}
        sent["data"] = {**(sent.get("data") or {}), **encoded}
    return tuple(_walk(sent, answered, ()))


def _walk(sent: Any, answered: Any, path: Path) -> Iterator[Difference]:
    if _is_empty(sent):
        return
    if isinstance(sent, dict) and isinstance(answered, dict):
        for key, value in sent.items():
            if key in answered:
                yield from _walk(value, answered[key], (*path, key))
            elif not _is_empty(value):
                yield Difference(path=(*path, key), changed=False)
    elif isinstance(sent, list) and isinstance(answered, list):
        yield from _walk_list(sent, answered, path)
    elif not _same(sent, answered):
        yield Difference(path=path, changed=True)


def _walk_list(sent: list[Any], answered: list[Any], path: Path) -> Iterator[Difference]:
    for index, item in enumerate(sent):
        item_path = (*path, ITEM)
        first = list(_walk(item, answered[index], item_path)) if index < len(answered) else None
        # On a cluster that has the object already, others may have added items to its lists.
        if first == [] or any(next(_walk(item, other, item_path), None) is None for other in answered):
            continue
        yield from first or [Difference(path=item_path, changed=False)]


def _is_empty(value: Any) -> bool:
    """Whether leaving the value out says the same (``omitempty`` of Go's JSON)."""
    return value is None or value is False or (not isinstance(value, bool) and value in ({}, [], "", 0))


def _same(sent: Any, answered: Any) -> bool:
    if isinstance(sent, bool) or isinstance(answered, bool):
        return sent is answered
    if sent == answered:
        return True
    if isinstance(sent, (dict, list)) or isinstance(answered, (dict, list)):
        return False
    one, other = _number(sent), _number(answered)
    return one is not None and one == other


def _number(value: Any) -> Decimal | None:
    """Return a quantity as a number, or a duration in seconds; ``None`` for what is neither."""
    text = str(value)
    if match := _QUANTITY.fullmatch(text):
        return Decimal(match[1]) * _SUFFIXES[match[2]]
    if _DURATION.fullmatch(text):
        return sum((Decimal(number) * _SECONDS[unit] for number, unit in _DURATION_PART.findall(text)), Decimal(0))
    return None
