"""Knative Serving, installed by its operator."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.objects import create_namespace, create_object, pod_security
from components.kubernetes.security import RESTRICTED_POD
from components.parts.cert_manager import CertManager
from components.parts.istio import Istio
from components.parts.knative_features import knative_features
from components.parts.knative_serving import KnativeServingSpec, knative_serving
from mlplatform.config.ingress import IngressSection
from mlplatform.config.parts.knative import NAMESPACE, OPERATOR_NAMESPACE, KnativeSection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from mlplatform.config.versions import Chart


@dataclass(frozen=True, kw_only=True)
class KnativeArgs:
    """Arguments of Knative.

    Attributes:
        settings: its autoscaler.
        ingress: how requests come in.
        pods: pod specs of the models that it is to run, which its feature flags are derived from.
        production: whether its control plane is highly available.
        cert_manager: who signs certificates.
        istio: the mesh, whose gateway it uses; ``None`` with Kourier.
        third_party: where charts and images come from.
        monitoring: whether Prometheus reads the pods' metrics.
        load_balancer: annotations of Kourier's Service that say which load balancer it gets.

    """

    settings: KnativeSection
    ingress: IngressSection
    pods: tuple[Mapping[str, Any], ...]
    production: bool
    cert_manager: CertManager | None
    istio: Istio | None
    third_party: ThirdParty
    monitoring: bool = False
    load_balancer: Mapping[str, str] = field(default_factory=dict)


def operator_values() -> dict[str, Any]:
    """Return the operator chart's values: its pods fit Pod Security ``restricted``.

    Of the containers' contexts the chart reads single keys only, so what it lacks stands on the pods. It has no
    default for that value, but its template reads it.
    """
    context = {"securityContext": RESTRICTED_POD}
    return {"knative_operator": {"knative_operator": context, "operator_webhook": context}}


class Knative(pulumi.ComponentResource):
    """Knative's operator, and the ``KnativeServing`` that it installs Knative Serving from.

    Attributes:
        namespace: namespace of activator, autoscaler and, with Kourier, of the gateway.

    """

    namespace: str

    def __init__(self, name: str, args: KnativeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespaces, the operator's release and the ``KnativeServing``."""
        super().__init__("mlplatform:cluster:Knative", name, {"ingress": args.ingress.ingress_class}, opts)
        self.namespace = NAMESPACE
        istio = args.istio if args.ingress.ingress_class == "istio" else None
        # Activator and autoscaler reach models through the mesh, so they are in it.
        mesh = dict(istio.injection_labels) if istio else {}
        inside = pulumi.ResourceOptions(parent=self)
        operator_namespace = create_namespace(OPERATOR_NAMESPACE, resource=f"{name}-operator", opts=inside)
        serving_namespace = create_namespace(NAMESPACE, resource=f"{name}-namespace", extra_labels=mesh, opts=inside)
        chart = args.third_party.row.charts["knative-operator"]
        operator = args.third_party.create_release(
            f"{name}-operator",
            chart,
            namespace=OPERATOR_NAMESPACE,
            values=operator_values(),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[operator_namespace]),
        )
        manifest = knative_serving(
            KnativeServingSpec(
                version=chart.app_version,
                settings=args.settings,
                ingress=args.ingress,
                gateway=istio.ingress_gateway if istio else None,
                strict_mesh=istio is not None and istio.data_plane == "sidecar",
                # With Istio the gateway has a certificate; Kourier needs one of each route.
                issuer=args.cert_manager.issuer_name
                if args.cert_manager and istio is None and args.ingress.tls
                else None,
                features=knative_features(args.pods),
                namespace_labels={**pod_security(), **mesh},
                images=_operands(args.third_party, chart, kourier=args.ingress.ingress_class == "kourier"),
                production=args.production,
                load_balancer=args.load_balancer,
                metrics=args.monitoring and (istio is None or istio.data_plane == "ambient"),
            )
        )
        needed: list[pulumi.Resource] = [operator, serving_namespace]
        needed += [component for component in (istio, args.cert_manager) if component is not None]
        create_object(name, manifest, opts=pulumi.ResourceOptions(parent=self, depends_on=needed))
        self.register_outputs({"namespace": NAMESPACE})


def _operands(third_party: ThirdParty, chart: Chart, *, kourier: bool) -> dict[str, str]:
    """Return the images that the operator is told of; without Kourier, none of its gateway alone."""
    operands = third_party.operands(chart)
    return operands if kourier or third_party.mirror.images else {}


def create(context: PlatformContext) -> Knative:
    """Create Knative Serving for the platform."""
    settings = context.settings
    return Knative(
        "knative",
        KnativeArgs(
            settings=settings.section_of(KnativeSection),
            ingress=settings.section_of(IngressSection),
            pods=context.pods,
            production=settings.production,
            monitoring=settings.monitoring is not None,
            cert_manager=context.part(CertManager),
            istio=context.part(Istio),
            third_party=context.third_party,
            load_balancer=context.load_balancer,
        ),
        opts=context.inside,
    )
