"""Seldon Core v1."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.chart_values import image_and_tag
from components.kubernetes.objects import create_namespace
from components.kubernetes.security import RESTRICTED_CONTAINER
from components.parts.cert_manager import CertManager
from components.parts.istio import Istio
from mlplatform.config.engines import SELDON
from mlplatform.config.parts import keda
from mlplatform.config.parts.seldon import CHART, NAMESPACE, PART

if TYPE_CHECKING:
    from collections.abc import Callable

    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext
    from mlplatform.config.versions import Chart


@dataclass(frozen=True, kw_only=True)
class SeldonArgs:
    """Arguments of Seldon Core.

    Attributes:
        chart: its chart, in the version that the settings choose.
        keda: whether KEDA scales, where a deployment asks for it.
        cert_manager: who signs the certificate of its webhook; without, the chart makes one up.
        istio: the mesh, whose gateway its routes attach to.
        third_party: where charts and images come from.

    """

    chart: Chart
    keda: bool
    cert_manager: CertManager | None
    istio: Istio | None
    third_party: ThirdParty


def seldon_values(
    *, gateway: str | None, cert_manager: bool, keda: bool, image_of: Callable[[str], str]
) -> dict[str, Any]:
    """Return the chart's values.

    Args:
        gateway: ``<namespace>/<name>`` of Istio's gateway, ``None`` for no routes from outside.
        cert_manager: whether cert-manager signs for the webhook.
        keda: whether KEDA is there.
        image_of: name in ``versions.yaml`` -> where that image is pulled from.

    """
    return {
        "ambassador": {"enabled": False},
        "istio": {"enabled": True, "gateway": gateway} if gateway else {"enabled": False},
        "certManager": {"enabled": cert_manager},
        "keda": {"enabled": keda},
        "usageMetrics": {"enabled": False},
        # Of the protocol that every deployment asks for. The chart's own is years older.
        "predictor_servers": {
            server.name: {"protocols": {server.protocol: _server_image(image_of(server.image))}}
            for server in SELDON.runtimes
            if server.image
        },
        # So that its namespace can enforce Pod Security restricted. The template puts this value into the container
        # itself, not below its securityContext.
        "manager": {"containerSecurityContext": {"securityContext": RESTRICTED_CONTAINER}},
    }


def _server_image(image: str) -> dict[str, str]:
    name, tag = image_and_tag(image)
    return {"image": name, "defaultImageVersion": tag}


class Seldon(pulumi.ComponentResource):
    """Seldon Core's operator.

    Attributes:
        namespace: namespace of the operator.

    """

    namespace: str

    def __init__(self, name: str, args: SeldonArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace and the chart's release."""
        chart = args.chart
        super().__init__("mlplatform:cluster:Seldon", name, {"version": chart.version, "licence": chart.licence}, opts)
        self.namespace = NAMESPACE
        namespace = create_namespace(NAMESPACE, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))
        args.third_party.create_release(
            # Part of the names of the chart's objects.
            CHART,
            chart,
            namespace=NAMESPACE,
            values=seldon_values(
                gateway=args.istio.gateway if args.istio else None,
                cert_manager=args.cert_manager is not None,
                keda=args.keda,
                image_of=args.third_party.image,
            ),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[namespace, *(part for part in (args.cert_manager, args.istio) if part is not None)],
            ),
        )
        self.register_outputs({"version": chart.version})


def create(context: PlatformContext) -> Seldon:
    """Create Seldon Core for the platform."""
    settings = context.settings
    return Seldon(
        "seldon",
        SeldonArgs(
            chart=PART.chart(CHART, settings, context.third_party.row),
            keda=keda.PART.is_installed(settings),
            cert_manager=context.part(CertManager),
            istio=context.part(Istio),
            third_party=context.third_party,
        ),
        opts=context.inside,
    )
