"""Options of resources that outlive an update: what holds data, and what that stands on. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

if TYPE_CHECKING:
    from collections.abc import Sequence


def stateful(
    parent: pulumi.Resource, *, production: bool, depends_on: Sequence[pulumi.Resource] = ()
) -> pulumi.ResourceOptions:
    """Return the options of what holds data: in production protected, and kept when it leaves the stack.

    Args:
        parent: the component.
        production: whether it is a production stack.
        depends_on: what comes first.

    """
    # None and not False: a component's own options may say it for its children.
    keep = production or None
    return pulumi.ResourceOptions(parent=parent, depends_on=list(depends_on), protect=keep, retain_on_delete=keep)


def retained(parent: pulumi.Resource, *, production: bool) -> pulumi.ResourceOptions:
    """Return the options of what something :func:`stateful` needs, and a provider would delete under it.

    In production it stays. It is not protected itself: another one may take its place. What AWS refuses to delete while
    it is in use (subnets, security groups) needs none of this.

    Args:
        parent: the component.
        production: whether it is a production stack.

    """
    return pulumi.ResourceOptions(parent=parent, retain_on_delete=production or None)
