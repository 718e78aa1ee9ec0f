"""The report of a preview: what decides, and everything else that changes. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem
from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.diff.engine_decisions import settled
from mlplatform.review.diff.engine_notices import engine_notices
from mlplatform.review.diff.plan import ComparedWith, Plan
from mlplatform.review.diff.stateful import Loss, losses
from mlplatform.review.models.compare import compare_deployments
from mlplatform.review.state.display_values import with_placeholders
from mlplatform.review.state.urn import MODEL_TYPE, MODELS_TYPE, parse_urn
from mlplatform.review.verdicts import Verdict, judge
from mlplatform.review.verification import Verification, verification
from policies.rules import RULES
from policies.rules.reviewed_bytes_are_served import RULE as REVIEWED_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from mlplatform.review.diff.resource_diff import ResourceDiff
    from mlplatform.review.models.change import DeploymentChange
    from mlplatform.review.state.resources import ResourceState, StackState
    from policies.rule import Rule

_KINDS = ("changed", "retired", "new", "unchanged")


@dataclass(frozen=True, kw_only=True)
class ReviewedModel:
    """One model deployment with what the policies say of it.

    Attributes:
        change: the deployment, before and after.
        verdicts: what is violated or undecided of its component and everything below it.
        unreviewed_before: whether the object below it served something else than its facts in the state to come from.

    """

    change: DeploymentChange
    verdicts: tuple[Verdict, ...] = ()
    unreviewed_before: bool = False

    @property
    def unreviewed(self) -> bool:
        """Whether the object below it would serve something else than its facts, which is what was reviewed."""
        return any(verdict.policy == REVIEWED_BYTES.name and verdict.outcome == "violated" for verdict in self.verdicts)


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything that a preview found.

    Attributes:
        stack: name of the stack.
        verification: how far the served versions were verified.
        models: the model deployments, by name.
        losses: what holds state and would go; what is really lost first.
        resources: every resource with what happens to it, in the order of the state.
        verdicts: what the rules say.
        policies_only: whether nothing else was asked for than the verdicts: then those that passed are listed, too.
        unlisted: how many more resources stay the same, of which the input tells nothing else.
        compared_with: what kind of state it comes from: ``nothing`` is known and everything is new; a ``preview`` or a
            ``plan`` was never applied, as far as is known.
        other_stack: stack and project of the state to come from, where it is another stack's.
        errors: problems of the input, with which nothing was planned and the rest is empty; or what the engine would
            refuse of the plan.

    """

    stack: str
    verification: Verification = field(default_factory=Verification)
    models: tuple[ReviewedModel, ...] = ()
    losses: tuple[Loss, ...] = ()
    resources: tuple[ResourceDiff, ...] = ()
    verdicts: tuple[Verdict, ...] = ()
    policies_only: bool = False
    unlisted: int = 0
    compared_with: ComparedWith = "deployed"
    other_stack: tuple[str, str] | None = None
    errors: tuple[Problem, ...] = ()

    @property
    def never_deployed(self) -> bool:
        """Whether nothing of the stack is known to be there, so that an update would create all of it."""
        return self.compared_with in {"nothing", "preview"}

    @property
    def to_be_created(self) -> int:
        """How many resources an update would create where nothing is there."""
        return sum(resource.new is not None and not resource.new.external for resource in self.resources)

    @property
    def differs(self) -> bool:
        """Whether anything would change."""
        return any(resource.op != "same" for resource in self.resources)

    @property
    def refused(self) -> bool:
        """Whether a mandatory policy fails."""
        return any(verdict.refuses for verdict in self.verdicts)

    @property
    def changed_models(self) -> tuple[ReviewedModel, ...]:
        """The models that are new, retired or changed, what a reviewer must see first."""
        changed = (model for model in self.models if model.change.kind != "unchanged")
        return tuple(sorted(changed, key=_weight))

    def of_policies(self) -> Report:
        """Return what the policies say, and how far the served versions were verified, alone."""
        return Report(stack=self.stack, verification=self.verification, verdicts=self.verdicts, policies_only=True)

    @property
    def infrastructure(self) -> tuple[ResourceDiff, ...]:
        """The resources that change and belong to no model."""
        model_types = {MODEL_TYPE, MODELS_TYPE}
        return tuple(
            resource
            for resource in self.resources
            if resource.op != "same" and model_types.isdisjoint(parse_urn(resource.urn).qualified_type.split("$"))
        )


