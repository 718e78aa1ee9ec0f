"""A project whose program uses the components without a registry, for tests and benchmarks."""

import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[1]
PROGRAM = """
    import sys
    sys.path.insert(0, {root!r})
    import pulumi
    from components.cluster import ExistingCluster
    from components.kubernetes.object_stores import ObjectStore
    from components.serving import ModelDeployments, ModelDeploymentsArgs, served_models
    from components.tenancy import PlatformEndpoints, Tenants, TenantsArgs
    from mlplatform.registry.facts import ModelFacts
    from mlplatform.registry.served import ServedVersions
    from mlplatform.config import load_settings

    settings = load_settings()
    versions = {{
        model.name: ModelFacts(
            registered_model=model.registered_model, version="1", alias=model.alias, model_id=None, run_id=None,
            source="s", artifact_uri="s", storage_uri=f"s3://models/{{model.name}}", created_at=0,
            signature={{"inputs": [{{"type": "double"}}]}},
        )
        for model in settings.models
    }}
    models = served_models(settings, versions, file="Pulumi.case.yaml")
    cluster = ExistingCluster("cluster", settings.cluster)
    on_cluster = pulumi.ResourceOptions(provider=cluster.provider)
    store = ObjectStore.from_settings(settings.object_store)
    tenants = Tenants(
        "tenants",
        TenantsArgs(
            teams=settings.teams, models=models, training=settings.training, store=store,
            service_account=settings.object_store.service_account, platform=PlatformEndpoints(),
        ),
        opts=on_cluster,
    )
    ModelDeployments(
        "models",
        ModelDeploymentsArgs(
            models=models, served=ServedVersions(versions=versions),
            tracking_uri=settings.registry.effective_tracking_uri, environment=settings.environment,
            metric_directions=settings.metric_directions, namespaces=tenants.namespaces,
        ),
        opts=on_cluster,
    )
"""


def write_project(folder: Path, *, program: str = PROGRAM, **stacks: str) -> None:
    """Write the project into a folder: its program, and the text of a stack file for each stack's name."""
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(textwrap.dedent(program.format(root=str(ROOT))), encoding="utf-8")
    for stack, text in stacks.items():
        (folder / f"Pulumi.{stack}.yaml").write_text(text, encoding="utf-8")
