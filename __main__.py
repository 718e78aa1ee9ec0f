"""The stack, as a table of contents: settings, registry, AWS, cluster, platform, tenants, training, models."""

from pathlib import Path

import pulumi

from components import aws, on_aws, wiring
from components.cluster import ExistingCluster
from components.kubernetes.generated_secrets import create_password
from components.mlflow.postgres import PASSWORD
from components.platform import Platform
from components.serving import ModelDeployments, served_models
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
models = served_models(settings, served.versions, file=file)

foundation = aws_resources = database = None
if settings.aws:
    prefix = settings.aws.prefix
    foundation = aws.Foundation(prefix, aws.FoundationArgs(settings=settings))
    inside = pulumi.ResourceOptions(parent=foundation)
    below = pulumi.ResourceOptions(parent=foundation, provider=foundation.provider)
    roles = aws.WorkloadRoles(prefix, on_aws.workload_roles_args(settings, foundation), opts=below)
    if on_aws.has_database(settings):
        password = create_password(PASSWORD, rotations=settings.rotations, opts=inside)
        database = aws.Database(f"{prefix}-mlflow", on_aws.database_args(settings, foundation, password), opts=below)
    aws_resources = on_aws.aws_resources(settings, foundation, roles, database)

cluster = foundation.cluster if foundation else ExistingCluster("cluster", settings.cluster)
on_cluster = pulumi.ResourceOptions(provider=cluster.provider)

platform = Platform("platform", wiring.platform_args(settings, models, aws_resources), opts=on_cluster)
tenants = Tenants("tenants", wiring.tenants_args(settings, models, platform), opts=on_cluster)
TrainingJobs("training", wiring.training_args(settings, platform, tenants), opts=on_cluster)
ModelDeployments("models", wiring.models_args(settings, models, served, platform, tenants), opts=on_cluster)
