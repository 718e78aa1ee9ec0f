"""How long EKS supports a version of Kubernetes, read from ``mlplatform/config/versions.yaml``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.config.eks_versions import eks_calendar, eks_versions
from mlplatform.config.support import NOTICE
from mlplatform.config.versions import minor

if TYPE_CHECKING:
    from datetime import date


def version_fault(version: str, *, extended: bool, today: date) -> str | None:
    """Return why a version cannot be used on a day, ``None`` where it can.

    Args:
        version: Kubernetes minor version, ``1.36``.
        extended: whether extended support is accepted, and its price.
        today: the day.

    """
    pinned = eks_versions()
    use = f"use {' or '.join(pinned)}"
    support = eks_calendar().get(version)
    if support is None and minor(version) < min(map(minor, eks_calendar())):
        return f"{version} left all support of EKS long ago; {use}"
    if support is not None and today >= support.extended:
        return f"{version} left all support of EKS on {support.extended}; {use}"
    if support is not None and today >= support.standard and not extended:
        pay = f", or pay for extended support (until {support.extended}) with cluster.extendedSupport: true"
        left = f"{version} left the standard support of EKS on {support.standard}"
        # Not offered where the next error would be that its add-ons are not known.
        return f"{left}; use a newer version{pay}" if version in pinned else f"{left}; {use}"
    if support is None or version not in pinned:
        return f"'{version}' is no version of EKS whose add-ons are known here; {use}"
    return None


def support_notice(version: str, *, extended: bool, today: date) -> str | None:
    """Return what is to be said of a version that can be used, and soon cannot; ``None`` before that.

    Args:
        version: Kubernetes minor version, ``1.36``.
        extended: whether extended support is accepted, and its price.
        today: the day.

    """
    support = eks_calendar().get(version)
    if support is None or version_fault(version, extended=extended, today=today) is not None:
        return None
    end, kind = (support.extended, "all") if extended else (support.standard, "the standard")
    if today < end - NOTICE:
        return None
    then = "from then on EKS upgrades the cluster by itself, and previews refuse the version"
    return f"Kubernetes {version} leaves {kind} support of EKS on {end}; {then}. Upgrade: docs/runbooks/eks-upgrade.md"
