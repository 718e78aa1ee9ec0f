"""All namespaces in which models are served and trained."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import pulumi

from components.tenancy.team_namespace import TeamNamespace, TeamNamespaceArgs
from components.tenancy.tenant import tenants

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.object_stores import ObjectStore
    from components.serving.served_model import ServedModel
    from components.tenancy.platform_endpoints import PlatformEndpoints
    from mlplatform.config.tenancy import Team
    from mlplatform.config.training import Training


@dataclass(frozen=True, kw_only=True)
class TenantsArgs:
    """Arguments of the tenants: who shares the cluster, and what they find there.

    Attributes:
        teams: the teams, each with a namespace of its own.
        models: the model deployments; a namespace that is no team's is created for them, too.
        training: the training jobs, likewise.
        store: how model servers reach the object store.
        service_account: the account of model servers in every namespace.
        reader_roles: namespace -> IAM role of its model servers, where each has its own.
        training_roles: (namespace, service account) -> IAM role of training jobs that the stack makes one for.
        platform: the parts of the platform that pods talk with.
        istio: what installs the mesh, where there is one.
        engines: what serves in the namespaces; see :class:`TeamNamespaceArgs`.

    """

    teams: tuple[Team, ...]
    models: tuple[ServedModel, ...]
    training: tuple[Training, ...]
    store: ObjectStore
    service_account: str
    platform: PlatformEndpoints
    reader_roles: Mapping[str, pulumi.Input[str]] = field(default_factory=dict)
    training_roles: Mapping[tuple[str, str], pulumi.Input[str]] = field(default_factory=dict)
    istio: pulumi.Resource | None = None
    engines: tuple[pulumi.Resource, ...] = ()


class Tenants(pulumi.ComponentResource):
    """A :class:`TeamNamespace` for each namespace.

    Attributes:
        namespaces: name -> namespace, for what is put into it to depend on.

    """

    namespaces: dict[str, TeamNamespace]

    def __init__(self, name: str, args: TenantsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespaces."""
        super().__init__("mlplatform:tenancy:Tenants", name, {}, opts)
        self.namespaces = {
            namespace: TeamNamespace(
                namespace,
                TeamNamespaceArgs(
                    tenant=tenant,
                    store=_store_of(namespace, args),
                    service_account=args.service_account,
                    platform=args.platform,
                    istio=args.istio,
                    engines=args.engines,
                    training_roles={
                        account: role for (where, account), role in args.training_roles.items() if where == namespace
                    },
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for namespace, tenant in tenants(args.teams, args.models, args.training).items()
        }
        self.register_outputs({"namespaces": sorted(self.namespaces)})


def _store_of(namespace: str, args: TenantsArgs) -> ObjectStore:
    role_arn = args.reader_roles.get(namespace)
    return args.store if role_arn is None else replace(args.store, role_arn=role_arn)
