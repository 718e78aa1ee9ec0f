"""KEDA, the event-driven autoscaler."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.objects import create_namespace
from components.parts.monitoring import Monitoring
from mlplatform.config.parts.keda import NAMESPACE

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext


def create(context: PlatformContext) -> pulumi.Resource:
    """Create it below monitoring, in whose section it is asked for."""
    return create_keda("monitoring-keda", third_party=context.third_party, parent=context.required(Monitoring))


def create_keda(name: str, *, third_party: ThirdParty, parent: pulumi.Resource) -> pulumi.Resource:
    """Create the namespace and the chart's release.

    Args:
        name: name of both resources, and of the Helm release.
        third_party: where charts and images come from.
        parent: what it is below.

    """
    namespace = create_namespace(NAMESPACE, resource=name, opts=pulumi.ResourceOptions(parent=parent))
    return third_party.create_release(
        name,
        third_party.row.charts["keda"],
        namespace=NAMESPACE,
        values={},
        opts=pulumi.ResourceOptions(parent=parent, depends_on=[namespace]),
    )
