"""Who administers the cluster: access entries, and nothing else. No ``aws-auth``, no rights for its creator.

Source: Amazon EKS User Guide, "Grant IAM users access to Kubernetes with EKS access entries".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pulumi_aws import eks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import pulumi

ADMINISTRATOR = "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy"


def create_administrators(
    name: str,
    *,
    cluster_name: pulumi.Input[str],
    principals: Sequence[str],
    tags: Mapping[str, str],
    opts: pulumi.ResourceOptions,
) -> list[pulumi.Resource]:
    """Let principals in as administrators of the whole cluster, and return the entries and their rights.

    Args:
        name: first part of all names.
        cluster_name: name of the cluster, as an output of it.
        principals: ARNs of IAM roles and users.
        tags: tags of the entries.
        opts: options of the resources.

    """
    created: list[pulumi.Resource] = []
    for principal in principals:
        resource_name = f"{name}-{principal_name(principal)}"
        entry = eks.AccessEntry(
            resource_name, cluster_name=cluster_name, principal_arn=principal, type="STANDARD", tags=tags, opts=opts
        )
        right = eks.AccessPolicyAssociation(
            resource_name,
            cluster_name=cluster_name,
            # By way of the entry: the association needs it.
            principal_arn=entry.principal_arn,
            policy_arn=ADMINISTRATOR,
            access_scope=eks.AccessPolicyAssociationAccessScopeArgs(type="cluster"),
            opts=opts,
        )
        created += [entry, right]
    return created


def principal_name(arn: str) -> str:
    """Return a name for the resources of a principal, of each another one: accounts and paths share names.

    Args:
        arn: ``arn:aws:iam::123456789012:role/mlplatform-deployer``.

    """
    return arn.partition("::")[2].replace(":", "-", 1)
