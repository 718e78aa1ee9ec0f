"""Whether two pieces of plain data are the same."""

from __future__ import annotations

import json
from typing import Any


def same_data(one: Any, other: Any) -> bool:
    """Compare as JSON: not a number is equal to itself, a tuple to a list, and ``1`` is neither ``1.0`` nor ``True``.

    The order of keys means nothing.
    """
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
