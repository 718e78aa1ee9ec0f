"""All served models of a stack."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi

from components.serving.model_deployment import ModelDeployment, ModelDeploymentArgs
from components.serving.storage import unreadable_models
from mlplatform.config import ProblemsError
from mlplatform.config.stack_file import stack_file_name
from mlplatform.registry.location import without_credentials

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.kubernetes.object_stores import ObjectStore
    from components.tenancy import TeamNamespace
    from mlplatform.config import Model
    from mlplatform.config.parts.kserve import ServingRuntime
    from mlplatform.registry.served import ServedVersions


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentsArgs:
    """The stack's models, each with its resolved version.

    Attributes:
        models: what the stack asks for.
        served: the version of each, and how far it was verified.
        tracking_uri: where the runs of the models can be looked at.
        environment: ``development`` or ``production``.
        metric_directions: metric -> higher, lower or neutral, beside what the report knows.
        store: how model servers reach the object store.
        service_account: the account of model servers in every namespace.
        namespaces: name -> namespace, for all that the models name.
        kserve: what installs KServe, with the runtimes that the models ask for; ``None`` where it is there already.
        seldon: what installs Seldon Core, likewise.
        routed_domain: see :class:`ModelDeploymentArgs`.
        runtimes: the stack's own runtimes of KServe.

    """

    models: tuple[Model, ...]
    served: ServedVersions
    tracking_uri: str
    environment: str
    store: ObjectStore
    service_account: str
    namespaces: Mapping[str, TeamNamespace]
    kserve: pulumi.Resource | None = None
    seldon: pulumi.Resource | None = None
    routed_domain: str | None = None
    runtimes: tuple[ServingRuntime, ...] = ()
    metric_directions: Mapping[str, str] = field(default_factory=dict)


class ModelDeployments(pulumi.ComponentResource):
    """One :class:`ModelDeployment` for each model."""

    def __init__(self, name: str, args: ModelDeploymentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the deployments; each depends on its own namespace and engine.

        Raises:
            ProblemsError: a model lies where its serving engine cannot read; nothing is created.

        """
        file = stack_file_name(pulumi.get_stack())
        if problems := tuple(unreadable_models(args.models, args.served.versions, file=file)):
            raise ProblemsError(problems)
        super().__init__("mlplatform:serving:ModelDeployments", name, _inputs(args), opts)
        engines = {"kserve": args.kserve, "seldon": args.seldon}
        for model in args.models:
            ModelDeployment(
                model.name,
                ModelDeploymentArgs(
                    model=model,
                    version=args.served.versions[model.name],
                    store=args.store,
                    service_account=args.service_account,
                    namespace=args.namespaces[model.namespace],
                    engine=engines[model.serving],
                    routed_domain=args.routed_domain,
                    runtimes=args.runtimes,
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
                "models": {model.name: model.registered_model for model in args.models},
                "unverified": list(args.served.unverified),
                "notices": list(args.served.notices),
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
    }
