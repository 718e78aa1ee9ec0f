"""How long EKS supports a version of Kubernetes, read from ``settings/versions.yaml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from settings.versions import eks_calendar

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, kw_only=True)
class EksSupport:
    """The support of one Kubernetes minor version.

    Attributes:
        version: ``1.36``.
        standard: first day without standard support, UTC: from here on it costs more, or AWS upgrades the cluster.
        extended: first day without extended support: AWS upgrades the cluster.

    """

    version: str
    standard: date
    extended: date


def eks_support(version: str) -> EksSupport | None:
    """Return the support of a version such as ``1.36``, ``None`` where it is not known here."""
    dates = eks_calendar().get(version)
    return EksSupport(version=version, standard=dates["standard"], extended=dates["extended"]) if dates else None


def support_fault(support: EksSupport, *, extended: bool, today: date) -> str | None:
    """Return why a version cannot be used on a day, ``None`` where it can.

    Args:
        support: until when it is supported.
        extended: whether extended support is accepted.
        today: the day.

    """
    newer = "use a newer version"
    if today >= support.extended:
        return f"{support.version} left all support of EKS on {support.extended}; {newer}"
    if today >= support.standard and not extended:
        return (
            f"{support.version} left the standard support of EKS on {support.standard}; {newer}, or pay for extended "
            f"support (until {support.extended}) with cluster.extendedSupport: true"
        )
    return None
