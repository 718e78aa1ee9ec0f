"""Numbers, sizes and moments as people read them."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlplatform.review.models.change import MetricChange

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_UNIT = 1024
_DIGEST = re.compile(r"^(sha256:[0-9a-f]{12})[0-9a-f]{52}$")
# 2026-11-20T09:30:00.120Z; seconds help nobody.
_MOMENT = re.compile(r"^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):\d\d(?:\.\d+)?Z$")


def number(value: float | str | None, other: float | str | None = None) -> str:
    """Return a metric with as many digits as tell it from the other one, six at least; ``-`` for none."""
    if value is None:
        return "-"
    if isinstance(value, str) or not math.isfinite(value):
        return str(value)
    for digits in range(6, 17):
        text = f"{value:.{digits}g}"
        if not isinstance(other, int | float) or other == value or text != f"{other:.{digits}g}":
            return text
    return repr(value)


def difference(metric: MetricChange) -> str:
    """Return by how much a metric changed, signed; ``-`` where nobody can say."""
    return "-" if metric.difference is None else f"{metric.difference:+.4g}"


def percent(value: float | None) -> str:
    """Return a share of the requests."""
    return "-" if value is None else f"{value:g} %"


def size(value: int | None) -> str | None:
    """Return bytes as people read them, ``None`` for none."""
    if value is None:
        return None
    amount, unit = float(value), 0
    while amount >= _UNIT and unit < len(_UNITS) - 1:
        amount, unit = amount / _UNIT, unit + 1
    return f"{value} B" if unit == 0 else f"{amount:.1f} {_UNITS[unit]}"


def moment(text: str | None) -> str | None:
    """Return a moment to the minute, and any other text as it is."""
    match = _MOMENT.match(text or "")
    return f"{match[1]} {match[2]} UTC" if match else text


def digest(text: str | None) -> str | None:
    """Return the beginning of a digest, and any other text as it is."""
    match = _DIGEST.match(text or "")
    return f"{match[1]}..." if match else text
