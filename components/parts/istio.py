"""The service mesh and, with it, the gateway that everything comes in through."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.chart_values import merged
from components.kubernetes.metadata import object_meta
from components.kubernetes.objects import NODE_NAMESPACE, create_namespace, create_object
from components.parts import istio_gateway
from components.parts.cert_manager import CertManager
from components.parts.istio_values import (
    GATEWAY_SERVICE,
    cni_values,
    gateway_values,
    istiod_values,
    platform_values,
)
from components.parts.knative_serving import IstioGateway
from mlplatform.config.parts.istio import GATEWAY_NAMESPACE, NAMESPACE, IstioSection

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from mlplatform.config.ingress import IngressSection

# https://istio.io/latest/docs/reference/config/labels/
_INJECTION = {"sidecar": {"istio-injection": "enabled"}, "ambient": {"istio.io/dataplane-mode": "ambient"}}


@dataclass(frozen=True, kw_only=True)
class IstioArgs:
    """Arguments of the mesh.

    Attributes:
        settings: its data plane and gateway.
        ingress: how requests come in; ``None`` for a mesh without a gateway.
        hosts: host names of the gateway, see :func:`components.parts.istio_gateway.gateway_hosts`.
        production: whether its controllers are highly available.
        cert_manager: who signs the gateway's certificate; needed where the gateway terminates TLS.
        third_party: where charts and images come from.
        load_balancer: annotations of the gateway's Service that say which load balancer it gets.

    """

    settings: IstioSection
    ingress: IngressSection | None
    hosts: tuple[str, ...]
    production: bool
    cert_manager: CertManager | None
    third_party: ThirdParty
    load_balancer: Mapping[str, str] = field(default_factory=dict)


class Istio(pulumi.ComponentResource):
    """Istio by its charts base, cni, istiod, ztunnel (ambient) and gateway.

    Attributes:
        namespace: namespace of istiod.
        data_plane: how pods join the mesh.
        injection_labels: labels of a namespace whose pods join the mesh.
        gateway: ``<namespace>/<name>`` of the ``Gateway`` that routes attach to, ``None`` without ingress.
        gateway_namespace: namespace of the gateway and its pods.
        gateway_labels: labels of the gateway's pods.
        ingress_gateway: the same as Knative and KServe ask for it.

    """

    namespace: str
    data_plane: Literal["sidecar", "ambient"]
    injection_labels: Mapping[str, str]
    gateway: str | None
    gateway_namespace: str
    gateway_labels: Mapping[str, str]
    ingress_gateway: IstioGateway | None

    def __init__(self, name: str, args: IstioArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the releases in Istio's order, then the gateway with its certificate."""
        super().__init__("mlplatform:cluster:Istio", name, {"dataPlane": args.settings.data_plane}, opts)
        self.namespace = NAMESPACE
        self.data_plane = args.settings.data_plane
        self.injection_labels = _INJECTION[self.data_plane]
        self.gateway = None
        self.gateway_namespace = GATEWAY_NAMESPACE
        self.gateway_labels = istio_gateway.SELECTOR
        self.ingress_gateway = None
        control_plane = self._control_plane(name, args)
        if args.ingress is not None:
            self._gateway(name, args, args.ingress, control_plane)
        self.register_outputs({"gateway": self.gateway})

    def _control_plane(self, name: str, args: IstioArgs) -> list[pulumi.Resource]:
        """Return what has to be there before a pod can join the mesh."""
        ambient = args.settings.data_plane == "ambient"
        system = create_namespace(NAMESPACE, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))

        def release(
            role: str, chart: str, where: str, values: dict[str, object], after: list[pulumi.Resource]
        ) -> pulumi.Resource:
            return args.third_party.create_release(
                f"{name}-{role}",
                args.third_party.row.charts[chart],
                namespace=where,
                values=merged(platform_values(args.settings.platform), values),
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )

        base = release("base", "istio-base", NAMESPACE, {}, [system])
        cni = release("cni", "istio-cni", NODE_NAMESPACE, cni_values(ambient=ambient), [base])
        values = istiod_values(ambient=ambient, production=args.production)
        istiod = release("istiod", "istiod", NAMESPACE, values, [base, cni])
        if not ambient:
            return [istiod]
        return [istiod, release("ztunnel", "istio-ztunnel", NODE_NAMESPACE, {"istioNamespace": NAMESPACE}, [istiod])]

    def _gateway(
        self, name: str, args: IstioArgs, ingress: IngressSection, control_plane: list[pulumi.Resource]
    ) -> None:
        namespace = create_namespace(
            GATEWAY_NAMESPACE, resource=f"{name}-ingress", opts=pulumi.ResourceOptions(parent=self)
        )
        replicas = args.settings.gateway_replicas or (2 if args.production else 1)
        values = gateway_values(
            service_type=ingress.service_type,
            replicas=replicas,
            annotations=args.load_balancer,
            source_ranges=ingress.source_ranges,
        )
        # Its pods get their image from istiod, so istiod must be there.
        pods = args.third_party.create_release(
            GATEWAY_SERVICE,
            args.third_party.row.charts["istio-gateway"],
            namespace=GATEWAY_NAMESPACE,
            values=merged(platform_values(args.settings.platform), values),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace, *control_plane]),
        )
        kubernetes.networking.v1.IngressClass(
            f"{name}-class",
            # For objects that can only be an Ingress, HTTP-01 challenges among them.
            metadata=object_meta("istio"),
            spec={"controller": "istio.io/ingress-controller"},
            opts=pulumi.ResourceOptions(parent=self, depends_on=control_plane),
        )
        needed: list[pulumi.Resource] = [pods]
        http01 = False
        if ingress.tls:
            if args.cert_manager is None:
                raise ValueError("a gateway with TLS needs cert-manager; the settings' rules say so")
            http01 = args.cert_manager.http01
            needed.append(
                create_object(
                    f"{name}-certificate",
                    istio_gateway.certificate(args.hosts, issuer=args.cert_manager.issuer_name),
                    opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace, args.cert_manager]),
                )
            )
        create_object(
            f"{name}-gateway",
            istio_gateway.gateway(args.hosts, tls=ingress.tls, redirect=not http01),
            opts=pulumi.ResourceOptions(parent=self, depends_on=needed),
        )
        self.gateway = f"{GATEWAY_NAMESPACE}/{istio_gateway.NAME}"
        self.ingress_gateway = IstioGateway(
            namespace=GATEWAY_NAMESPACE,
            name=istio_gateway.NAME,
            service=GATEWAY_SERVICE,
            selector=istio_gateway.SELECTOR,
        )


def create(context: PlatformContext) -> Istio:
    """Create the mesh for the platform."""
    settings = context.settings
    return Istio(
        "istio",
        IstioArgs(
            settings=settings.section_of(IstioSection),
            ingress=settings.ingress,
            hosts=istio_gateway.gateway_hosts(settings),
            production=settings.production,
            cert_manager=context.part(CertManager),
            third_party=context.third_party,
            load_balancer=context.load_balancer,
        ),
        opts=context.inside,
    )
