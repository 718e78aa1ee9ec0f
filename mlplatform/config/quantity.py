"""Kubernetes resource quantities (``500m``, ``2Gi``), to compare a request with its limit.

Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/
"""

from __future__ import annotations

import re
from decimal import Decimal

_FACTORS = {
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "": Decimal(1),
    "k": Decimal("1e3"),
    "M": Decimal("1e6"),
    "G": Decimal("1e9"),
    "T": Decimal("1e12"),
    "P": Decimal("1e15"),
    "E": Decimal("1e18"),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
# What the API keeps of anything larger: https://pkg.go.dev/k8s.io/apimachinery/pkg/api/resource#Quantity
_LARGEST = Decimal(2**63 - 1)
_QUANTITY = re.compile(r"([0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:([eE][+-]?[0-9]{1,2})|([numkMGTPE]|[KMGTPE]i)?)")


def parse_quantity(text: str) -> Decimal:
    """Return the amount in the resource's base unit (cores, bytes, pieces).

    Negative quantities are legal in the API's grammar but make no sense as a request or limit, so they are refused.

    Raises:
        ValueError: the text is not a non-negative quantity, or more than the API holds.

    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        message = f"'{text}' is not a Kubernetes quantity"
        raise ValueError(message)
    number, exponent, suffix = match.groups()
    factor = Decimal(10) ** int(exponent[1:]) if exponent else _FACTORS[suffix or ""]
    amount = Decimal(number) * factor
    if amount > _LARGEST:
        message = f"'{text}' is more than Kubernetes can hold (2^63 - 1)"
        raise ValueError(message)
    return amount


# Less than any process needs, and more than any machine has.
_FEWEST_BYTES = Decimal(10**6)
_MOST_CORES = 256
_FINEST_CPU = Decimal("0.001")
# Up to here a plain number of memory was meant in Gi, beyond in Mi.
_MOST_GI = 64


def bytes_fault(text: str) -> str | None:
    """Return why an amount of memory or disk cannot be what somebody means, with a suggestion; ``None`` if it can."""
    match = _QUANTITY.fullmatch(text)
    if match is None:
        return None
    amount = parse_quantity_or_none(text)
    if amount is None or not 0 < amount < _FEWEST_BYTES:
        return None
    number, _, suffix = match.groups()
    unit = "Gi" if not suffix and Decimal(number) <= _MOST_GI else "Mi"
    unit = {"k": "M", "Ki": "Mi"}.get(suffix or "", unit)
    what = f"{amount.normalize():f} byte{'' if amount == 1 else 's'}"
    why = " (m is a thousandth)" if suffix == "m" else ""
    return f"'{text}' is {what}{why}, less than any process needs; did you mean {number}{unit}?"


def cpu_fault(text: str) -> str | None:
    """Return why an amount of CPU cannot be what somebody means, with a suggestion; ``None`` if it can."""
    match = _QUANTITY.fullmatch(text)
    amount = parse_quantity_or_none(text)
    if match is None or amount is None:
        return None
    number, _, suffix = match.groups()
    if amount > _MOST_CORES:
        meant = number if suffix else f"{number}m ({(Decimal(number) / 1000).normalize():f} cores)"
        return f"'{text}' is {amount.normalize():f} cores, more than any node has; did you mean {meant}?"
    if 0 < amount < _FINEST_CPU:
        return f"'{text}' is finer than the 1m that Kubernetes divides a core into; use at least 1m"
    return None


def parse_quantity_or_none(text: str) -> Decimal | None:
    """Return the amount in the resource's base unit, ``None`` for a text that is no quantity."""
    try:
        return parse_quantity(text)
    except ValueError:
        return None
