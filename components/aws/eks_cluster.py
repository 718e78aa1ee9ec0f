"""An Amazon EKS cluster: control plane, who gets in, nodes and add-ons, and the Kubernetes provider.

Sources: Amazon EKS User Guide, "Create an Amazon EKS cluster", "Cluster API server endpoint", "Grant IAM users access
to Kubernetes with EKS access entries", "Send control plane logs to CloudWatch Logs" and "Cross-service confused deputy
prevention in Amazon EKS"; Amazon EKS Best Practices Guide, "Security"; CIS Amazon Elastic Kubernetes Service Benchmark.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes  # noqa: TC002 - Pulumi reads the annotations of a component's attributes
from pulumi_aws import cloudwatch, eks, iam

from components.aws import addons, kubeconfig
from components.aws.access_entries import create_administrators
from components.aws.addons import Addons, AddonsArgs
from components.aws.iam import size
from components.aws.iam.shape import managed_policy
from components.aws.iam.trust import AUDIENCE, service_trust
from components.aws.log_groups import control_plane_log_group
from components.aws.node_groups import NodeGroups, NodeGroupsArgs
from components.aws.stack import aws_settings, eks_settings
from components.aws.tags import tags
from components.aws.workload_role import OidcProvider
from components.kubernetes.provider import create_provider
from components.resource_options import retained, stateful
from mlplatform.config.clock import today
from mlplatform.config.eks_support import support_notice

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.aws.keys import Keys
    from components.aws.network import Network
    from mlplatform.config import Settings

LOG_TYPES = ("api", "audit", "authenticator", "controllerManager", "scheduler")


@dataclass(frozen=True, kw_only=True)
class EksClusterArgs:
    """Arguments of the cluster.

    Attributes:
        settings: the stack's settings, with ``aws`` and a cluster of kind ``eks``.
        keys: the keys; Kubernetes' Secrets are encrypted with that of secrets.
        network: the network, whose private subnets nodes and endpoint stand in.

    """

    settings: Settings
    keys: Keys
    network: Network


class EksCluster(pulumi.ComponentResource):
    """A cluster with its nodes and add-ons.

    Before the first update the endpoint is unknown, and so is the kubeconfig: the Kubernetes provider then plans
    without a cluster.

    Attributes:
        cluster_name: its name.
        provider: the Kubernetes provider that everything on this cluster names explicitly.
        security_group_id: the security group of control plane and nodes, and so of the pods.
        oidc: its issuer of service account tokens.
        ready: what the cluster needs to let people in and run pods: access entries, node groups, add-ons. The
            provider depends on it.

    """

    cluster_name: str
    provider: kubernetes.Provider
    security_group_id: pulumi.Output[str]
    oidc: OidcProvider
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: EksClusterArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the cluster.

        Args:
            name: first part of all names but the cluster's own, which is ``aws.prefix``.
            args: where it stands, and its keys.
            opts: options of the component.

        Raises:
            ProblemsError: there are no add-ons for this Kubernetes version.

        """
        self._settings, self._args, self._first = eks_settings(args.settings), args, name
        self._own_tags = tags(args.settings)
        self.cluster_name = aws_settings(args.settings).prefix
        facts = {"kubernetesVersion": self._settings.kubernetes_version}
        super().__init__("mlplatform:aws:EksCluster", name, facts, opts)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._say_when_support_ends()
        cluster = self._cluster()
        self.security_group_id = cluster.vpc_config.cluster_security_group_id
        self.oidc = self._issuer(cluster)
        entries = create_administrators(
            name,
            cluster_name=cluster.name,
            principals=self._settings.administrators,
            tags=self._own_tags,
            opts=self._inside,
        )
        self.ready = [*entries, *self._nodes(cluster)]
        self.provider = self._kubernetes(cluster)
        self.register_outputs({"clusterName": self.cluster_name, "endpoint": cluster.endpoint})

    def _say_when_support_ends(self) -> None:
        section = self._settings
        notice = support_notice(section.kubernetes_version, extended=section.extended_support, today=today())
        if notice is not None:
            pulumi.log.warn(notice, self)

    def _role_and_logs(self) -> tuple[iam.Role, list[pulumi.Resource]]:
        """Create the control plane's role and log group; return the role, and what makes both complete.

        A cluster that stays cleans up by its role, and goes on logging: into a group that EKS would otherwise create
        again, unencrypted and without an end.
        """
        section = aws_settings(self._args.settings)
        staying = retained(self, production=self._args.settings.production)
        trust = service_trust(
            "eks.amazonaws.com",
            account=section.account_id,
            source_arn=f"arn:aws:eks:{section.region}:{section.account_id}:cluster/{self.cluster_name}",
        )
        role = iam.Role(
            f"{self._first}-cluster",
            assume_role_policy=size.text(trust),
            description="Control plane of the cluster",
            tags=self._own_tags,
            opts=staying,
        )
        rights = iam.RolePolicyAttachment(
            f"{self._first}-cluster",
            role=role.name,
            policy_arn=managed_policy("AmazonEKSClusterPolicy"),
            opts=staying,
        )
        logs = cloudwatch.LogGroup(
            self._first,
            name=control_plane_log_group(self.cluster_name),
            kms_key_id=self._args.keys.logs,
            retention_in_days=self._settings.log_retention_days,
            tags=self._own_tags,
            opts=staying,
        )
        return role, [rights, logs]

    def _cluster(self) -> eks.Cluster:
        settings, args, network = self._settings, self._args, aws_settings(self._args.settings).network
        role, complete = self._role_and_logs()
        public = settings.public_endpoint
        return eks.Cluster(
            self._first,
            name=self.cluster_name,
            version=settings.kubernetes_version,
            role_arn=role.arn,
            # Its creator is no administrator by that alone; the access entries say who is.
            access_config=eks.ClusterAccessConfigArgs(
                authentication_mode="API", bootstrap_cluster_creator_admin_permissions=False
            ),
            vpc_config=eks.ClusterVpcConfigArgs(
                subnet_ids=args.network.private_subnet_ids,
                endpoint_private_access=True,
                endpoint_public_access=public is not None,
                public_access_cidrs=None if public is None else list(public.cidrs),
            ),
            kubernetes_network_config=eks.ClusterKubernetesNetworkConfigArgs(
                ip_family="ipv4", service_ipv4_cidr=network.service_cidr
            ),
            encryption_config=eks.ClusterEncryptionConfigArgs(
                provider=eks.ClusterEncryptionConfigProviderArgs(key_arn=args.keys.secrets), resources=["secrets"]
            ),
            enabled_cluster_log_types=list(LOG_TYPES),
            # Otherwise EKS puts in add-ons of its own, of versions that nobody chose.
            bootstrap_self_managed_addons=False,
            upgrade_policy={"support_type": "EXTENDED" if settings.extended_support else "STANDARD"},
            deletion_protection=args.settings.production,
            tags=self._own_tags,
            opts=pulumi.ResourceOptions.merge(
                # The network's ways out are there before nodes and load balancers, and outlive them.
                stateful(self, production=args.settings.production, depends_on=[*complete, *args.network.ready]),
                # EKS takes no subnet of a zone that the cluster was not made with ("Amazon EKS networking requirements
                # for VPC and subnets"), and nodes may stand in others than the control plane's: a zone that is added
                # later is one for nodes.
                pulumi.ResourceOptions(ignore_changes=["vpcConfig.subnetIds"]),
            ),
        )

    def _issuer(self, cluster: eks.Cluster) -> OidcProvider:
        issuer = cluster.identities[0].oidcs[0].issuer
        # Without thumbprints: IAM verifies EKS's issuers by the authorities that it trusts itself.
        provider = iam.OpenIdConnectProvider(
            self._first, url=issuer, client_id_lists=[AUDIENCE], tags=self._own_tags, opts=self._inside
        )
        return OidcProvider(arn=provider.arn, issuer=issuer.apply(lambda url: url.removeprefix("https://")))

    def _kubernetes(self, cluster: eks.Cluster) -> kubernetes.Provider:
        region = aws_settings(self._args.settings).region
        text = pulumi.Output.all(endpoint=cluster.endpoint, authority=cluster.certificate_authority.data).apply(
            lambda known: kubeconfig.kubeconfig(
                name=self.cluster_name,
                endpoint=known["endpoint"],
                certificate_authority=known["authority"],
                region=region,
            )
        )
        return create_provider(
            self._first,
            kubeconfig=pulumi.Output.secret(text),
            # Of each cluster another one. A new certificate authority, or another way to sign in, is the same cluster.
            cluster_identifier=cluster.endpoint,
            # So every object comes after who may make it and what runs it, and at teardown goes before them.
            opts=pulumi.ResourceOptions(parent=self, depends_on=self.ready),
        )

    def _nodes(self, cluster: eks.Cluster) -> list[pulumi.Resource]:
        first = self._addons("network", cluster, addons.BEFORE_NODES, [])
        nodes = NodeGroups(
            f"{self._first}-nodes",
            NodeGroupsArgs(
                settings=self._args.settings,
                cluster_name=cluster.name,
                keys=self._args.keys,
                network=self._args.network,
                before=first,
            ),
            opts=self._inside,
        )
        return [*first, *nodes.groups, *self._addons("addons", cluster, addons.ON_NODES, nodes.groups)]

    def _addons(
        self, part: str, cluster: eks.Cluster, names: Sequence[str], before: Sequence[pulumi.Resource]
    ) -> list[pulumi.Resource]:
        made = Addons(
            f"{self._first}-{part}",
            AddonsArgs(
                settings=self._args.settings,
                cluster_name=cluster.name,
                oidc=self.oidc,
                keys=self._args.keys,
                names=names,
                before=before,
            ),
            opts=self._inside,
        )
        return list(made.addons.values())
