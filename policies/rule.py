"""A rule of a policy pack: what it is for and why, as data; what it finds, as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import partial
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
)

from policies.ancestry import Ancestry

# Of three kinds of checks, those that a rule does not have.
_OTHER_CHECKS = 2
Check = Callable[[ResourceValidationArgs], Iterable[str]]
CheckBelow = Callable[[ResourceValidationArgs, Ancestry], Iterable[str]]
# Type token, name and inputs of the resources that a rule is for.
Resources = Sequence[tuple[str, str, Mapping[str, Any]]]
CheckChange = Callable[[Resources, Resources], Iterable[str]]


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule over single resources.

    Attributes:
        name: as reports and the engine call it, the file's name with ``-`` for ``_``.
        description: what holds where the rule is kept, one sentence.
        reason: what can happen where it is not, one sentence.
        source: the document that asks for it; of the project's own rules the decision record.
        url: where the source can be read, ``None`` for a decision record.
        fix: what to do about a violation, one sentence.
        severity: how bad a violation is, whatever the level makes of it.
        level: what a violation does to an update: advisory, mandatory or disabled.
        resource_types: patterns over type tokens, as :mod:`fnmatch` has them; the check sees no other resource.
        excluded_types: patterns of types that it does not see either, although they match.
        check: yields a message for each violation of a resource, what is known first: it may end in an
            ``UnknownValueError``, and what came before it counts. A message names the property and never a secret.
        check_below: the same for a rule that also looks at the components above the resource.
        check_change: the same for a rule over what changes: it gets the resources of the last known state and those of
            the desired one. The engine hands no rule what was there before, so only reports judge by it. Of the three
            checks a rule has one.

    """

    name: str
    description: str
    reason: str
    source: str
    url: str | None = None
    fix: str
    severity: Severity
    level: EnforcementLevel
    resource_types: tuple[str, ...]
    excluded_types: tuple[str, ...] = ()
    check: Check | None = None
    check_below: CheckBelow | None = None
    check_change: CheckChange | None = None

    def __post_init__(self) -> None:
        """Refuse a rule that judges nothing, or by several functions.

        Raises:
            TypeError: not exactly one check is given.

        """
        if [self.check, self.check_below, self.check_change].count(None) != _OTHER_CHECKS:
            raise TypeError(f"the rule {self.name} needs one of check, check_below and check_change")

    def is_for(self, resource_type: str) -> bool:
        """Whether the rule judges resources of a type."""
        return _matches(resource_type, self.resource_types) and not _matches(resource_type, self.excluded_types)

    def validate(self, args: ResourceValidationArgs, report_violation: ReportViolation, *, ancestry: Ancestry) -> None:
        """Report the violations of one resource.

        Args:
            args: the resource.
            report_violation: takes each message.
            ancestry: what this rule was asked about before in the same run; it remembers the resource.

        Raises:
            UnknownValueError: something that decides is not known yet; other violations were reported before.

        """
        if self.check_below:
            ancestry.add(args)
        if self.is_for(args.resource_type):
            for message in self._messages(args, ancestry):
                report_violation(message, None)

    def _messages(self, args: ResourceValidationArgs, ancestry: Ancestry) -> Iterable[str]:
        if self.check_below:
            return self.check_below(args, ancestry)
        return self.check(args) if self.check else ()

    def policy(self) -> ResourceValidationPolicy:
        """Return the rule as the engine takes it."""
        return ResourceValidationPolicy(
            name=self.name,
            description=self.description,
            enforcement_level=self.level,
            severity=self.severity,
            remediation_steps=self.fix,
            url=self.url,
            # One policy is one run: the engine makes it once for a preview and the update after it.
            validate=partial(self.validate, ancestry=Ancestry()),
        )


def _matches(resource_type: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(resource_type, pattern) for pattern in patterns)
