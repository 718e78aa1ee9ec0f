"""Which workloads take a role of their own, and what each may do: the smallest right that its work needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi

from components.aws import names
from components.aws.iam import documents
from components.aws.stack import aws_settings
from components.aws.tags import tags
from components.aws.training_accounts import jobs_without_access
from components.aws.workload_role import ServiceAccount, WorkloadRole, WorkloadRoleArgs

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from components.aws.buckets import BucketRef, Buckets
    from components.aws.workload_role import OidcProvider
    from mlplatform.config import Settings

Documents = list[pulumi.Input[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class WorkloadRolesArgs:
    """Arguments of the roles.

    Attributes:
        settings: the stack's settings, with ``aws``.
        cluster: name of the cluster.
        oidc: its issuer of service account tokens.
        buckets: the stack's buckets.
        autoscaler: account of the cluster autoscaler.
        cert_manager: account of cert-manager.
        mlflow: account of MLflow and its jobs.
        served: namespace -> folders of releases that are served there (``locked``); ``None`` where models are read from
            MLflow's artifacts (``live``).

    """

    settings: Settings
    cluster: str
    oidc: OidcProvider
    buckets: Buckets
    autoscaler: ServiceAccount
    cert_manager: ServiceAccount
    mlflow: ServiceAccount
    served: Mapping[str, Sequence[str]] | None


class WorkloadRoles(pulumi.ComponentResource):
    """The roles of the stack's workloads; each value is the ARN of a role, ``None`` where nobody needs it.

    Attributes:
        autoscaler: of the cluster autoscaler.
        cert_manager: of cert-manager, for DNS-01 challenges in one hosted zone.
        mlflow: of the tracking server and its jobs.
        backups: of the database's pods, which write backups.
        readers: namespace -> of its model servers.
        training: (namespace, service account) -> of training jobs that write artifacts themselves.

    """

    autoscaler: pulumi.Output[str]
    cert_manager: pulumi.Output[str] | None
    mlflow: pulumi.Output[str] | None
    backups: pulumi.Output[str] | None
    readers: dict[str, pulumi.Output[str]]
    training: dict[tuple[str, str], pulumi.Output[str]]

    def __init__(self, name: str, args: WorkloadRolesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the roles.

        Args:
            name: first part of all logical names, the stack's prefix.
            args: which workloads there are.
            opts: options of the component.

        Raises:
            ValueError: more models in a namespace than a role has room for; :mod:`components.aws.problems` says so
                before.

        """
        super().__init__("mlplatform:aws:Workloads", name, {}, opts)
        self._name, self._args, self._aws = name, args, aws_settings(args.settings)
        # Releases, or where models are live MLflow's artifacts.
        self._read = args.buckets.artifacts if args.served is None else args.buckets.releases
        self.autoscaler = self._role(
            f"{name}-autoscaler",
            args.autoscaler,
            [documents.autoscaler_document(args.cluster, self._aws.region, self._aws.account_id)],
        )
        self.cert_manager = self._cert_manager()
        self.mlflow = self._mlflow()
        self.backups = self._backups()
        self.readers = {
            namespace: self._role(
                names.model_reader(self._aws, namespace),
                ServiceAccount(namespace=namespace, name=args.settings.object_store.service_account),
                rights,
                self._read,
            )
            for namespace in sorted({model.namespace for model in args.settings.models})
            if (rights := self._readable(namespace))
        }
        self.training = self._training()
        self.register_outputs({"readers": sorted(self.readers)})

    def _cert_manager(self) -> pulumi.Output[str] | None:
        settings = self._args.settings.cert_manager
        if settings is None or settings.issuer.dns01 is None:
            return None
        zone = documents.dns01_document(settings.issuer.dns01.hosted_zone_id)
        return self._role(f"{self._name}-cert-manager", self._args.cert_manager, [zone])

    def _mlflow(self) -> pulumi.Output[str] | None:
        bucket = self._args.buckets.artifacts
        if bucket is None:
            return None
        store = documents.artifact_store_document(bucket.name, bucket.prefix)
        rights = [store, *self._key(bucket, writes=True)]
        return self._role(f"{self._name}-mlflow", self._args.mlflow, rights, bucket)

    def _training(self) -> dict[tuple[str, str], pulumi.Output[str]]:
        bucket = self._args.buckets.artifacts
        if bucket is None:
            return {}
        jobs = jobs_without_access(self._args.settings)
        accounts = sorted({(job.namespace, job.service_account) for _, job in jobs})
        rights = documents.artifact_writer_document(bucket.name, bucket.prefix)
        return {
            (namespace, account): self._role(
                names.training(self._aws, namespace, account),
                ServiceAccount(namespace=namespace, name=account),
                [rights, *self._key(bucket, writes=True)],
                bucket,
            )
            for namespace, account in accounts
        }

    def _backups(self) -> pulumi.Output[str] | None:
        bucket, mlflow = self._args.buckets.backups, self._args.settings.mlflow
        if bucket is None or mlflow is None:
            return None
        rights = documents.backup_document(bucket.name, bucket.prefix)
        # CloudNativePG calls the account of a database's pods by the name of the database.
        account = ServiceAccount(namespace=mlflow.namespace, name=mlflow.database.name)
        return self._role(f"{self._name}-backups", account, [rights, *self._key(bucket, writes=True)], bucket)

    def _readable(self, namespace: str) -> Documents:
        """Return what the model servers of a namespace read: the releases of its own models, or MLflow's artifacts."""
        served, bucket = self._args.served, self._read
        if bucket is None:
            return []
        if served is None:
            rights: Documents = [documents.artifact_reader_document(bucket.name, bucket.prefix)]
        else:
            rights = [*documents.model_reader_documents(bucket.name, bucket.prefix, served.get(namespace, ()))]
        return [*rights, *self._key(bucket)]

    def _key(self, bucket: BucketRef, *, writes: bool = False) -> Documents:
        """Return the right to a bucket's key, in a document of its own: a preview knows all the others."""
        if bucket.key_arn is None:
            return []
        region = self._aws.region
        return [
            pulumi.Output.from_input(bucket.key_arn).apply(
                lambda arn: documents.bucket_key_document(bucket.name, arn, region, writes=writes)
            )
        ]

    def _role(
        self, name: str, account: ServiceAccount, rights: Documents, bucket: BucketRef | None = None
    ) -> pulumi.Output[str]:
        role = WorkloadRole(
            name,
            WorkloadRoleArgs(
                account=account,
                oidc=self._args.oidc,
                documents=rights,
                tags=tags(self._args.settings),
                # Nothing else ties a workload to its bucket: a name is plain text.
                after=bucket.ready if bucket else (),
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )
        return role.arn
