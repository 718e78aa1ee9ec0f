"""The stack, as a table of contents: settings, registry, cluster, platform, tenants, training, models."""

import pulumi

from components import wiring
from components.cluster import ExistingCluster
from components.cluster.compatibility import check_platform
from components.platform import Platform
from components.serving import ModelDeployments
from components.tenancy import Tenants
from components.training import TrainingJobs
from registry import resolve_models
from registry.references import model_references
from settings import load_settings
from settings.stack_file import stack_file_name

settings = load_settings()
file = stack_file_name(pulumi.get_stack())
check_platform(settings, file=file)

# Every model is resolved before the first resource exists: a registry that fails plans nothing.
versions = resolve_models(model_references(settings.models, file=file), settings.registry)

cluster = ExistingCluster("cluster", settings.cluster)
on_cluster = pulumi.ResourceOptions(provider=cluster.provider)

platform = Platform("platform", wiring.for_platform(settings, versions), opts=on_cluster)
tenants = Tenants("tenants", wiring.for_tenants(settings, platform), opts=on_cluster)
TrainingJobs("training", wiring.for_training(settings, platform, tenants), opts=on_cluster)
ModelDeployments("models", wiring.for_models(settings, versions, platform, tenants), opts=on_cluster)
