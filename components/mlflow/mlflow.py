"""MLflow with its database, its artifact store and everything that its clients are given."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import pulumi

from components.kubernetes.content_names import content_name
from components.kubernetes.generated_secrets import rotation_annotation
from components.kubernetes.network_policies import PodPeer
from components.kubernetes.objects import create_namespace, create_object
from components.mlflow import command, exposure, names
from components.mlflow.connection import BACKEND_URI
from components.mlflow.logins import Login, create_logins  # Pulumi reads the annotations of a component's class
from components.mlflow.minio import Minio, MinioArgs
from components.mlflow.network_policies import OPERATOR_NAMESPACE, MlflowPeers, network_policies
from components.mlflow.plan import ServerPlan
from components.mlflow.postgres import Postgres, PostgresArgs
from components.mlflow.scripts import script
from components.mlflow.stores import s3_stores
from components.mlflow.tracking_server import CommunityChart, TrackingServer, TrackingServerArgs
from components.resource_options import stateful

if TYPE_CHECKING:
    from components.kubernetes.object_stores import ObjectStore
    from components.mlflow.args import MlflowArgs
    from components.mlflow.logins import Logins

_SCRIPTS = ("prepare_database.py", "serve_metrics.py", "wait_for_database.py")


class _Named(NamedTuple):
    """An object and its name."""

    name: str
    resource: pulumi.Resource


class Mlflow(pulumi.ComponentResource):
    """The tracking server and model registry, with database and artifact store.

    Attributes:
        tracking_uri: URL inside the cluster.
        public_url: URL from outside, ``None`` where it is not exposed.
        namespace: its namespace.
        pod_labels: labels of the server's pods, for openings of network policies.
        port: their port.
        minio: the artifact store, ``None`` with S3.
        training: user of training jobs, ``None`` without basic auth.

    """

    tracking_uri: str
    public_url: str | None
    namespace: str
    pod_labels: dict[str, str]
    port: int
    minio: Minio | None
    training: Login | None

    def __init__(self, name: str, args: MlflowArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create namespace, Secrets, store, database and server, in this order."""
        settings = args.settings
        super().__init__("mlplatform:mlflow:Mlflow", name, {"variant": settings.variant}, opts)
        self._name, self._args = name, args
        self.namespace, self.port = settings.namespace, names.SERVER_PORT
        self.pod_labels = names.selector(names.SERVER)
        self.tracking_uri = f"http://{names.service_host(names.SERVER, self.namespace)}:{self.port}"
        self.public_url = exposure.public_url(settings.exposure, args.ingress)
        # Deleting the namespace would delete the volumes in it: it is kept like them.
        self._namespace = create_namespace(
            self.namespace,
            resource=f"{name}-namespace",
            opts=stateful(self, production=args.production, depends_on=[args.storage] if args.storage else []),
        )
        logins = create_logins(
            self,
            namespace=self.namespace,
            basic_auth=settings.auth == "basic",
            production=args.production,
            rotations=args.rotations,
            depends_on=[self._namespace],
        )
        self.minio = self._minio()
        stores = self.minio.stores if self.minio else args.stores or s3_stores(settings)
        database = self._database(stores.backups)
        config_maps = self._config_maps()
        rotations = [*logins.rotations, database.rotation, *([self.minio.rotation] if self.minio else [])]
        plan = ServerPlan(
            settings=settings,
            production=args.production,
            image=args.third_party.image("mlflow"),
            database=database.connection,
            store=stores.artifacts,
            auth_config=config_maps["auth"].name if "auth" in config_maps else None,
            scripts=config_maps["scripts"].name,
            public_url=self.public_url,
            metrics=args.monitoring is not None,
            encryption_version=logins.encryption_version,
            rotation=rotation_annotation(*rotations),
        )
        self._network(plan, stores.backups)
        needed = [self._namespace, *logins.resources, *(config_map.resource for config_map in config_maps.values())]
        needed += [database, *([self.minio] if self.minio else [])]
        running = self._server(plan, logins, needed)
        self._route(running.ready)
        self.training = logins.users.get(names.TRAINING_USER)
        self.register_outputs({"trackingUri": self.tracking_uri, "publicUrl": self.public_url})

    def _server(
        self, plan: ServerPlan, logins: Logins, needed: list[pulumi.Resource]
    ) -> TrackingServer | CommunityChart:
        args = self._args
        variant = TrackingServer if args.settings.variant == "own" else CommunityChart
        return variant(
            names.SERVER,
            TrackingServerArgs(
                plan=plan,
                users=tuple(login.secret for login in logins.users.values()),
                tracking_uri=self.tracking_uri,
                third_party=args.third_party,
                monitoring=args.monitoring,
                load_balancer=args.load_balancer,
                depends_on=tuple(needed),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _minio(self) -> Minio | None:
        args, settings = self._args, self._args.settings
        if settings.artifacts.minio is None:
            return None
        if args.production:
            pulumi.log.warn(
                "mlflow.artifacts.minio in production: one server, one disk; prefer mlflow.artifacts.s3", self
            )
        backup = settings.database.backup
        return Minio(
            names.MINIO,
            MinioArgs(
                settings=settings.artifacts.minio,
                artifacts=settings.artifacts,
                backup_bucket=backup.bucket if backup else None,
                releases=args.releases,
                namespace=self.namespace,
                production=args.production,
                rotations=args.rotations,
                third_party=args.third_party,
                depends_on=(self._namespace,),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _database(self, backups: ObjectStore | None) -> Postgres:
        args, settings = self._args, self._args.settings
        return Postgres(
            "postgres",
            PostgresArgs(
                settings=settings.database,
                namespace=self.namespace,
                production=args.production,
                rotations=args.rotations,
                connections=command.database_connections(settings),
                third_party=args.third_party,
                operator=args.cloudnative_pg,
                monitoring=args.monitoring,
                backups=backups,
                server=args.server,
                # The first backup starts at once; its bucket and user are there by then.
                depends_on=(self._namespace, *((self.minio,) if self.minio and backups else ())),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _config_maps(self) -> dict[str, _Named]:
        contents = {"scripts": {file: script(file) for file in _SCRIPTS}}
        if self._args.settings.auth == "basic":
            contents["auth"] = {command.AUTH_FILE: command.auth_configuration(BACKEND_URI)}
        config_maps = {}
        for role, data in contents.items():
            object_name = content_name(f"mlflow-{role}", data)
            manifest = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": object_name,
                    "namespace": self.namespace,
                    "labels": names.pod_labels(names.SERVER),
                },
                "data": data,
            }
            resource = create_object(f"{self._name}-{role}", manifest, opts=self._after())
            config_maps[role] = _Named(name=object_name, resource=resource)
        return config_maps

    def _network(self, plan: ServerPlan, backups: ObjectStore | None) -> None:
        args = self._args
        peers = MlflowPeers(
            clients=tuple(dict.fromkeys((*args.client_namespaces, *args.settings.clients))),
            store_readers=args.store_readers,
            gateway=self._gateway(),
            prometheus=args.monitoring.prometheus_namespace if args.monitoring else None,
            operator=args.cloudnative_pg.namespace if args.cloudnative_pg else OPERATOR_NAMESPACE,
        )
        for policy in network_policies(plan, peers, backups):
            create_object(f"{self._name}-{policy['metadata']['name']}", policy, opts=self._after())

    def _gateway(self) -> PodPeer | None:
        exposed, istio = self._args.settings.exposure, self._args.istio
        if exposed is None:
            return None
        if exposed.kind == "ingress":
            return PodPeer(namespace=exposed.controller_namespace) if exposed.controller_namespace else None
        return PodPeer(namespace=istio.gateway_namespace, labels=istio.gateway_labels) if istio else None

    def _route(self, ready: pulumi.Resource) -> None:
        exposed, cert_manager, istio = self._args.settings.exposure, self._args.cert_manager, self._args.istio
        if exposed is None:
            return
        if exposed.kind == "ingress":
            manifest = exposure.ingress(exposed, self.namespace, cert_manager.issuer_name if cert_manager else None)
            needed: list[pulumi.Resource] = [cert_manager] if cert_manager else []
        else:
            if istio is None or istio.gateway is None:
                message = "exposure by the gateway without one; the rules of the settings refuse that"
                raise ValueError(message)
            manifest = exposure.virtual_service(exposed, self.namespace, istio.gateway)
            needed = [istio]
        create_object(
            f"{self._name}-route", manifest, opts=pulumi.ResourceOptions(parent=self, depends_on=[ready, *needed])
        )

    def _after(self) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions(parent=self, depends_on=[self._namespace])
