"""The sections of the settings that every component of AWS needs, refused where they are missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mlplatform.config import Settings
    from mlplatform.config.aws import AwsSection
    from mlplatform.config.cluster import EksClusterSection


def aws_settings(settings: Settings) -> AwsSection:
    """Return the settings of AWS.

    Raises:
        ValueError: the stack has none; such a stack has no component of AWS.

    """
    if settings.aws is None:
        raise ValueError("the stack has no settings of AWS; its cluster is of kind existing")
    return settings.aws


def eks_settings(settings: Settings) -> EksClusterSection:
    """Return the settings of the cluster.

    Raises:
        ValueError: it is not of kind ``eks``.

    """
    if settings.cluster.kind != "eks":
        raise ValueError("the cluster is not of kind eks; the rules of the settings refuse it beside the section aws")
    return settings.cluster
