"""Annotations of a Service of type LoadBalancer on EKS: a Network Load Balancer, tagged like everything else. Pure.

They are those of the cloud provider's own service controller, which runs in the control plane of every EKS cluster and
makes a Classic Load Balancer unless it is told otherwise. The AWS Load Balancer Controller would be one more chart with
wide rights; it leaves Services of this type alone. Without ``aws-load-balancer-internal`` the load balancer is reached
from the internet; without a list of subnets it stands in those tagged ``kubernetes.io/role/elb`` or, internal, in those
tagged ``kubernetes.io/role/internal-elb``. Who may reach it (``loadBalancerSourceRanges`` of the Service), the service
controller writes into the nodes' security group: a Network Load Balancer hands on the addresses of its callers.

Sources: docs/service_controller.md and, for cross-zone of a Network Load Balancer, pkg/providers/v1/aws_loadbalancer.go
of https://github.com/kubernetes/cloud-provider-aws
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PREFIX = "service.beta.kubernetes.io/aws-load-balancer"


def network_load_balancer(
    tags: Mapping[str, str], *, subnets: Sequence[str] = (), internal: bool = False
) -> dict[str, str]:
    """Return the annotations.

    Args:
        tags: tags of the load balancer; without commas, which would begin another one.
        subnets: ids of its subnets, one a zone; empty for those that are tagged as such.
        internal: whether it is reached from the network alone.

    """
    return {
        f"{_PREFIX}-type": "nlb",
        # The pods of the gateway are few: each zone's address must reach all of them.
        f"{_PREFIX}-cross-zone-load-balancing-enabled": "true",
        f"{_PREFIX}-additional-resource-tags": ",".join(f"{key}={tags[key]}" for key in sorted(tags)),
        **({f"{_PREFIX}-subnets": ",".join(subnets)} if subnets else {}),
        **({f"{_PREFIX}-internal": "true"} if internal else {}),
    }
