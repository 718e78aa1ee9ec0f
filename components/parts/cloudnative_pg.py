"""CloudNativePG, the operator of PostgreSQL, and its plugin for backups to an object store."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.objects import create_namespace
from components.parts.cert_manager import CertManager
from mlplatform.config.parts.cloudnative_pg import NAMESPACE

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext

_RESOURCES = {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}}


@dataclass(frozen=True, kw_only=True)
class CloudNativePgArgs:
    """Arguments of CloudNativePG.

    Attributes:
        production: whether its controllers are highly available.
        cert_manager: who signs the certificates between operator and plugin; without, there is no plugin.
        third_party: where charts and images come from.

    """

    production: bool
    cert_manager: CertManager | None
    third_party: ThirdParty


def operator_values(*, production: bool) -> dict[str, Any]:
    """Return the values of either chart."""
    return {"replicaCount": 2 if production else 1, "resources": _RESOURCES}


class CloudNativePg(pulumi.ComponentResource):
    """The operator and, where there is cert-manager, the Barman Cloud plugin.

    Attributes:
        namespace: namespace of both.
        backups: whether the plugin is there, which backups to an object store need.

    """

    namespace: str
    backups: bool

    def __init__(self, name: str, args: CloudNativePgArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace and the releases."""
        super().__init__("mlplatform:cluster:CloudNativePg", name, {}, opts)
        self.namespace = NAMESPACE
        self.backups = args.cert_manager is not None
        charts = args.third_party.row.charts
        namespace = create_namespace(NAMESPACE, resource=f"{name}-namespace", opts=pulumi.ResourceOptions(parent=self))
        operator = args.third_party.create_release(
            name,
            charts["cloudnative-pg"],
            namespace=NAMESPACE,
            values=operator_values(production=args.production),
            opts=pulumi.ResourceOptions(parent=self, depends_on=[namespace]),
        )
        if args.cert_manager is not None:
            # The operator looks for plugins in its own namespace.
            args.third_party.create_release(
                f"{name}-barman",
                charts["plugin-barman-cloud"],
                namespace=NAMESPACE,
                # One replica: it is asked at backups only.
                values={"resources": _RESOURCES},
                opts=pulumi.ResourceOptions(parent=self, depends_on=[operator, args.cert_manager]),
            )
        self.register_outputs({"backups": self.backups})


def create(context: PlatformContext) -> CloudNativePg:
    """Create the operator for the platform."""
    return CloudNativePg(
        "cloudnative-pg",
        CloudNativePgArgs(
            production=context.settings.production,
            cert_manager=context.part(CertManager),
            third_party=context.third_party,
        ),
        opts=context.inside,
    )
