"""Judge a state by the policy pack, without the engine.

The rules are the very objects whose checks the engine calls, called with the same kind of arguments. Two things differ
on purpose: secrets arrive as a placeholder instead of in plain text, and a rule that meets a value not yet known is
reported as undecided, where the engine turns it into an advisory that looks like a pass.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pulumi_policy import (
    EnforcementLevel,
    PolicyCustomTimeouts,
    PolicyProviderResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
)
from pulumi_policy.proxy import UnknownValueError, unknown_checking_proxy

from mlplatform.review.state.resources import policy_properties
from mlplatform.review.state.urn import STACK_TYPE, provider_urn
from policies.ancestry import Ancestry
from policies.rules import RULES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlplatform.review.state.resources import ResourceState, StackState
    from policies.rule import Rule

Outcome = Literal["passed", "violated", "undecided"]


@dataclass(frozen=True, order=True, kw_only=True)
class Verdict:
    """What one rule says.

    Attributes:
        policy: name of the rule.
        level: enforcement level: ``advisory``, ``mandatory`` or ``remediate``.
        urn: the resource, ``None`` for a rule that passed on all resources.
        outcome: ``violated`` or ``undecided`` for one resource, ``passed`` once for a rule without either.
        message: what is wrong, or what is not known yet.

    """

    policy: str
    level: str
    urn: str | None
    outcome: Outcome
    message: str

    @property
    def refuses(self) -> bool:
        """Whether this keeps the update from happening. Undecided does not: the engine decides at ``up``."""
        return self.outcome == "violated" and self.level in {"mandatory", "remediate"}


def count_rules(verdicts: Iterable[Verdict]) -> dict[Outcome, int]:
    """Return outcome -> number of rules; each counts once: as violated, else as undecided, else as passed."""
    rules: dict[Outcome, set[str]] = {"passed": set(), "violated": set(), "undecided": set()}
    for verdict in verdicts:
        rules[verdict.outcome].add(verdict.policy)
    rules["undecided"] -= rules["violated"]
    return {outcome: len(names) for outcome, names in rules.items()}


def judge(state: StackState, rules: Iterable[Rule] = RULES, *, before: StackState | None = None) -> tuple[Verdict, ...]:
    """Return the verdicts of all rules, by rule and then in the order of the state's resources.

    Args:
        state: what is judged.
        rules: judge it.
        before: the last known state of the same stack, for rules over changes; ``None`` where there is none.

    """
    resources = [(resource, _arguments(resource, state)) for resource in state.resources]
    ordered = sorted(
        (rule for rule in rules if rule.level is not EnforcementLevel.DISABLED), key=lambda rule: rule.name
    )
    return tuple(
        verdict
        for rule in ordered
        for verdict in (_of_change(rule, before, state) if rule.check_change else _verdicts(rule, resources))
    )


def _of_change(rule: Rule, before: StackState | None, state: StackState) -> Iterator[Verdict]:
    was, now = (
        [(resource.type, resource.name, policy_properties(resource)) for resource in resources]
        for resources in (_judged_by(rule, before), _judged_by(rule, state))
    )
    messages = tuple(rule.check_change(was, now)) if rule.check_change else ()
    urn = state.root.urn if state.root else None
    for message in messages:
        yield Verdict(policy=rule.name, level=rule.level.value, urn=urn, outcome="violated", message=message)
    if not messages:
        yield _passed(rule)


def _judged_by(rule: Rule, state: StackState | None) -> list[ResourceState]:
    return [resource for resource in state.resources if rule.is_for(resource.type)] if state else []


def _passed(rule: Rule) -> Verdict:
    return Verdict(policy=rule.name, level=rule.level.value, urn=None, outcome="passed", message=rule.description)


def _verdicts(rule: Rule, resources: Iterable[tuple[ResourceState, ResourceValidationArgs]]) -> Iterator[Verdict]:
    level = rule.level.value
    passed = True
    ancestry = Ancestry()
    for resource, args in resources:
        for outcome, message in _judge_resource(rule, resource, args, ancestry):
            passed = False
            yield Verdict(policy=rule.name, level=level, urn=resource.urn, outcome=outcome, message=message)
    if passed:
        yield _passed(rule)


def _judge_resource(
    rule: Rule, resource: ResourceState, args: ResourceValidationArgs, ancestry: Ancestry
) -> Iterator[tuple[Outcome, str]]:
    violations: list[str] = []

    def report_violation(message: str, _urn: str | None = None) -> None:
        violations.append(message)

    undecided = None
    try:
        rule.validate(args, report_violation, ancestry=ancestry)
    except UnknownValueError as unknown:
        undecided = f"cannot be judged before it is known: {'.'.join(unknown.props)}"
    if violations and not resource.custom and not resource.inputs and resource.type != STACK_TYPE:
        # A state of an engine that keeps no inputs of components: their absence proves nothing.
        violations, undecided = [], "cannot be judged: this state holds no inputs of the component"
    for message in violations:
        yield "violated", message
    if undecided:
        yield "undecided", undecided


def _arguments(resource: ResourceState, state: StackState) -> ResourceValidationArgs:
    return ResourceValidationArgs(
        resource.type,
        unknown_checking_proxy(policy_properties(resource)),
        resource.urn,
        resource.name,
        _options(resource),
        _provider(resource, state),
        None,
        {},
    )


def _options(resource: ResourceState) -> PolicyResourceOptions:
    return PolicyResourceOptions(
        protect=resource.protect,
        ignore_changes=list(resource.ignore_changes),
        delete_before_replace=resource.delete_before_replace,
        aliases=list(resource.aliases),
        custom_timeouts=PolicyCustomTimeouts(0, 0, 0),
        additional_secret_outputs=[],
        parent=resource.parent or "",
    )


def _provider(resource: ResourceState, state: StackState) -> PolicyProviderResource | None:
    if resource.provider is None:
        return None
    urn = provider_urn(resource.provider)
    provider = state.resource(urn)
    properties: dict[str, Any] = policy_properties(provider) if provider else {}
    return PolicyProviderResource(
        provider.type if provider else "", unknown_checking_proxy(properties), urn, urn.rpartition("::")[2]
    )
