"""KServe and its runtimes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.objects import create_namespace, create_object
from components.parts.cert_manager import CertManager
from components.parts.istio import Istio
from components.parts.knative import Knative
from components.parts.kserve_values import KServeIngress, controller_values, runtime_values, serving_runtime
from mlplatform.config.ingress import IngressSection
from mlplatform.config.parts.kserve import NAMESPACE, KServeSection

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext


@dataclass(frozen=True, kw_only=True)
class KServeArgs:
    """Arguments of KServe.

    Attributes:
        settings: its deployment mode and own runtimes.
        ingress: how requests come in.
        cert_manager: who signs the certificates of its webhooks.
        istio: the mesh, whose gateway it uses; ``None`` with Kourier.
        knative: Knative Serving; ``None`` in Standard mode.
        third_party: where charts and images come from.

    """

    settings: KServeSection
    ingress: IngressSection
    cert_manager: CertManager
    istio: Istio | None
    knative: Knative | None
    third_party: ThirdParty


class KServe(pulumi.ComponentResource):
    """KServe by its charts crd, resources and runtime-configs, and the stack's own runtimes.

    Attributes:
        namespace: namespace of its controller.
        mode: its default deployment mode, ``Knative`` or ``Standard``.

    """

    namespace: str
    mode: str

    def __init__(self, name: str, args: KServeArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the releases in order: CRDs, the controller with its webhooks, and the runtimes that those check."""
        super().__init__("mlplatform:cluster:KServe", name, {"mode": args.settings.mode}, opts)
        self.namespace = NAMESPACE
        self.mode = args.settings.mode
        third_party = args.third_party
        namespace = create_namespace(NAMESPACE, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))

        def release(role: str, chart: str, values: dict[str, Any], after: list[pulumi.Resource]) -> pulumi.Resource:
            return third_party.create_release(
                f"{name}-{role}",
                third_party.row.charts[chart],
                namespace=NAMESPACE,
                values=values,
                opts=pulumi.ResourceOptions(parent=self, depends_on=after),
            )

        # The controller looks once, at its start, which of Knative's and Istio's CRDs there are (cmd/manager).
        before: list[pulumi.Resource] = [args.cert_manager]
        before += [component for component in (args.istio, args.knative) if component is not None]
        gateway = args.istio.ingress_gateway if args.istio else None
        values = controller_values(args.settings, KServeIngress(settings=args.ingress, gateway=gateway))
        crds = release("crd", "kserve-crd", {}, [namespace])
        controller = release("resources", "kserve-resources", values, [crds, *before])
        runtimes = runtime_values(third_party.image)
        release("runtimes", "kserve-runtime-configs", runtimes, [controller])
        for runtime in args.settings.runtimes:
            create_object(
                f"{name}-{runtime.name}",
                serving_runtime(runtime, image=third_party.mirrored(runtime.image)),
                opts=pulumi.ResourceOptions(parent=self, depends_on=[controller]),
            )
        self.register_outputs({"mode": self.mode})


def create(context: PlatformContext) -> KServe:
    """Create KServe for the platform."""
    settings = context.settings
    ingress = settings.section_of(IngressSection)
    return KServe(
        "kserve",
        KServeArgs(
            settings=settings.section_of(KServeSection),
            ingress=ingress,
            cert_manager=context.required(CertManager),
            istio=context.part(Istio) if ingress.ingress_class == "istio" else None,
            knative=context.part(Knative),
            third_party=context.third_party,
        ),
        opts=context.inside,
    )
