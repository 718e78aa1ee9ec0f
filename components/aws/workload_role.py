"""An IAM role that one Kubernetes service account takes, and nobody else (IRSA).

Source: Amazon EKS User Guide, "IAM roles for service accounts".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import pulumi
from pulumi_aws import iam

from components.aws.iam import size
from components.aws.iam.trust import service_account_trust

if TYPE_CHECKING:
    from collections.abc import Awaitable, Mapping, Sequence


@dataclass(frozen=True, kw_only=True)
class OidcProvider:
    """A cluster's issuer of service account tokens, as IAM knows it.

    Attributes:
        arn: ARN of the OIDC provider in IAM.
        issuer: the issuer without ``https://``, which is what conditions of trust policies begin with.

    """

    arn: pulumi.Output[str]
    issuer: pulumi.Output[str]


@dataclass(frozen=True, kw_only=True)
class ServiceAccount:
    """An account of Kubernetes, not of AWS.

    Attributes:
        namespace: its namespace.
        name: its name.

    """

    namespace: str
    name: str


@dataclass(frozen=True, kw_only=True)
class WorkloadRoleArgs:
    """Whose role it is and what it may do.

    Attributes:
        account: the service account.
        oidc: the cluster's issuer.
        documents: policy documents, each one a policy of its own (:mod:`components.aws.iam.size` splits long ones).
        managed: ARNs of AWS-managed policies.
        tags: tags of role and policies.
        after: what the role is of no use without, such as the bucket that it opens: what is made of the role comes
            after it, and goes before.

    """

    account: ServiceAccount
    oidc: OidcProvider
    documents: Sequence[pulumi.Input[Mapping[str, Any]]] = ()
    managed: Sequence[str] = ()
    tags: Mapping[str, str]
    after: Sequence[pulumi.Resource] = ()


class WorkloadRole(pulumi.ComponentResource):
    """A role for one service account, with its policies.

    Attributes:
        arn: ARN of the role, for the account's annotation ``eks.amazonaws.com/role-arn``. What is made of it comes
            after the rights are attached and after ``after``, and goes before them.

    """

    arn: pulumi.Output[str]

    def __init__(self, name: str, args: WorkloadRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the role.

        Args:
            name: first part of all names.
            args: whose role it is and what it may do.
            opts: options of the component.

        Raises:
            ValueError: more policies than IAM attaches to a role, or none at all.

        """
        count = len(args.documents) + len(args.managed)
        if not 1 <= count <= size.POLICIES_PER_ROLE:
            message = f"the role '{name}' has {count} policies; a role has 1 to {size.POLICIES_PER_ROLE}"
            raise ValueError(message)
        facts = {"namespace": args.account.namespace, "serviceAccount": args.account.name}
        super().__init__("mlplatform:aws:WorkloadRole", name, facts, opts)
        inside = pulumi.ResourceOptions(parent=self)
        tags = dict(args.tags)
        trust = pulumi.Output.all(arn=args.oidc.arn, issuer=args.oidc.issuer).apply(
            lambda oidc: size.text(
                service_account_trust(
                    oidc_arn=oidc["arn"],
                    issuer=oidc["issuer"],
                    namespace=args.account.namespace,
                    service_account=args.account.name,
                )
            )
        )
        role = iam.Role(name, assume_role_policy=trust, tags=tags, opts=inside)
        attached: list[pulumi.Resource] = []
        for number, document in enumerate(args.documents, start=1):
            part = f"{name}-{number}"
            policy = iam.Policy(part, policy=pulumi.Output.from_input(document).apply(_text), tags=tags, opts=inside)
            attached.append(iam.RolePolicyAttachment(part, role=role.name, policy_arn=policy.arn, opts=inside))
        for arn in args.managed:
            part = f"{name}-{arn.rpartition('/')[2]}"
            attached.append(iam.RolePolicyAttachment(part, role=role.name, policy_arn=arn, opts=inside))
        self.arn = _after([*attached, *args.after], role.arn)
        self.register_outputs({"arn": self.arn})


def _after(resources: Sequence[pulumi.Resource], value: pulumi.Output[str]) -> pulumi.Output[str]:
    """Return an output that depends on further resources, and is known as soon as it was.

    ``Output.all`` with their ids would make the value unknown in every preview that adds one of them.
    """

    async def all_of_them() -> set[pulumi.Resource]:
        return {*await value.resources(), *resources}

    return pulumi.Output(all_of_them(), cast("Awaitable[str]", value.future()), value.is_known(), value.is_secret())


def _text(document: Mapping[str, Any]) -> str:
    return size.text(dict(document))
