"""The stack, as a table of contents: settings, registry, AWS, cluster, platform, tenants, training, models."""

from pathlib import Path

import pulumi

from components import wiring
from components.platform import Platform
from components.serving import ModelDeployments
from components.tenancy import Tenants
from components.training import TrainingJobs
from mlplatform.config import load_settings
from mlplatform.config.stack_file import stack_file_name
from mlplatform.registry.served import served_versions

settings = load_settings()
file = stack_file_name(pulumi.get_stack())
project = Path(pulumi.get_root_directory())
wiring.check(settings, project, file=file)

# Every model is resolved before the first resource exists: a registry that fails plans nothing.
served = served_versions(settings, file=file, stack=pulumi.get_stack(), project=project)

aws = wiring.foundation(settings)
cluster = wiring.cluster(settings, aws)
on_cluster = pulumi.ResourceOptions(provider=cluster.provider)

platform = Platform("platform", wiring.for_platform(settings, served, aws), opts=on_cluster)
tenants = Tenants("tenants", wiring.for_tenants(settings, platform), opts=on_cluster)
TrainingJobs("training", wiring.for_training(settings, platform, tenants), opts=on_cluster)
ModelDeployments("models", wiring.for_models(settings, served, platform, tenants), opts=on_cluster)
