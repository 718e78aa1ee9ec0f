"""The stack, as a table of contents: settings, registry, cluster, platform, tenants, training, models."""

from pathlib import Path

import pulumi

from components import wiring
from components.cluster import ExistingCluster
from components.cluster.compatibility import check_platform
from components.platform import Platform
from components.serving import ModelDeployments
from components.tenancy import Tenants
from components.training import TrainingJobs
from registry.served import served_versions
from settings import load_settings
from settings.stack_file import stack_file_name

settings = load_settings()
file = stack_file_name(pulumi.get_stack())
check_platform(settings, file=file)

# Every model is resolved before the first resource exists: a registry that fails plans nothing.
project = Path(pulumi.get_root_directory())
served = served_versions(settings, file=file, stack=pulumi.get_stack(), project=project)

cluster = ExistingCluster("cluster", settings.cluster)
on_cluster = pulumi.ResourceOptions(provider=cluster.provider)

platform = Platform("platform", wiring.for_platform(settings, served), opts=on_cluster)
tenants = Tenants("tenants", wiring.for_tenants(settings, platform), opts=on_cluster)
TrainingJobs("training", wiring.for_training(settings, platform, tenants), opts=on_cluster)
ModelDeployments("models", wiring.for_models(settings, served, platform, tenants), opts=on_cluster)
