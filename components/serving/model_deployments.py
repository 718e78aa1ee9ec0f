"""All served models of a stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from components.serving.model_deployment import ModelDeployment, ModelDeploymentArgs
from mlplatform.registry.location import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.serving.engines import ModelRouting
    from components.serving.served_model import ServedModel
    from mlplatform.config.engines import EngineName
    from mlplatform.registry.served import ServedVersions


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentsArgs:
    """Arguments of the stack's model deployments.

    Attributes:
        models: the stack's models.
        served: where their versions come from, and how far that was verified.
        tracking_uri: where the runs of the models can be looked at.
        environment: ``development`` or ``production``.
        metric_directions: metric -> higher, lower or neutral, beside what the report knows.
        retired_models: deployments that may go, however many they are.
        namespaces: name -> namespace, for all that the models name.
        engines: name -> what installs that engine, with the runtimes that the models ask for; without those that are
            there already.
        routing: see :class:`ModelDeploymentArgs`.

    """

    models: tuple[ServedModel, ...]
    served: ServedVersions
    tracking_uri: str
    environment: str
    namespaces: Mapping[str, pulumi.Resource]
    engines: Mapping[EngineName, pulumi.Resource] = field(default_factory=dict)
    routing: ModelRouting | None = None
    metric_directions: Mapping[str, str] = field(default_factory=dict)
    retired_models: tuple[str, ...] = ()


class ModelDeployments(pulumi.ComponentResource):
    """One :class:`ModelDeployment` for each model."""

    def __init__(self, name: str, args: ModelDeploymentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the deployments; each depends on its own namespace and engine."""
        super().__init__("mlplatform:serving:ModelDeployments", name, _inputs(args), opts)
        for served in args.models:
            ModelDeployment(
                served.model.name,
                ModelDeploymentArgs(
                    served=served,
                    namespace=args.namespaces[served.model.namespace],
                    engine=args.engines.get(served.engine.name),
                    routing=args.routing,
                    locked=args.served.mode == "locked",
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        for reason in args.served.unverified:
            pulumi.log.warn(f"UNVERIFIED: {reason}", resource=self)
        for notice in args.served.notices:
            pulumi.log.warn(notice, resource=self)
        self.register_outputs(
            {
                "models": {served.model.name: served.model.registered_model for served in args.models},
                "unverified": list(args.served.unverified),
                "notices": list(args.served.notices),
                **({"aliasesElsewhere": dict(args.served.elsewhere)} if args.served.elsewhere else {}),
            }
        )


def _inputs(args: ModelDeploymentsArgs) -> dict[str, Any]:
    """Return what reports and policies need to know of all models together.

    As inputs: the engine's preview shows no outputs. Reasons and notices, which change with the moment, are outputs.
    """
    registry = {
        "mode": args.served.mode,
        "trackingUri": without_credentials(args.tracking_uri),
        "verified": not args.served.unverified,
    }
    return {
        "environment": args.environment,
        "registry": registry,
        "metricDirections": dict(sorted(args.metric_directions.items())),
        **({"retiredModels": sorted(args.retired_models)} if args.retired_models else {}),
    }
