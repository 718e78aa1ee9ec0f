"""The report of a preview: what changes, which model versions are served, what the policies say. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.diff import diff_states
from review.policy import Verdict, judge, refused
from settings.problems import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from review.diff import ResourceDiff
    from review.state import ResourceState, StackState

MODEL_TYPE = "mlplatform:serving:ModelDeployment"


@dataclass(frozen=True, kw_only=True)
class ModelChange:
    """One model deployment, before and after.

    Attributes:
        name: name of the deployment.
        registered_model: name in the registry.
        previous_model: that name in the last known state, ``None`` when the deployment is new.
        alias: the alias it follows, ``None`` for a fixed version.
        version: the version to be served, ``None`` when the deployment goes away.
        previous_version: the version in the last known state, ``None`` when the deployment is new.
        storage_uri: where the model server fetches it.
        digest: of the artifact, ``None`` where it was not computed.
        serving: engine.
        runtime: the engine's runtime or server.
        namespace: Kubernetes namespace.

    """

    name: str
    registered_model: str | None
    previous_model: str | None
    alias: str | None
    version: str | None
    previous_version: str | None
    storage_uri: str | None
    digest: str | None
    serving: str | None
    runtime: str | None
    namespace: str | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a preview found.

    Attributes:
        stack: name of the stack.
        models: the model deployments, by name.
        resources: every resource with what happens to it, in the order of the state.
        policies: the verdicts.
        errors: problems of the input, with which nothing was planned and the rest is empty; or what the engine would
            refuse of the plan.

    """

    stack: str
    models: tuple[ModelChange, ...] = ()
    resources: tuple[ResourceDiff, ...] = ()
    policies: tuple[Verdict, ...] = ()
    errors: tuple[Problem, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return any(resource.op != "same" for resource in self.resources)

    @property
    def refused(self) -> bool:
        """Whether a mandatory policy fails."""
        return refused(self.policies)


def compare(old: StackState | None, new: StackState) -> Report:
    """Return the report of going from one state to another.

    Args:
        old: the last known state, ``None`` when there is none: everything is new.
        new: the desired state.

    """
    resources = diff_states(old, new)
    return Report(
        stack=new.stack,
        models=tuple(_models(resources)),
        resources=resources,
        policies=judge(new),
        errors=tuple(_refusals(resources)),
    )


def _refusals(resources: Iterable[ResourceDiff]) -> Iterator[Problem]:
    """Yield what the engine stops at: a protected resource that would be deleted or replaced."""
    for resource in resources:
        if resource.refused:
            message = f"is protected and would be {resource.op}d; say pulumi state unprotect first, or keep it"
            yield Problem(file="the stack's state", key=resource.urn, message=message)


def failure(stack: str, problems: Iterable[Problem]) -> Report:
    """Return the report of input that cannot be planned."""
    return Report(stack=stack, errors=tuple(problems))


def _models(resources: Iterable[ResourceDiff]) -> Iterator[ModelChange]:
    deployments = [resource for resource in resources if resource.type == MODEL_TYPE]
    for deployment in sorted(deployments, key=lambda deployment: deployment.name):
        old, new = _facts(deployment.old), _facts(deployment.new)
        facts = new or old
        yield ModelChange(
            name=deployment.name,
            registered_model=facts.get("registeredModel"),
            previous_model=old.get("registeredModel"),
            alias=facts.get("alias"),
            version=new.get("version"),
            previous_version=old.get("version"),
            storage_uri=facts.get("storageUri"),
            digest=facts.get("digest"),
            serving=facts.get("serving"),
            runtime=facts.get("runtime"),
            namespace=facts.get("namespace"),
        )


def _facts(resource: ResourceState | None) -> Mapping[str, Any]:
    """Return what a state knows of a model; an export without component inputs still has the outputs."""
    return {**resource.outputs, **resource.inputs} if resource else {}
