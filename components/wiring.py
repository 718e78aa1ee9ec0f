"""Arguments of each component of ``__main__.py``, made from the settings and the components before it.

Creates nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.problems import aws_problems
from components.kubernetes.network_policies import PodPeer
from components.kubernetes.object_stores import ObjectStore
from components.on_aws import served_folders
from components.parts.knative_serving import KOURIER_GATEWAY
from components.parts.problems import platform_problems
from components.platform import PlatformArgs
from components.serving import ModelDeploymentsArgs
from components.serving.engines import KServe, ModelRouting, Seldon
from components.tenancy import PlatformEndpoints, TenantsArgs
from components.training import MlflowAccess, MlflowUser, TrainingJobsArgs
from mlplatform.config import ProblemsError

if TYPE_CHECKING:
    from pathlib import Path

    from components.on_aws import AwsResources
    from components.platform import Platform
    from components.serving import ServedModel
    from components.tenancy import Tenants
    from mlplatform.config import Settings
    from mlplatform.registry.served import ServedVersions


def check(settings: Settings, project: Path, *, file: str) -> None:
    """Refuse, before the first resource, what is known to fail.

    Args:
        settings: the stack's settings.
        project: the project's folder, which a relative mirror folder starts from.
        file: name of the stack file.

    Raises:
        ProblemsError: all that is wrong.

    """
    problems = platform_problems(settings, project, file=file)
    problems += aws_problems(settings, served_folders(settings), file=file)
    if problems:
        raise ProblemsError(problems)


def platform_args(settings: Settings, models: tuple[ServedModel, ...], aws: AwsResources | None) -> PlatformArgs:
    """Return the arguments of the platform: the settings, and the pods of models that Knative checks."""
    pods = tuple(pod for served in models for pod in served.engine.knative_pods(served.manifest))
    return PlatformArgs(settings=settings, pods=pods, aws=aws)


def tenants_args(settings: Settings, models: tuple[ServedModel, ...], platform: Platform) -> TenantsArgs:
    """Return who shares the cluster, and what they find there."""
    return TenantsArgs(
        teams=settings.teams,
        models=models,
        training=settings.training,
        store=model_store(settings, platform),
        service_account=settings.object_store.service_account,
        reader_roles=platform.aws.reader_roles if platform.aws else {},
        training_roles=platform.aws.training_roles if platform.aws else {},
        platform=platform_endpoints(settings, platform),
        istio=platform.istio,
        engines=tuple(part for part in (platform.knative, platform.kserve, platform.seldon) if part is not None),
    )


def training_args(settings: Settings, platform: Platform, tenants: Tenants) -> TrainingJobsArgs:
    """Return the training jobs, and where they log."""
    return TrainingJobsArgs(
        training=settings.training,
        access=mlflow_access(settings, platform),
        namespaces=tenants.namespaces,
        mesh=platform.istio.data_plane if platform.istio else None,
        mlflow=platform.mlflow,
    )


def models_args(
    settings: Settings, models: tuple[ServedModel, ...], served: ServedVersions, platform: Platform, tenants: Tenants
) -> ModelDeploymentsArgs:
    """Return the models with their resolved versions, and the engines that serve them."""
    installed = ((KServe.facts.name, platform.kserve), (Seldon.facts.name, platform.seldon))
    return ModelDeploymentsArgs(
        models=models,
        served=served,
        tracking_uri=settings.registry.effective_tracking_uri,
        environment=settings.environment,
        metric_directions=settings.metric_directions,
        retired_models=settings.retired_models,
        namespaces=tenants.namespaces,
        engines={engine: part for engine, part in installed if part is not None},
        routing=_model_routing(settings, platform),
    )


def _model_routing(settings: Settings, platform: Platform) -> ModelRouting | None:
    """Return the stack's own routes: of KServe in Standard mode, on the stack's own gateway."""
    gateway = platform.istio.gateway if platform.istio else None
    if settings.ingress is None or gateway is None or platform.kserve is None or platform.kserve.mode != "Standard":
        return None
    return ModelRouting(domain=settings.ingress.domain, gateway=gateway)


def model_store(settings: Settings, platform: Platform) -> ObjectStore:
    """Return how model servers reach the models: the stack's own MinIO, or what the settings spell out."""
    minio = platform.mlflow.minio if platform.mlflow else None
    if not settings.object_store.minio or minio is None:
        return ObjectStore.from_settings(settings.object_store)
    return ObjectStore(endpoint=minio.endpoint, keys=minio.model_reader)


def platform_endpoints(settings: Settings, platform: Platform) -> PlatformEndpoints:
    """Return the parts of the platform that the pods of a namespace talk with."""
    istio, mlflow, monitoring = platform.istio, platform.mlflow, platform.monitoring
    access = mlflow_access(settings, platform)
    return PlatformEndpoints(
        mesh=istio.data_plane if istio else None,
        istio_namespace=istio.namespace if istio else PlatformEndpoints.istio_namespace,
        injection_labels=istio.injection_labels if istio else {},
        gateway=_gateway(settings, platform),
        knative_namespace=platform.knative.namespace if platform.knative else None,
        kserve_mode=settings.kserve.mode if settings.kserve else PlatformEndpoints.kserve_mode,
        prometheus=PodPeer(namespace=monitoring.prometheus_namespace, labels={"app.kubernetes.io/name": "prometheus"})
        if monitoring
        else None,
        tracking_uri=access.tracking_uri if access else None,
        registry_uri=access.registry_uri if access else None,
        artifact_store=artifact_store(settings, platform),
        mlflow=PodPeer(namespace=mlflow.namespace, labels=mlflow.pod_labels) if mlflow else None,
        mlflow_port=mlflow.port if mlflow else PlatformEndpoints.mlflow_port,
    )


def mlflow_access(settings: Settings, platform: Platform) -> MlflowAccess | None:
    """Return where training jobs log: the stack's own MLflow, else its registry, which pods must be able to reach."""
    mlflow = platform.mlflow
    if mlflow is None:
        uri = settings.registry.effective_tracking_uri
        other = settings.registry.uri if settings.registry.uri != uri else None
        return MlflowAccess(tracking_uri=uri, registry_uri=other) if uri.startswith("http") else None
    return MlflowAccess(
        tracking_uri=mlflow.tracking_uri,
        user=MlflowUser(username=mlflow.training.username, password=mlflow.training.password)
        if mlflow.training
        else None,
        artifact_store=artifact_store(settings, platform),
    )


def artifact_store(settings: Settings, platform: Platform) -> ObjectStore | None:
    """Return the store that clients of MLflow write artifacts to, ``None`` where MLflow does it for them."""
    if settings.mlflow is None or settings.mlflow.artifacts.access == "proxied":
        return None
    minio = platform.mlflow.minio if platform.mlflow else None
    if minio:
        return ObjectStore(endpoint=minio.endpoint, keys=minio.artifact_writer)
    s3 = settings.mlflow.artifacts.s3
    return ObjectStore(endpoint=s3.endpoint, region=s3.region) if s3 else ObjectStore()


def _gateway(settings: Settings, platform: Platform) -> PodPeer:
    ingress = settings.ingress
    if ingress and ingress.ingress_class == "kourier" and platform.knative:
        return PodPeer(namespace=platform.knative.namespace, labels=KOURIER_GATEWAY)
    if ingress and platform.istio:
        return PodPeer(namespace=platform.istio.gateway_namespace, labels=platform.istio.gateway_labels)
    # A gateway outside this stack may be anywhere.
    return PodPeer()
