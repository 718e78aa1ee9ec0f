"""What the components of AWS ask of the stack as a whole: its settings, and whether it is production."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mlplatform.config import Settings
    from mlplatform.config.aws import Aws
    from mlplatform.config.cluster import EksCluster


def aws_settings(settings: Settings) -> Aws:
    """Return the settings of AWS.

    Raises:
        ValueError: the stack has none; no component of AWS is made for such a stack.

    """
    if settings.aws is None:
        raise ValueError("the stack has no settings of AWS; its cluster is of kind existing")
    return settings.aws


def eks_settings(settings: Settings) -> EksCluster:
    """Return the settings of the cluster.

    Raises:
        ValueError: it is not of kind ``eks``.

    """
    if settings.cluster.kind != "eks":
        raise ValueError("the cluster is not of kind eks; settings.rules refuses it beside the section aws")
    return settings.cluster


def kept(
    parent: pulumi.Resource, settings: Settings, *, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Return the options of what holds data: in production protected, and kept when it leaves the stack.

    Args:
        parent: the component.
        settings: the stack's settings.
        depends_on: what comes first.

    """
    production = settings.production or None
    return pulumi.ResourceOptions(
        parent=parent, depends_on=list(depends_on), protect=production, retain_on_delete=production
    )


def standing_on(parent: pulumi.Resource, settings: Settings) -> pulumi.ResourceOptions:
    """Return the options of what something :func:`kept` needs, and AWS would delete under it: in production it stays.

    It is not protected itself: another one may take its place. What AWS refuses to delete while it is in use (subnets,
    security groups) needs none of this.

    Args:
        parent: the component.
        settings: the stack's settings.

    """
    return pulumi.ResourceOptions(parent=parent, retain_on_delete=settings.production or None)
