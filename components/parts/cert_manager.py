"""cert-manager and the ClusterIssuers that the platform's certificates come from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.object_stores import role_annotations
from components.kubernetes.objects import create_namespace, create_object
from components.parts.cert_manager_issuers import (
    acme_issuer,
    issuer_name,
    self_signed_issuers,
    solves_http01,
)
from mlplatform.config.parts.cert_manager import NAMESPACE, CertManagerSection

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from mlplatform.config.ingress import IngressSection


@dataclass(frozen=True, kw_only=True)
class CertManagerArgs:
    """Arguments of cert-manager.

    Attributes:
        settings: who signs.
        ingress: how requests come in, and so HTTP-01 challenges.
        production: whether its controllers are highly available.
        third_party: where charts and images come from.
        role_arn: IAM role that solves DNS-01 challenges, where the stack makes it; the default is the settings'.

    """

    settings: CertManagerSection
    ingress: IngressSection | None
    production: bool
    third_party: ThirdParty
    role_arn: pulumi.Input[str] | None = None


def cert_manager_values(*, role_arn: pulumi.Input[str] | None, production: bool) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        role_arn: IAM role of its service account, ``None`` without.
        production: whether its controllers are highly available.

    In production the CRDs stay when the chart goes: with them, every certificate of the cluster would go. Elsewhere a
    teardown leaves nothing.
    """
    values: dict[str, Any] = {
        "crds": {"enabled": True, "keep": production},
        # Its leases lie in its own namespace, so that it needs no rights in kube-system.
        "global": {"leaderElection": {"namespace": NAMESPACE}},
    }
    if role_arn is not None:
        values["serviceAccount"] = {"annotations": role_annotations(role_arn)}
    if production:
        values |= {
            "replicaCount": 2,
            "podDisruptionBudget": {"enabled": True},
            "webhook": {"replicaCount": 3, "podDisruptionBudget": {"enabled": True}},
            "cainjector": {"replicaCount": 2, "podDisruptionBudget": {"enabled": True}},
        }
    return values


class CertManager(pulumi.ComponentResource):
    """cert-manager, the stack's own authority and, where asked for, Let's Encrypt.

    Attributes:
        namespace: its namespace.
        issuer_name: ClusterIssuer of everything that is reached from outside.
        http01: whether certificates are earned over plain HTTP: no wildcards, and port 80 belongs to the challenges.

    """

    namespace: str
    issuer_name: str
    http01: bool

    def __init__(self, name: str, args: CertManagerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace, the chart's release and the issuers."""
        super().__init__("mlplatform:cluster:CertManager", name, {"issuer": args.settings.issuer.kind}, opts)
        issuer = args.settings.issuer
        self.namespace = NAMESPACE
        self.issuer_name = issuer_name(issuer)
        self.http01 = solves_http01(issuer)
        namespace = create_namespace(NAMESPACE, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))
        release = args.third_party.create_release(
            name,
            args.third_party.row.charts["cert-manager"],
            namespace=NAMESPACE,
            values=cert_manager_values(role_arn=_role(args), production=args.production),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        # The release is ready when the webhook answers (the chart's start-up check), so issuers can follow at once.
        last: list[pulumi.Resource] = [release]
        for manifest in self_signed_issuers():
            role = f"{manifest['kind'].lower()}-{manifest['metadata']['name']}"
            last = [
                create_object(f"{name}-{role}", manifest, opts=pulumi.ResourceOptions(parent=self, depends_on=last))
            ]
        if issuer.kind != "selfSigned":
            istio = args.ingress is not None and args.ingress.ingress_class == "istio"
            create_object(
                f"{name}-clusterissuer-{self.issuer_name}",
                acme_issuer(issuer, ingress_class="istio" if istio else None),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[release]),
            )
        self.register_outputs({"issuer": self.issuer_name})


def _role(args: CertManagerArgs) -> pulumi.Input[str] | None:
    dns01 = args.settings.issuer.dns01
    return args.role_arn if args.role_arn is not None else (dns01.role_arn if dns01 else None)


def create(context: PlatformContext) -> CertManager:
    """Create cert-manager for the platform."""
    settings = context.settings
    return CertManager(
        "cert-manager",
        CertManagerArgs(
            settings=settings.section_of(CertManagerSection),
            ingress=settings.ingress,
            production=settings.production,
            third_party=context.third_party,
            role_arn=context.aws.dns01_role if context.aws else None,
        ),
        opts=context.inside,
    )
