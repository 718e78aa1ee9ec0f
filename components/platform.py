"""The serving platform: everything between the cluster and the models, each part only where the settings ask for it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.third_party import ThirdParty
from components.mlflow import Mlflow, MlflowArgs, alert_target
from components.mlflow.client_namespaces import client_namespaces, releases, store_readers
from components.on_aws import OnAws  # noqa: TC001 - Pulumi reads the annotations of a component's class
from components.parts import (
    CertManager,
    CertManagerArgs,
    CloudNativePg,
    CloudNativePgArgs,
    EksServices,
    EksServicesArgs,
    Istio,
    IstioArgs,
    Knative,
    KnativeArgs,
    KServe,
    KServeArgs,
    Monitoring,
    MonitoringArgs,
    Seldon,
    SeldonArgs,
)
from components.parts.gateways import gateway_hosts
from mlplatform.config.parts import cloudnative_pg, gpu, seldon
from mlplatform.config.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.config import Settings


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """What the platform is made for.

    Attributes:
        settings: the stack's settings.
        pods: pod specs of the models, which Knative's feature flags are derived from.
        aws: what it stands on, on AWS; ``None`` on a cluster of somebody else.

    """

    settings: Settings
    pods: tuple[Mapping[str, Any], ...]
    aws: OnAws | None = None


class Platform(pulumi.ComponentResource):
    """Certificates, mesh, Knative, monitoring, serving engines, and MLflow with its stores.

    A part that needs what another installs (its CRDs, its webhooks, its namespace) is handed that part: the order of
    creation and teardown is in these arguments, not in the order of the lines.

    Attributes:
        aws: what it stands on, on AWS.
        istio: the mesh, ``None`` where the stack installs none; and so on for every part.

    """

    aws: OnAws | None
    istio: Istio | None = None
    knative: Knative | None = None
    kserve: KServe | None = None
    seldon: Seldon | None = None
    monitoring: Monitoring | None = None
    mlflow: Mlflow | None = None

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the parts that the settings ask for."""
        row = version_row(args.settings.versions)
        super().__init__("mlplatform:platform:Platform", name, {"versions": row.name}, opts)
        self._settings, self.aws = args.settings, args.aws
        self._production = args.settings.production
        self._third_party = ThirdParty(row=row, mirror=args.settings.mirror)
        self._inside = pulumi.ResourceOptions(parent=self)
        self._load_balancer = args.aws.load_balancer if args.aws else {}
        self._storage = self._eks_services(args.aws).storage if args.aws else None
        cert_manager = self._cert_manager()
        self._mesh(cert_manager)
        self._serving(cert_manager, args.pods)
        self._monitoring(cert_manager)
        self._mlflow(cert_manager)
        self.register_outputs({"trackingUri": self.mlflow.tracking_uri if self.mlflow else None})

    def _eks_services(self, aws: OnAws) -> EksServices:
        return EksServices(
            "eks",
            EksServicesArgs(
                cluster=aws.cluster,
                region=aws.region,
                kubernetes_version=aws.kubernetes_version,
                volumes_key=aws.volumes_key,
                tags=aws.tags,
                autoscaler_role=aws.autoscaler_role,
                gpu=gpu.PART.is_installed(self._settings),
                production=self._production,
                third_party=self._third_party,
            ),
            opts=self._inside,
        )

    def _cert_manager(self) -> CertManager | None:
        settings = self._settings
        if settings.cert_manager is None:
            return None
        return CertManager(
            "cert-manager",
            CertManagerArgs(
                settings=settings.cert_manager,
                ingress=settings.ingress,
                production=self._production,
                third_party=self._third_party,
                role_arn=self.aws.dns01_role if self.aws else None,
            ),
            opts=self._inside,
        )

    def _mesh(self, cert_manager: CertManager | None) -> None:
        settings = self._settings
        if settings.istio is not None:
            self.istio = Istio(
                "istio",
                IstioArgs(
                    settings=settings.istio,
                    ingress=settings.ingress,
                    hosts=gateway_hosts(settings),
                    production=self._production,
                    cert_manager=cert_manager,
                    third_party=self._third_party,
                    load_balancer=self._load_balancer,
                ),
                opts=self._inside,
            )

    def _serving(self, cert_manager: CertManager | None, pods: tuple[Mapping[str, Any], ...]) -> None:
        settings, third_party = self._settings, self._third_party
        ingress = settings.ingress
        # That Knative and KServe come with an ingress, and KServe with cert-manager, is a rule of the settings.
        if settings.knative is not None and ingress is not None:
            self.knative = Knative(
                "knative",
                KnativeArgs(
                    settings=settings.knative,
                    ingress=ingress,
                    pods=pods,
                    production=self._production,
                    monitoring=settings.monitoring is not None,
                    cert_manager=cert_manager,
                    istio=self.istio,
                    third_party=third_party,
                    load_balancer=self._load_balancer,
                ),
                opts=self._inside,
            )
        if settings.kserve is not None and ingress is not None and cert_manager is not None:
            self.kserve = KServe(
                "kserve",
                KServeArgs(
                    settings=settings.kserve,
                    ingress=ingress,
                    cert_manager=cert_manager,
                    istio=self.istio if ingress.ingress_class == "istio" else None,
                    knative=self.knative,
                    third_party=third_party,
                ),
                opts=self._inside,
            )
        if settings.seldon is not None:
            self.seldon = Seldon(
                "seldon",
                SeldonArgs(
                    chart=seldon.PART.chart(seldon.CHART, settings, third_party.row),
                    keda=bool(settings.monitoring and settings.monitoring.keda),
                    cert_manager=cert_manager,
                    istio=self.istio,
                    third_party=third_party,
                ),
                opts=self._inside,
            )

    def _monitoring(self, cert_manager: CertManager | None) -> None:
        settings = self._settings
        if settings.monitoring is not None:
            self.monitoring = Monitoring(
                "monitoring",
                MonitoringArgs(
                    settings=settings.monitoring,
                    production=self._production,
                    rotations=settings.rotations,
                    model_namespaces=tuple(sorted({model.namespace for model in settings.models})),
                    knative=settings.knative is not None,
                    seldon=settings.seldon is not None,
                    registry=alert_target(settings.mlflow) if settings.mlflow else None,
                    cert_manager=cert_manager,
                    istio=self.istio,
                    third_party=self._third_party,
                    storage=self._storage,
                    managed_control_plane=self.aws is not None,
                ),
                opts=self._inside,
            )

    def _mlflow(self, cert_manager: CertManager | None) -> None:
        settings = self._settings
        if settings.mlflow is None:
            return
        operator = None
        if cloudnative_pg.PART.is_installed(settings):
            operator = CloudNativePg(
                "cloudnative-pg",
                CloudNativePgArgs(
                    production=self._production, cert_manager=cert_manager, third_party=self._third_party
                ),
                opts=self._inside,
            )
        self.mlflow = Mlflow(
            "mlflow",
            MlflowArgs(
                settings=settings.mlflow,
                environment=settings.environment,
                rotations=settings.rotations,
                third_party=self._third_party,
                cert_manager=cert_manager,
                cloudnative_pg=operator,
                istio=self.istio,
                ingress=settings.ingress,
                monitoring=self.monitoring,
                client_namespaces=client_namespaces(settings),
                store_readers=store_readers(settings),
                releases=releases(settings),
                stores=self.aws.stores if self.aws else None,
                server=self.aws.server if self.aws else None,
                storage=self._storage,
                load_balancer=self._load_balancer,
            ),
            opts=self._inside,
        )
