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
