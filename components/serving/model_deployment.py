"""One served model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.objects import create_object
from components.serving.facts import model_facts

if TYPE_CHECKING:
    from components.serving.engines import ModelRouting
    from components.serving.served_model import ServedModel


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentArgs:
    """Arguments of a model deployment.

    Attributes:
        served: the model, its version and its object.
        namespace: where it is served, with the account and the Secrets that it needs.
        engine: what installs the serving engine, ``None`` where it is there already.
        routing: the stack's own routes, ``None`` where all engines make theirs.
        locked: whether the version comes from the lock.

    """

    served: ServedModel
    namespace: pulumi.Resource
    engine: pulumi.Resource | None = None
    routing: ModelRouting | None = None
    locked: bool = False


class ModelDeployment(pulumi.ComponentResource):
    """A model version, served. Its inputs are the facts of the model, so that engine and policies see them."""

    def __init__(self, name: str, args: ModelDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the object of the serving engine that the model names."""
        served = args.served
        facts = model_facts(served.model, served.version, locked=args.locked)
        super().__init__("mlplatform:serving:ModelDeployment", name, facts, opts)
        needed = [args.namespace, *([args.engine] if args.engine else [])]
        # Children do not inherit what their component depends on; a destroy goes by this, too.
        inside = pulumi.ResourceOptions(parent=self, depends_on=needed)
        create_object(name, served.manifest, opts=inside)
        for route in served.engine.routes(served.model, args.routing) if args.routing else ():
            create_object(f"{name}-route", route, opts=inside)
        self.register_outputs({"version": served.version.version, "storageUri": served.version.storage_uri})
