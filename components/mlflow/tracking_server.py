"""The tracking server as this project's own objects, or as the community chart; what it needs is the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from components.kubernetes.object_stores import role_annotations
from components.kubernetes.objects import create_object
from components.mlflow import jobs, monitoring, server, service
from components.mlflow.community_chart_values import chart_values

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.third_party import ThirdParty
    from components.mlflow.plan import ServerPlan
    from components.parts.monitoring import Monitoring


@dataclass(frozen=True, kw_only=True)
class TrackingServerArgs:
    """Arguments of the tracking server.

    Attributes:
        plan: how it runs.
        users: Secrets of the users that the preparing job writes.
        tracking_uri: URL of the server inside the cluster.
        third_party: where the community chart comes from.
        monitoring: Prometheus, ``None`` without.
        depends_on: what must be there before: namespace, Secrets, ConfigMaps, database, store.
        load_balancer: annotations of its Service that say which load balancer it gets.

    """

    plan: ServerPlan
    users: tuple[str, ...]
    tracking_uri: str
    third_party: ThirdParty
    monitoring: Monitoring | None
    depends_on: tuple[pulumi.Resource, ...]
    load_balancer: Mapping[str, str] = field(default_factory=dict)


class TrackingServer(pulumi.ComponentResource):
    """The tracking server by this project's own objects.

    Attributes:
        ready: what a route to it depends on.

    """

    ready: pulumi.Resource

    def __init__(self, name: str, args: TrackingServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Prepare the database, then roll the server out."""
        super().__init__("mlplatform:mlflow:TrackingServer", name, _inputs(args), opts)
        settings = args.plan.settings
        prepared = create_objects_before(self, name, args)
        scaled = service.autoscaler(settings)
        deployment = create_object(
            name,
            server.deployment(args.plan),
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=prepared,
                # The autoscaler's from the first minute on.
                ignore_changes=["spec.replicas"] if scaled else None,
            ),
        )
        self.ready = create_object(
            f"{name}-service",
            service.service(settings, args.load_balancer),
            opts=pulumi.ResourceOptions(parent=self, depends_on=prepared),
        )
        if scaled:
            after = pulumi.ResourceOptions(parent=self, depends_on=[deployment])
            create_object(f"{name}-autoscaler", scaled, opts=after)
        create_monitoring(self, name, args, deployment)
        self.register_outputs({"trackingUri": args.tracking_uri})


class CommunityChart(pulumi.ComponentResource):
    """The tracking server by the community Helm chart, on the same database and store.

    Attributes:
        ready: what a route to it depends on.

    """

    ready: pulumi.Resource

    def __init__(self, name: str, args: TrackingServerArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Prepare the database, then release the chart."""
        super().__init__("mlplatform:mlflow:CommunityChart", name, _inputs(args), opts)
        prepared = create_objects_before(self, name, args)
        self.ready = args.third_party.create_release(
            name,
            args.third_party.row.charts["mlflow"],
            namespace=args.plan.namespace,
            values=chart_values(args.plan),
            opts=pulumi.ResourceOptions(parent=self, depends_on=prepared),
        )
        create_monitoring(self, name, args, self.ready)
        self.register_outputs({"trackingUri": args.tracking_uri})


def create_objects_before(parent: pulumi.Resource, name: str, args: TrackingServerArgs) -> list[pulumi.Resource]:
    """Create what the server needs in either variant; return what its roll-out depends on."""
    plan = args.plan
    after = pulumi.ResourceOptions(parent=parent, depends_on=list(args.depends_on))

    def add(role: str, manifest: dict[str, Any], *more: pulumi.Resource) -> pulumi.Resource:
        options = pulumi.ResourceOptions(parent=parent, depends_on=[*args.depends_on, *more])
        return create_object(f"{name}-{role}", manifest, opts=options)

    account = add("account", service.service_account(plan.settings, role_annotations(plan.store.role_arn)))
    role = add("role", service.role(plan.settings, _config_maps(plan)))
    binding = add("role-binding", service.role_binding(plan.settings), account, role)
    job = create_object(
        f"{name}-prepare",
        jobs.prepare_job(plan, args.users),
        opts=pulumi.ResourceOptions.merge(
            after,
            pulumi.ResourceOptions(
                depends_on=[account],
                custom_timeouts=pulumi.CustomTimeouts(create=f"{jobs.PREPARE_SECONDS}s"),
            ),
        ),
    )
    add("budget", service.disruption_budget(plan.settings))
    if collect := jobs.collect_cron_job(plan, args.tracking_uri):
        add("gc", collect, account, job)
    return [*args.depends_on, account, binding, job]


def create_monitoring(parent: pulumi.Resource, name: str, args: TrackingServerArgs, running: pulumi.Resource) -> None:
    """Create the server's ServiceMonitor and dashboard, once it runs."""
    if args.monitoring is None:
        return
    settings = args.plan.settings
    after = pulumi.ResourceOptions(parent=parent, depends_on=[running, *args.monitoring.ready])
    create_object(f"{name}-metrics-service", service.metrics_service(settings), opts=after)
    create_object(f"{name}-metrics", monitoring.service_monitor(settings, dict(args.monitoring.labels)), opts=after)
    create_object(f"{name}-dashboard", monitoring.dashboard_config_map(settings), opts=after)


def _config_maps(plan: ServerPlan) -> tuple[str, ...]:
    return (plan.scripts, plan.auth_config) if plan.auth_config else (plan.scripts,)


def _inputs(args: TrackingServerArgs) -> dict[str, Any]:
    plan = args.plan
    return {"image": plan.image, "replicas": plan.settings.replicas, "auth": plan.settings.auth}
