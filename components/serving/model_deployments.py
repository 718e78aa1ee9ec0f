"""All served models of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.serving.model_deployment import ModelDeployment, ModelDeploymentArgs
from components.serving.storage import unreadable_models
from settings import ProblemsError
from settings.stack_file import stack_file_name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from components.object_store import StoreAccess
    from components.tenancy import TeamNamespace
    from registry.model_version import ModelVersion
    from settings import Model
    from settings.platform import ServingRuntime


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentsArgs:
    """The stack's models, each with its resolved version.

    Attributes:
        models: what the stack asks for.
        versions: the resolved version of each, in the same order.
        store: how model servers reach the object store.
        namespaces: name -> namespace, for all that the models name.
        kserve: what installs KServe, with the runtimes that the models ask for; ``None`` where it is there already.
        seldon: what installs Seldon Core, likewise.
        routed_domain: see :class:`ModelDeploymentArgs`.
        runtimes: the stack's own runtimes of KServe.

    """

    models: tuple[Model, ...]
    versions: tuple[ModelVersion, ...]
    store: StoreAccess
    namespaces: Mapping[str, TeamNamespace]
    kserve: pulumi.Resource | None = None
    seldon: pulumi.Resource | None = None
    routed_domain: str | None = None
    runtimes: tuple[ServingRuntime, ...] = ()


class ModelDeployments(pulumi.ComponentResource):
    """One :class:`ModelDeployment` for each model."""

    def __init__(self, name: str, args: ModelDeploymentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the deployments; each depends on its own namespace and engine.

        Raises:
            ProblemsError: a model lies where its serving engine cannot read; nothing is created.

        """
        file = stack_file_name(pulumi.get_stack())
        if problems := tuple(unreadable_models(args.models, args.versions, file=file)):
            raise ProblemsError(problems)
        super().__init__("mlplatform:serving:ModelDeployments", name, {}, opts)
        engines = {"kserve": args.kserve, "seldon": args.seldon}
        for model, version in zip(args.models, args.versions, strict=True):
            ModelDeployment(
                model.name,
                ModelDeploymentArgs(
                    model=model,
                    version=version,
                    store=args.store,
                    namespace=args.namespaces[model.namespace],
                    engine=engines[model.serving],
                    routed_domain=args.routed_domain,
                    runtimes=args.runtimes,
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"models": {model.name: model.registered_model for model in args.models}})
