"""The database of MLflow: PostgreSQL by CloudNativePG, or a server outside of the cluster."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.generated_secrets import create_password
from components.kubernetes.metadata import object_meta
from components.kubernetes.object_stores import role_annotations
from components.kubernetes.objects import BASIC_AUTH, OPAQUE, create_object, create_secret
from components.mlflow import names
from components.mlflow import postgres_manifests as manifests
from components.mlflow.connection import DatabaseConnection, ManagedServer
from components.resource_options import stateful

if TYPE_CHECKING:
    from components.kubernetes.object_stores import ObjectStore
    from components.kubernetes.third_party import ThirdParty
    from components.parts.cloudnative_pg import CloudNativePg
    from components.parts.monitoring import Monitoring
    from mlplatform.config.mlflow import DatabaseSection

# Key of `rotations`.
PASSWORD = "mlflow-database"  # noqa: S105 - name of a secret, not its content


@dataclass(frozen=True, kw_only=True)
class PostgresArgs:
    """Arguments of the database.

    Attributes:
        settings: the database's settings.
        namespace: an existing namespace.
        production: whether it is a production stack.
        rotations: secret -> how often it was rotated.
        connections: how many MLflow opens at most.
        third_party: where images come from.
        operator: CloudNativePG, ``None`` where the cluster has it already.
        monitoring: Prometheus, ``None`` without.
        backups: the store of the backups' bucket, with their own credential; ``None`` without backups.
        depends_on: what must be there before, such as the namespace and the store of its backups.
        server: the stack's own server outside of the cluster, ``None`` for every other kind.

    """

    settings: DatabaseSection
    namespace: str
    production: bool
    rotations: dict[str, int]
    connections: int
    third_party: ThirdParty
    operator: CloudNativePg | None
    monitoring: Monitoring | None
    backups: ObjectStore | None
    depends_on: tuple[pulumi.Resource, ...]
    server: ManagedServer | None = None


class Postgres(pulumi.ComponentResource):
    """A database with a user for MLflow.

    Attributes:
        connection: how pods reach it.
        rotation: how often its password was rotated.

    """

    connection: DatabaseConnection
    rotation: str

    def __init__(self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the user's Secret and, where it is in the cluster, the database."""
        super().__init__("mlplatform:mlflow:Postgres", name, {"kind": args.settings.kind}, opts)
        if args.server:
            self._managed(name, args, args.server)
        elif args.settings.kind == "external":
            self._external(name, args)
        else:
            self._in_cluster(name, args)
        self.register_outputs({"host": self.connection.host, "database": self.connection.database})

    def _managed(self, name: str, args: PostgresArgs, server: ManagedServer) -> None:
        self.rotation = server.rotation
        after = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
        create_secret(
            f"{name}-login",
            object_meta(names.DATABASE_SECRET, namespace=args.namespace),
            {"username": server.username, "password": server.password},
            secret_type=BASIC_AUTH,
            opts=after,
        )
        create_secret(
            f"{name}-ca",
            object_meta(names.DATABASE_CA_SECRET, namespace=args.namespace),
            {"ca.crt": server.certificates},
            secret_type=OPAQUE,
            opts=after,
        )
        self.connection = DatabaseConnection(
            host=server.host,
            port=server.port,
            database=server.database,
            ssl_mode="verify-full",
            secret=names.DATABASE_SECRET,
            ca_secret=names.DATABASE_CA_SECRET,
            networks=server.networks,
        )

    def _external(self, name: str, args: PostgresArgs) -> None:
        external = args.settings.external
        if external is None:
            message = "kind external without the section external; the rules of the settings refuse that"
            raise ValueError(message)
        # Its keeper makes the password; the number says that there is a new one, and restarts pods with the old one.
        self.rotation = str(args.rotations.get(PASSWORD, 1))
        if external.username and external.password:
            create_secret(
                f"{name}-login",
                object_meta(names.DATABASE_SECRET, namespace=args.namespace),
                {"username": external.username, "password": external.password.output()},
                secret_type=BASIC_AUTH,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
            )
        self.connection = DatabaseConnection(
            host=external.host,
            port=external.port,
            database=external.database,
            ssl_mode=external.ssl_mode,
            secret=external.existing_secret or names.DATABASE_SECRET,
            ca_secret=external.ca_secret,
        )

    def _in_cluster(self, name: str, args: PostgresArgs) -> None:
        settings, backups = args.settings, args.backups
        # A restore makes a database of another name beside the old one; user and password stay.
        cluster_name = settings.name
        password, self.rotation = create_password(
            PASSWORD, rotations=args.rotations, opts=pulumi.ResourceOptions(parent=self)
        )
        before = [*args.depends_on, *([args.operator] if args.operator else [])]
        keep = stateful(self, production=args.production, depends_on=before)
        login = create_secret(
            f"{name}-login",
            # The operator changes the user's password when the Secret changes.
            object_meta(names.DATABASE_SECRET, namespace=args.namespace, extra_labels={"cnpg.io/reload": "true"}),
            {"username": manifests.OWNER, "password": password},
            secret_type=BASIC_AUTH,
            opts=keep,
        )
        before.append(login)
        if settings.backup and backups:
            store = manifests.object_store(settings, settings.backup, args.namespace, backups)
            keep = stateful(self, production=args.production, depends_on=before)
            before.append(create_object(f"{cluster_name}-backups", store, opts=keep))
        manifest = manifests.cluster(
            settings,
            args.namespace,
            args.third_party.image("postgresql"),
            production=args.production,
            connections=args.connections,
            account_annotations=role_annotations(backups.role_arn) if backups else {},
        )
        cluster = create_object(
            cluster_name, manifest, opts=stateful(self, production=args.production, depends_on=before)
        )
        after = pulumi.ResourceOptions(parent=self, depends_on=[cluster])
        if settings.backup:
            schedule = manifests.scheduled_backup(settings, settings.backup, args.namespace)
            create_object(f"{cluster_name}-schedule", schedule, opts=after)
        if args.monitoring:
            monitor = manifests.pod_monitor(settings, args.namespace, dict(args.monitoring.labels))
            before_monitor = pulumi.ResourceOptions(parent=self, depends_on=[*args.monitoring.ready, cluster])
            create_object(f"{cluster_name}-metrics", monitor, opts=before_monitor)
        self.connection = DatabaseConnection(
            host=manifests.read_write_host(settings.name, args.namespace),
            port=names.POSTGRES_PORT,
            database=manifests.DATABASE,
            ssl_mode="verify-full",
            secret=names.DATABASE_SECRET,
            ca_secret=manifests.certificate_authority(settings.name),
            pod_labels=manifests.cluster_selector(settings.name),
        )
