"""The stack, as a table of contents: settings, registry, cluster, models."""

import pulumi

from components.cluster import ExistingCluster
from components.object_store import StoreAccess
from components.serving import ModelDeployments, ModelDeploymentsArgs
from components.tenancy import Surroundings, Tenants, TenantsArgs
from registry import resolve_models
from registry.references import model_references
from settings import load_settings
from settings.stack_file import stack_file_name

settings = load_settings()

# Every model is resolved before the first resource exists: a registry that fails plans nothing.
versions = resolve_models(
    model_references(settings.models, file=stack_file_name(pulumi.get_stack())), settings.registry
)

cluster = ExistingCluster("cluster", settings.cluster)
on_cluster = pulumi.ResourceOptions(provider=cluster.provider)
store = StoreAccess.from_settings(settings.object_store)

tenants = Tenants(
    "tenants",
    TenantsArgs(
        teams=settings.teams, models=settings.models, training=settings.training, store=store, around=Surroundings()
    ),
    opts=on_cluster,
)

ModelDeployments(
    "models",
    ModelDeploymentsArgs(models=settings.models, versions=versions, store=store, namespaces=tenants.namespaces),
    opts=on_cluster,
)
