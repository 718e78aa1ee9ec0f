"""Search filters of MLflow that name many things at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

# A search is a GET: the filter travels in the address, of which proxies commonly accept 8 KiB.
_FILTER_LIMIT = 3000


def name_filters(values: Sequence[str], condition: str = "") -> Iterator[str]:
    """Yield search filters that together name all values, each short enough for an address.

    Args:
        values: names for which :func:`is_plain` holds.
        condition: what else the things searched for must fulfil, ``" AND ..."``.

    """
    batch: list[str] = []
    length = 0
    for value in values:
        if batch and length + len(value) > _FILTER_LIMIT:
            yield f"name IN ({quoted(batch)}){condition}"
            batch, length = [], 0
        batch.append(value)
        # Two quotes and a comma are three characters each once they are escaped.
        length += len(value) + 9
    if batch:
        yield f"name IN ({quoted(batch)}){condition}"


def quoted(values: Iterable[str]) -> str:
    """Return values as the inside of an ``IN (...)``."""
    return ",".join(f"'{value}'" for value in values)


def is_plain(name: str) -> bool:
    """Return whether a name can stand in a filter; MLflow's filters have no escapes."""
    return not set(name) & set("'\"\\`")
