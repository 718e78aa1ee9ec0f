"""Monitoring: Prometheus where asked for, and what it is to read and to report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.generated_secrets import create_password
from components.kubernetes.metadata import object_meta
from components.kubernetes.monitors import pod_monitor, service_monitor, sidecar_monitor
from components.kubernetes.objects import create_namespace, create_object
from components.mlflow.alerts import alert_target
from components.parts.cert_manager import CertManager
from components.parts.eks_services import EksServices
from components.parts.istio import Istio
from components.parts.monitoring_alerts import Registry, Watched, prometheus_rule
from components.parts.monitoring_metrics import request_metrics
from components.parts.monitoring_values import STACK, stack_storage, stack_values
from components.serving.engines.request_metric import RequestMetric  # noqa: TC001 - Pulumi reads the annotations
from mlplatform.config.parts.monitoring import GRAFANA_ADMIN, NAMESPACE, MonitoringSection

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from components.platform_context import PlatformContext


@dataclass(frozen=True, kw_only=True)
class MonitoringArgs:
    """Arguments of monitoring.

    Attributes:
        settings: which Prometheus.
        production: whether data is kept for longer, and twice.
        rotations: generated secret -> how often it was rotated.
        model_namespaces: where models are served.
        knative: whether Knative runs models.
        seldon: whether Seldon runs models.
        registry: the stack's MLflow, if there is one.
        cert_manager: certificates to watch.
        istio: mesh to watch.
        third_party: where charts and images come from.
        storage: the default storage class, where the stack makes it.
        managed_control_plane: whether the control plane is a cloud's, which lets nobody read its metrics.

    """

    settings: MonitoringSection
    production: bool
    rotations: dict[str, int] = field(default_factory=dict)
    model_namespaces: tuple[str, ...]
    knative: bool
    seldon: bool
    registry: Registry | None
    cert_manager: CertManager | None
    istio: Istio | None
    third_party: ThirdParty
    storage: pulumi.Resource | None = None
    managed_control_plane: bool = False


class Monitoring(pulumi.ComponentResource):
    """Monitors and alerts; with ``kubePrometheusStack`` also Prometheus, Alertmanager and Grafana.

    Attributes:
        labels: labels that Prometheus selects monitors and rules by.
        namespace: namespace of the platform's own monitors and rules.
        prometheus_namespace: namespace of Prometheus.
        metrics: what counts the requests of models, source -> metric.
        ready: what monitors and rules in other components depend on, so that their CRDs are there.

    """

    labels: dict[str, str]
    namespace: str
    prometheus_namespace: str
    metrics: dict[str, RequestMetric]
    ready: list[pulumi.Resource]

    def __init__(self, name: str, args: MonitoringArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the releases that are asked for, then monitors and alerts."""
        super().__init__("mlplatform:cluster:Monitoring", name, {"stack": args.settings.stack}, opts)
        own_stack = args.settings.stack == "kubePrometheusStack"
        self.labels = dict(args.settings.labels)
        self.namespace = NAMESPACE
        self.prometheus_namespace = NAMESPACE if own_stack else args.settings.namespace
        # Ambient pods take plain text from nobody outside the mesh.
        mesh = args.istio.injection_labels if args.istio and args.istio.data_plane == "ambient" else None
        namespace = create_namespace(
            NAMESPACE,
            resource=f"{name}-namespace",
            extra_labels=mesh,
            opts=pulumi.ResourceOptions(parent=self, depends_on=_before_the_namespace(args, in_mesh=mesh is not None)),
        )
        self.ready = [namespace]
        if own_stack:
            self.ready.append(self._stack(name, args, namespace))
        self.metrics = request_metrics(
            sidecar=args.istio is not None and args.istio.data_plane == "sidecar",
            knative=args.knative,
            seldon=args.seldon,
        )
        for manifest in self._manifests(args):
            create_object(
                f"{name}-{manifest['kind'].lower()}-{manifest['metadata']['name']}",
                manifest,
                opts=pulumi.ResourceOptions(parent=self, depends_on=[*self.ready, *_watched(args)]),
            )
        self.register_outputs({"labels": self.labels})

    def _stack(self, name: str, args: MonitoringArgs, namespace: kubernetes.core.v1.Namespace) -> pulumi.Resource:
        inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        password, _ = create_password(GRAFANA_ADMIN, rotations=args.rotations, opts=pulumi.ResourceOptions(parent=self))
        secret = kubernetes.core.v1.Secret(
            f"{name}-{GRAFANA_ADMIN}",
            metadata=object_meta(GRAFANA_ADMIN, namespace=NAMESPACE),
            string_data={"admin-user": "admin", "admin-password": password},
            opts=inside,
        )
        return args.third_party.create_release(
            STACK,
            args.third_party.row.charts["kube-prometheus-stack"],
            namespace=NAMESPACE,
            values=stack_values(
                admin_secret=GRAFANA_ADMIN,
                production=args.production,
                storage=stack_storage(args.settings.storage, args.settings.storage_class, production=args.production),
                managed=args.managed_control_plane,
            ),
            opts=pulumi.ResourceOptions.merge(inside, pulumi.ResourceOptions(depends_on=[secret])),
        )

    def _manifests(self, args: MonitoringArgs) -> list[dict[str, Any]]:
        manifests = [
            prometheus_rule(
                Watched(
                    model_namespaces=args.model_namespaces,
                    metrics=self.metrics,
                    registry=args.registry,
                    certificates=args.cert_manager is not None,
                    per_pod=args.settings.keda,
                ),
                namespace=NAMESPACE,
                selected_by=self.labels,
            )
        ]
        if args.cert_manager is not None:
            manifests.append(
                service_monitor(
                    "cert-manager",
                    namespace=args.cert_manager.namespace,
                    selector={"app.kubernetes.io/name": "cert-manager", "app.kubernetes.io/component": "controller"},
                    port="http-metrics",
                    selected_by=self.labels,
                )
            )
        if args.istio is not None:
            manifests.append(
                service_monitor(
                    "istiod",
                    namespace=args.istio.namespace,
                    selector={"app": "istiod"},
                    port="http-monitoring",
                    selected_by=self.labels,
                )
            )
        return manifests + [
            sidecar_monitor(namespace=NAMESPACE, selected_by=self.labels)
            if metric.endpoint is None
            else pod_monitor(f"{source}-models", metric.endpoint, namespace=NAMESPACE, selected_by=self.labels)
            for source, metric in self.metrics.items()
        ]


def _watched(args: MonitoringArgs) -> list[pulumi.Resource]:
    return [component for component in (args.cert_manager, args.istio) if component is not None]


def _before_the_namespace(args: MonitoringArgs, *, in_mesh: bool) -> list[pulumi.Resource]:
    return [needed for needed in (args.istio if in_mesh else None, args.storage) if needed is not None]


def create(context: PlatformContext) -> Monitoring:
    """Create monitoring for the platform."""
    settings, on_eks = context.settings, context.part(EksServices)
    return Monitoring(
        "monitoring",
        MonitoringArgs(
            settings=settings.section_of(MonitoringSection),
            production=settings.production,
            rotations=settings.rotations,
            model_namespaces=tuple(sorted({model.namespace for model in settings.models})),
            knative=settings.knative is not None,
            seldon=settings.seldon is not None,
            registry=alert_target(settings.mlflow) if settings.mlflow else None,
            cert_manager=context.part(CertManager),
            istio=context.part(Istio),
            third_party=context.third_party,
            storage=on_eks.storage if on_eks else None,
            managed_control_plane=on_eks is not None,
        ),
        opts=context.inside,
    )
