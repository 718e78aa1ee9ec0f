"""What every room's rules share: requests and limits, amounts, names that must be unique."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from mlplatform.config.quantity import parse_quantity
from mlplatform.config.rules.finding import entries

if TYPE_CHECKING:
    from collections.abc import Iterator
    from decimal import Decimal

    from mlplatform.config.rules.finding import Finding, Path


def unique_names(raw: dict[str, Any], key: str, what: str) -> Iterator[Finding]:
    """Yield a finding for each entry of a list whose ``name`` an earlier one has; ``what`` says what an entry is."""
    first: dict[str, int] = {}
    for index, entry in entries(raw, key):
        name = entry.get("name")
        if not isinstance(name, str):
            continue
        if name in first:
            message = f"'{name}' is already the name of {key}[{first[name]}]; every {what} needs its own name"
            yield (key, index, "name"), message
        else:
            first[name] = index


def request_and_limit(path: Path, resources: dict[str, Any]) -> Iterator[Finding]:
    """Yield a finding for each limit below its request, and for devices that are shared or divided."""
    requests, limits = (
        found if isinstance(found := resources.get(kind, {}), dict) else {} for kind in ("requests", "limits")
    )
    for name, request in requests.items():
        requested, limit = amount(request), amount(limits.get(name))
        if requested is not None and limit is not None and requested > limit:
            yield (
                (*path, "limits", name),
                f"{limits[name]} is below the request ({request}); a limit must be at least the request",
            )
    # Kubernetes neither divides nor overcommits devices.
    for name in dict.fromkeys(name for name in (*requests, *limits) if "/" in str(name)):
        kind = "limits" if name in limits else "requests"
        requested, limit = amount(requests.get(name)), amount(limits.get(name))
        if name not in limits or (requested is not None and limit is not None and requested < limit):
            yield (*path, "limits", name), "must be set, and equal the request if there is one: devices are not shared"
        elif limit is not None and limit != limit.to_integral_value():
            yield (*path, kind, name), f"{limits[name]} is no whole number; devices cannot be divided"


def count(value: Any) -> int | None:
    """Return a whole number, ``None`` for anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def amount(value: Any) -> Decimal | None:
    """Return a quantity in its base unit, ``None`` for anything else."""
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        return None
    try:
        return parse_quantity(str(value))
    except ValueError:
        return None


def short_host(url: Any) -> bool:
    """Whether a URL's host is a single name, such as ``minio``: another Service in each namespace that asks for it."""
    match = re.match(r"https?://([^/:@]+)(:\d+)?(/|$)", url) if isinstance(url, str) else None
    return match is not None and "." not in match.group(1) and match.group(1) != "localhost"
