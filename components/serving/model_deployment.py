"""One served model."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from components.kubernetes.object_stores import secret_name
from components.kubernetes.objects import create_object
from components.parts.gateways import model_route
from components.serving.facts import model_facts
from components.serving.inference_service import inference_service
from components.serving.seldon_deployment import seldon_deployment

if TYPE_CHECKING:
    from components.kubernetes.object_stores import ObjectStore
    from components.tenancy import TeamNamespace
    from mlplatform.config import Model
    from mlplatform.config.parts.kserve import ServingRuntime
    from mlplatform.registry.facts import ModelFacts


@dataclass(frozen=True, kw_only=True)
class ModelDeploymentArgs:
    """What is served, and where its bytes lie.

    Attributes:
        model: what the stack asks for.
        version: the version that its reference resolved to, or that the lock names.
        store: how the model server reaches the version's bytes.
        service_account: the account of the model server.
        namespace: where it is served, with the account and the Secrets that it needs.
        engine: what installs the serving engine, ``None`` where it is there already.
        routed_domain: domain that the stack itself routes KServe's models under (KServe in Standard mode on the stack's
            own gateway), ``None`` where the engine makes its routes.
        runtimes: the stack's own runtimes of KServe.
        locked: whether the version comes from the lock.

    """

    model: Model
    version: ModelFacts
    store: ObjectStore
    service_account: str
    namespace: TeamNamespace
    engine: pulumi.Resource | None = None
    routed_domain: str | None = None
    runtimes: tuple[ServingRuntime, ...] = ()
    locked: bool = False


class ModelDeployment(pulumi.ComponentResource):
    """A model version, served. Its inputs are the facts of the model, so that engine and policies see them."""

    def __init__(self, name: str, args: ModelDeploymentArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the object of the serving engine that the model names."""
        facts = model_facts(args.model, args.version, locked=args.locked)
        super().__init__("mlplatform:serving:ModelDeployment", name, facts, opts)
        needed = [args.namespace, *([args.engine] if args.engine else [])]
        account = args.service_account
        if args.model.serving == "kserve":
            manifest = inference_service(args.model, args.version, service_account=account, runtimes=args.runtimes)
        else:
            manifest = seldon_deployment(
                args.model, args.version, service_account=account, store_secret=secret_name(args.store, "seldon")
            )
        # Children do not inherit what their component depends on; a destroy goes by this, too.
        inside = pulumi.ResourceOptions(parent=self, depends_on=needed)
        create_object(name, manifest, opts=inside)
        if args.model.serving == "kserve" and args.routed_domain:
            route = model_route(name, namespace=args.model.namespace, domain=args.routed_domain)
            create_object(f"{name}-route", route, opts=inside)
        self.register_outputs({"version": args.version.version, "storageUri": args.version.storage_uri})
