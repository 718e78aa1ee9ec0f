"""MinIO in the cluster: the artifact store of development stacks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.content_names import content_name
from components.kubernetes.generated_secrets import create_password, rotation_annotation
from components.kubernetes.metadata import object_meta
from components.kubernetes.object_stores import ObjectStore, StoreKeys
from components.kubernetes.objects import BASIC_AUTH, OPAQUE, create_object, create_secret
from components.mlflow import minio_manifests as manifests
from components.mlflow import minio_setup as setup
from components.mlflow import names
from components.mlflow.scripts import script
from components.mlflow.stores import MlflowStores
from components.resource_options import stateful

if TYPE_CHECKING:
    from components.kubernetes.third_party import ThirdParty
    from mlplatform.config.mlflow import ArtifactsSection, MinioSection

_ROOT_USER = "mlplatform-root"


@dataclass(frozen=True, kw_only=True)
class MinioArgs:
    """Arguments of MinIO.

    Attributes:
        settings: its settings.
        artifacts: the artifact store's settings: bucket and access.
        backup_bucket: bucket of the database's backups, ``None`` without.
        namespace: an existing namespace.
        production: whether it is a production stack.
        releases: the releases of models, ``None`` where they lie elsewhere or there are none.
        rotations: generated secret -> how often it was rotated.
        third_party: where images come from.
        depends_on: what must be there before, such as the namespace.

    """

    settings: MinioSection
    artifacts: ArtifactsSection
    backup_bucket: str | None
    releases: setup.Releases | None
    namespace: str
    production: bool
    rotations: dict[str, int]
    third_party: ThirdParty
    depends_on: tuple[pulumi.Resource, ...]


class Minio(pulumi.ComponentResource):
    """A MinIO server, its buckets, and a user for each client that can do what it has to and nothing else.

    Attributes:
        endpoint: URL of its API inside the cluster.
        namespace: its namespace.
        bucket: bucket of the artifacts.
        stores: the stores of MLflow's artifacts and of the database's backups.
        model_reader: the keys of model servers, which may only read artifacts, or in a locked stack releases.
        artifact_writer: the keys of clients with direct access, which may not delete; ``None`` without direct access.
        rotation: how often the keys were rotated, of all that pods of the stack hold.

    """

    endpoint: str
    namespace: str
    bucket: str
    stores: MlflowStores
    model_reader: StoreKeys
    artifact_writer: StoreKeys | None
    rotation: str

    def __init__(self, name: str, args: MinioArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the server, then the job that sets it up."""
        super().__init__("mlplatform:mlflow:Minio", name, {"bucket": args.artifacts.bucket}, opts)
        self.endpoint, self.namespace = manifests.endpoint(args.namespace), args.namespace
        self.bucket = args.artifacts.bucket
        clients = setup.store_clients(args.artifacts, backup_bucket=args.backup_bucket, releases=args.releases)
        by_name = {client.name: client for client in clients}
        server, root_rotation = self._server(name, args)
        users, rotations = self._users(args, clients)
        self._setup(name, args, clients, server, rotation_annotation(root_rotation, *rotations.values()))
        self.artifact_writer, self.model_reader = users.get(setup.TRAINING), users[setup.MODEL_READER]
        # No pod holds the releaser's key, so none restarts for it.
        self.rotation = "-".join(count for client, count in rotations.items() if client != setup.RELEASER)
        backup = by_name.get(setup.BACKUP)
        self.stores = MlflowStores(
            artifacts=self._store(by_name[setup.MLFLOW]), backups=self._store(backup) if backup else None
        )
        self.register_outputs({"endpoint": self.endpoint, "bucket": self.bucket})

    def _store(self, client: setup.Client) -> ObjectStore:
        return ObjectStore(
            endpoint=self.endpoint,
            region=manifests.REGION,
            bucket=client.bucket,
            secret=client.secret,
            pod_labels=names.selector(names.MINIO),
        )

    def _server(self, name: str, args: MinioArgs) -> tuple[pulumi.Resource, str]:
        keep = stateful(self, production=args.production, depends_on=list(args.depends_on))
        password, rotation = create_password(
            manifests.ROOT_SECRET, rotations=args.rotations, opts=pulumi.ResourceOptions(parent=self)
        )
        root = create_secret(
            f"{name}-root",
            object_meta(manifests.ROOT_SECRET, namespace=args.namespace),
            {"username": _ROOT_USER, "password": password},
            secret_type=BASIC_AUTH,
            opts=keep,
        )
        account = create_object(
            f"{name}-account",
            {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {
                    "name": names.MINIO,
                    "namespace": args.namespace,
                    "labels": names.pod_labels(names.MINIO),
                },
                "automountServiceAccountToken": False,
            },
            opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
        )
        # The server does not wait for its Services: Pulumi waits, for each, until a pod stands behind it.
        for manifest in manifests.services(args.namespace):
            options = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
            create_object(f"{manifest['metadata']['name']}-service", manifest, opts=options)
        image = args.third_party.mirrored(args.settings.image)
        manifest = manifests.stateful_set(args.settings, args.namespace, image, rotation_annotation(rotation))
        before = [*args.depends_on, root, account]
        keep = stateful(self, production=args.production, depends_on=before)
        return create_object(name, manifest, opts=keep), rotation

    def _users(self, args: MinioArgs, clients: tuple[setup.Client, ...]) -> tuple[dict[str, StoreKeys], dict[str, str]]:
        users, rotations = {}, {}
        self._secrets: list[pulumi.Resource] = []
        for client in clients:
            key, rotation = create_password(
                client.secret, rotations=args.rotations, opts=pulumi.ResourceOptions(parent=self)
            )
            rotations[client.name] = rotation
            users[client.name] = StoreKeys(access_key_id=client.name, secret_access_key=key)
            secret = create_secret(
                f"{client.secret}-keys",
                object_meta(client.secret, namespace=args.namespace),
                users[client.name].content(),
                secret_type=OPAQUE,
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on)),
            )
            self._secrets.append(secret)
        return users, rotations

    def _setup(
        self,
        name: str,
        args: MinioArgs,
        clients: tuple[setup.Client, ...],
        server: pulumi.Resource,
        rotation: dict[str, str],
    ) -> None:
        scripts = (setup.SCRIPT, *((setup.RELEASES_SCRIPT,) if args.releases else ()))
        files = {"scripts": {file: script(file) for file in scripts}, "policies": setup.policy_documents(clients)}
        config_maps: dict[str, str] = {}
        created: list[pulumi.Resource] = [*self._secrets]
        for role, data in files.items():
            config_maps[role] = content_name(f"minio-{role}", data)
            manifest = {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {
                    "name": config_maps[role],
                    "namespace": args.namespace,
                    "labels": names.pod_labels(names.MINIO_SETUP),
                },
                "data": data,
            }
            options = pulumi.ResourceOptions(parent=self, depends_on=list(args.depends_on))
            created.append(create_object(f"{name}-{role}", manifest, opts=options))
        job = setup.setup_job(
            args.namespace,
            args.third_party.mirrored(args.settings.client_image),
            clients,
            scripts=config_maps["scripts"],
            policies=config_maps["policies"],
            rotation=rotation,
            releases=args.releases,
        )
        create_object(f"{name}-setup", job, opts=pulumi.ResourceOptions(parent=self, depends_on=[server, *created]))
