"""The stack, as a table of contents: settings, registry, cluster, models."""

import pulumi

from components.cluster import ExistingCluster
from components.serving import ModelDeployments, ModelDeploymentsArgs
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

ModelDeployments(
    "models",
    ModelDeploymentsArgs(models=settings.models, versions=versions, store=settings.object_store),
    opts=pulumi.ResourceOptions(provider=cluster.provider),
)