def _weight(model: ReviewedModel) -> tuple[bool, bool, bool, bool, int, str]:
    change = model.change
    violated = any(verdict.outcome == "violated" for verdict in model.verdicts)
    other_bytes = "artifact" in change.aspects
    return (
        not change.breaking,
        not (violated or other_bytes),
        not change.worse,
        not change.older,
        _KINDS.index(change.kind),
        change.name,
    )


def compare(old: StackState | None, new: StackState, rules: Iterable[Rule] = RULES) -> Report:
    """Return the report of going from one state to another.

    Args:
        old: the last known state, ``None`` when there is none: everything is new.
        new: the desired state.
        rules: judge the desired state.

    """
    return report_of(Plan(old=old, new=new), rules)


def report_of(plan: Plan, rules: Iterable[Rule] = RULES) -> Report:
    """Return the report of a plan, whose desired state the rules judge."""
    resources = diff_states(plan.old, plan.new)
    if plan.preview and plan.settled:
        resources = settled(resources, plan.preview)
    verified = verification(plan.new, plan.preview, plan.old)
    verified = replace(verified, notices=(*verified.notices, *engine_notices(plan)))
    other_stack = _other_stack(plan)
    # Of another stack, or where not everything is listed, nobody can say what is retired.
    verdicts = judge(plan.new, rules, before=None if other_stack or plan.unlisted else plan.old)
    return Report(
        stack=plan.new.stack,
        verification=verified,
        models=_models(resources, plan, verdicts, verified),
        losses=losses(resources),
        resources=resources,
        verdicts=verdicts,
        unlisted=plan.unlisted,
        compared_with=plan.compared_with,
        other_stack=other_stack,
        errors=tuple(_refusals(resources)),
    )


def _other_stack(plan: Plan) -> tuple[str, str] | None:
    """Return whose state it is that is compared, ``None`` for the stack's own and for one without any resource."""
    old, new = plan.old, plan.new
    if old is None or not old.stack or (old.stack, old.project) == (new.stack, new.project):
        return None
    return old.stack, old.project


def _refusals(resources: Iterable[ResourceDiff]) -> Iterator[Problem]:
    """Yield what the engine stops at: a protected resource that would be deleted or replaced."""
    for resource in resources:
        if resource.refused:
            message = f"is protected and would be {resource.op}d; say pulumi state unprotect first, or keep it"
            yield Problem(file="the stack's state", key=resource.urn, message=message)


def failure(stack: str, problems: Iterable[Problem]) -> Report:
    """Return the report of input that cannot be planned."""
    return Report(stack=stack, errors=tuple(problems))


def _models(
    resources: Iterable[ResourceDiff], plan: Plan, verdicts: Sequence[Verdict], verified: Verification
) -> tuple[ReviewedModel, ...]:
    deployments = [resource for resource in resources if resource.type == MODEL_TYPE]
    changes = compare_deployments(
        {deployment.name: _facts(deployment.old) for deployment in deployments if deployment.old},
        {deployment.name: _facts(deployment.new) for deployment in deployments if deployment.new},
        tracking_uri=verified.tracking_uri,
        directions=verified.directions or {},
    )
    by_model = _by_model(plan.new, verdicts)
    before = _by_model(plan.old, judge(plan.old, [REVIEWED_BYTES])) if plan.old else {}
    return tuple(
        ReviewedModel(
            change=change,
            verdicts=tuple(by_model.get(change.name, ())),
            unreviewed_before=any(verdict.outcome == "violated" for verdict in before.get(change.name, ())),
        )
        for change in changes
    )


def _by_model(state: StackState, verdicts: Iterable[Verdict]) -> Mapping[str, Sequence[Verdict]]:
    owners = _owners(state)
    by_model: dict[str, list[Verdict]] = {}
    for verdict in verdicts:
        if verdict.urn is not None and verdict.urn in owners:
            by_model.setdefault(owners[verdict.urn], []).append(verdict)
    return by_model


def _owners(state: StackState) -> Mapping[str, str]:
    """Return URN -> name of the model deployment that it is, or is below."""
    owners: dict[str, str] = {}
    for resource in state.resources:  # parents come first
        if resource.type == MODEL_TYPE:
            owners[resource.urn] = resource.name
        elif resource.parent in owners:
            owners[resource.urn] = owners[resource.parent]
    return owners


def _facts(resource: ResourceState | None) -> Mapping[str, Any]:
    """Return what a state knows of a model; an export without component inputs still has the outputs."""
    facts = {**resource.outputs, **resource.inputs} if resource else {}
    return {key: with_placeholders(value) for key, value in facts.items()}
