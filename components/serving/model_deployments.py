"""All served models of a stack."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.cluster import ModelNamespace, ModelNamespaceArgs
from components.serving.model_deployment import ModelDeployment, ModelDeploymentArgs
from components.serving.storage import unreadable_models
from settings import ProblemsError
from settings.stack_file import stack_file_name

if TYPE_CHECKING:
    from components.cluster.object_store import Engine
    from registry.model_version import ModelVersion
    from settings import Model, ObjectStore


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentsArgs:
    """The stack's models, each with its resolved version.

    Attributes:
        models: what the stack asks for.
        versions: the resolved version of each, in the same order.
        store: how model servers reach the object store.

    """

    models: tuple[Model, ...]
    versions: tuple[ModelVersion, ...]
    store: ObjectStore


def engines_by_namespace(models: tuple[Model, ...]) -> dict[str, frozenset[Engine]]:
    """Return the namespaces that models live in, sorted, with the engines used in each."""
    return {
        namespace: frozenset(model.serving for model in models if model.namespace == namespace)
        for namespace in sorted({model.namespace for model in models})
    }


class ModelDeployments(pulumi.ComponentResource):
    """The namespaces of the models and, in them, one :class:`ModelDeployment` each."""

    def __init__(self, name: str, args: ModelDeploymentsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the namespaces first: every deployment depends on its own.

        Raises:
            ProblemsError: a model lies where its serving engine cannot read; nothing is created.

        """
        file = stack_file_name(pulumi.get_stack())
        if problems := tuple(unreadable_models(args.models, args.versions, file=file)):
            raise ProblemsError(problems)
        super().__init__("mlplatform:serving:ModelDeployments", name, {}, opts)
        namespaces = {
            namespace: ModelNamespace(
                namespace,
                ModelNamespaceArgs(engines=engines, store=args.store),
                opts=pulumi.ResourceOptions(parent=self),
            )
            for namespace, engines in engines_by_namespace(args.models).items()
        }
        for model, version in zip(args.models, args.versions, strict=True):
            ModelDeployment(
                model.name,
                ModelDeploymentArgs(
                    model=model, version=version, store=args.store, namespace=namespaces[model.namespace]
                ),
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({"models": {model.name: model.registered_model for model in args.models}})
