"""A namespace in which a team serves and trains."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes

from components.kubernetes.metadata import object_meta
from components.kubernetes.object_stores import AWS_S3, role_annotations, service_account_annotations
from components.kubernetes.objects import create_namespace, create_object, create_secret, pod_security
from components.tenancy.access import roles
from components.tenancy.limits import limit_range, resource_quota
from components.tenancy.mtls import strict_mtls
from components.tenancy.network_policies import Traffic, network_policies

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from components.kubernetes.object_stores import ObjectStore
    from components.serving.engines import Engine
    from components.tenancy.platform_endpoints import PlatformEndpoints
    from components.tenancy.tenant import Tenant
    from mlplatform.config.tenancy import Team
    from mlplatform.config.training import Training

# Before version 0.2, a namespace of models belonged to ``ModelDeployments`` and was of another type.
_FORMER_TYPE = "mlplatform:cluster:ModelNamespace"
_FORMER_PARENT = ("models", "mlplatform:serving:ModelDeployments")


@dataclass(frozen=True, kw_only=True)
class TeamNamespaceArgs:
    """Arguments of a namespace.

    Attributes:
        tenant: who uses it, and for what.
        store: how its model servers reach the object store.
        service_account: the account of its model servers.
        platform: the parts of the platform that its pods talk with.
        istio: what installs the mesh, where there is one.
        engines: what serves in the namespace and keeps finalizers on its objects (Knative's Routes and Ingresses among
            them, which the garbage collector deletes with the namespace): they go after it, or it would never be gone.
        training_roles: service account of training jobs -> IAM role that the stack makes for it.

    """

    tenant: Tenant
    store: ObjectStore
    service_account: str
    platform: PlatformEndpoints
    istio: pulumi.Resource | None = None
    engines: tuple[pulumi.Resource, ...] = ()
    training_roles: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)


def pod_security_labels(engines: Iterable[Engine]) -> dict[str, str]:
    """Return the Pod Security labels of a namespace.

    ``restricted``, unless pods of an engine in it cannot pass that. There ``baseline`` is enforced and the breaches of
    ``restricted`` are reported.
    """
    levels = {engine.pod_security for engine in engines}
    return pod_security("baseline" if "baseline" in levels else "restricted")


def data_urls(training: Training, platform: PlatformEndpoints) -> tuple[str, ...]:
    """Return the URLs that a training job reaches beside MLflow; an IAM role is for S3."""
    artifacts = [platform.artifact_store.url] if platform.artifact_store else []
    return tuple(dict.fromkeys((*training.data_sources, *artifacts, *([AWS_S3] if training.role_arn else []))))


class TeamNamespace(pulumi.ComponentResource):
    """A namespace with Pod Security, network policies, shares and roles, and what its model servers and jobs need."""

    def __init__(self, name: str, args: TeamNamespaceArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespace ``name`` and what belongs in it."""
        former = pulumi.Alias(type_=_FORMER_TYPE, parent=pulumi.create_urn(*_FORMER_PARENT))
        inputs = {"engines": [engine.name for engine in args.tenant.engines], "training": bool(args.tenant.training)}
        super().__init__(
            "mlplatform:tenancy:TeamNamespace",
            name,
            inputs,
            pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[former])),
        )
        labels = {**pod_security_labels(args.tenant.engines), **args.platform.injection_labels}
        namespace = create_namespace(
            name, extra_labels=labels, opts=pulumi.ResourceOptions(parent=self, depends_on=list(args.engines))
        )
        self._inside = pulumi.ResourceOptions(parent=self, depends_on=[namespace])
        self._network(name, args)
        if args.tenant.team:
            self._team(name, args.tenant.team)
        self._accounts(name, args)
        self.register_outputs({"namespace": name})

    def _network(self, name: str, args: TeamNamespaceArgs) -> None:
        tenant = args.tenant
        traffic = Traffic(
            engines=tenant.engines,
            store=args.store,
            training={job.name: data_urls(job, args.platform) for job in tenant.training},
            log_sink=tenant.team.log_sink if tenant.team else None,
            team=tenant.team is not None,
        )
        for policy in network_policies(name, args.platform, traffic):
            create_object(f"{name}-{policy['metadata']['name']}", policy, opts=self._inside)
        if args.platform.mesh:
            create_object(f"{name}-mtls", strict_mtls(name), opts=self._after([args.istio] if args.istio else []))

    def _team(self, name: str, team: Team) -> None:
        create_object(f"{name}-containers", limit_range(name, team.container_limits), opts=self._inside)
        if team.quota:
            create_object(f"{name}-quota", resource_quota(name, team.quota), opts=self._inside)
        for manifest in roles(name, team):
            create_object(f"{name}-{manifest['metadata']['name']}", manifest, opts=self._inside)

    def _accounts(self, name: str, args: TeamNamespaceArgs) -> None:
        store, engines = args.store, args.tenant.engines
        if engines:
            secrets = self._secrets(name, args)
            account_secrets = [
                kubernetes.core.v1.ObjectReferenceArgs(name=secret)
                for engine in engines
                if (secret := engine.account_secret(store))
            ]
            kubernetes.core.v1.ServiceAccount(
                f"{name}-{args.service_account}",
                metadata=object_meta(
                    args.service_account,
                    namespace=name,
                    annotations=service_account_annotations(store),
                ),
                secrets=account_secrets or None,
                # No server, initializer or sidecar of a model calls the Kubernetes API: KServe's controller reads the
                # credentials for the initializer, Seldon's executor has its graph in ENGINE_PREDICTOR. The tokens of
                # IAM roles (IRSA, Pod Identity) and of Istio are volumes of their own, which this leaves alone.
                automount_service_account_token=False,
                opts=self._after(secrets),
            )
        for account, named in sorted(args.tenant.training_accounts().items()):
            role_arn = args.training_roles.get(account, named)
            kubernetes.core.v1.ServiceAccount(
                f"{name}-{account}",
                metadata=object_meta(
                    account,
                    namespace=name,
                    annotations=role_annotations(role_arn),
                ),
                # Nothing that trains has business with the Kubernetes API.
                automount_service_account_token=False,
                opts=self._inside,
            )

    def _secrets(self, name: str, args: TeamNamespaceArgs) -> list[kubernetes.core.v1.Secret]:
        return [
            create_secret(
                f"{name}-{engine.secret}",
                object_meta(engine.secret, namespace=name, annotations=secret.annotations),
                secret.content,
                opts=self._inside,
            )
            for engine in args.tenant.engines
            if (secret := engine.store_secret(args.store))
        ]

    def _after(self, others: Sequence[pulumi.Resource]) -> pulumi.ResourceOptions:
        return pulumi.ResourceOptions.merge(self._inside, pulumi.ResourceOptions(depends_on=list(others)))
