"""The serving platform: everything between the cluster and the models, each part only where the settings ask for it."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import pulumi

from components.kubernetes.third_party import ThirdParty
from components.mlflow import Mlflow
from components.on_aws import AwsResources  # noqa: TC001 - Pulumi reads the annotations of a component's class
from components.parts.istio import Istio
from components.parts.knative import Knative
from components.parts.kserve import KServe
from components.parts.monitoring import Monitoring
from components.parts.seldon import Seldon
from components.platform_context import PlatformContext
from mlplatform.config.clock import today
from mlplatform.config.parts import parts
from mlplatform.config.third_party import version_notices
from mlplatform.config.versions import version_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlplatform.config import Settings

C = TypeVar("C", bound=pulumi.ComponentResource)


@dataclass(frozen=True, kw_only=True)
class PlatformArgs:
    """Arguments of the platform.

    Attributes:
        settings: the stack's settings.
        pods: pod specs of the models, which Knative's feature flags are derived from.
        aws: what it stands on, on AWS; ``None`` on a cluster outside this stack.

    """

    settings: Settings
    pods: tuple[Mapping[str, Any], ...]
    aws: AwsResources | None = None


class Platform(pulumi.ComponentResource):
    """All parts that the settings ask for: certificates, mesh, Knative, monitoring, serving engines, MLflow.

    A part is found by its descriptor in :mod:`mlplatform.config.parts`, and made by ``create`` of the module of the
    same name in :mod:`components.parts`. One that needs what another installs (its CRDs, its webhooks, its namespace)
    is handed that part: the order of creation and teardown is in these arguments.

    Attributes:
        aws: what it stands on, on AWS.
        istio: the mesh, ``None`` where the stack installs none; and so on for every part that others are handed.

    """

    aws: AwsResources | None
    istio: Istio | None
    knative: Knative | None
    kserve: KServe | None
    seldon: Seldon | None
    monitoring: Monitoring | None
    mlflow: Mlflow | None

    def __init__(self, name: str, args: PlatformArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the parts that the settings ask for."""
        row = version_row(args.settings.versions)
        super().__init__("mlplatform:platform:Platform", name, {"versions": row.name}, opts)
        for notice in version_notices(args.settings, row, today=today()):
            pulumi.log.warn(notice, self)
        self.aws = args.aws
        made = _create_parts(self, args, ThirdParty(row=row, mirror=args.settings.mirror))
        self.istio = _one(made, Istio)
        self.knative = _one(made, Knative)
        self.kserve = _one(made, KServe)
        self.seldon = _one(made, Seldon)
        self.monitoring = _one(made, Monitoring)
        self.mlflow = _one(made, Mlflow)
        self.register_outputs({"trackingUri": self.mlflow.tracking_uri if self.mlflow else None})


def _create_parts(platform: Platform, args: PlatformArgs, third_party: ThirdParty) -> list[pulumi.Resource | None]:
    """Create the parts that the settings ask for, each after those that it needs."""
    made: dict[str, pulumi.Resource | None] = {}
    for part in parts():
        if not part.is_installed(args.settings):
            made[part.name] = None
            continue
        # Nothing that a stack does not have is imported.
        module = importlib.import_module(f"components.parts.{part.name}")
        made[part.name] = module.create(
            PlatformContext(
                settings=args.settings,
                pods=args.pods,
                aws=args.aws,
                third_party=third_party,
                platform=platform,
                descriptor=part,
                made=made,
            )
        )
    return list(made.values())


def _one(made: Iterable[pulumi.Resource | None], kind: type[C]) -> C | None:
    return next((component for component in made if isinstance(component, kind)), None)
