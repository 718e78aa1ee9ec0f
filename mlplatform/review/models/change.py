"""What a comparison of two states says of the served models. Raw values; a report words and formats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from mlplatform.registry.facts.fact import FactAspect
from mlplatform.registry.facts.views import report_facts

if TYPE_CHECKING:
    from mlplatform.review.models.side import Side

Kind = Literal["new", "retired", "changed", "unchanged"]
Direction = Literal["higher", "lower", "neutral"]
Outcome = Literal["better", "worse", "same", "changed", "added", "removed"]
LibraryKind = Literal["added", "removed", "upgraded", "downgraded", "changed"]
# What kind of step a deployment takes; several may come together.
Aspect = Literal[
    FactAspect,  # what a fact of the table means where it changes
    "variants",  # a variant came or went
    "engine",  # KServe to Seldon or back
    "runtime",  # another runtime of the same engine
    "namespace",
]

DEFAULT = "default"


@dataclass(frozen=True, kw_only=True)
class MetricChange:
    """One metric, before and after.

    Attributes:
        name: as the run logged it.
        old: before, ``"NaN"``, ``"Infinity"`` or ``"-Infinity"`` where JSON has no number; ``None`` when it is new.
        new: after, likewise; ``None`` when it is gone.
        difference: new minus old, ``None`` unless both are finite.
        direction: which way is better; ``neutral`` for neither, ``None`` when nobody said.
        outcome: the judgement; ``changed`` where the direction is neutral or unknown.

    """

    name: str
    old: float | str | None
    new: float | str | None
    difference: float | None
    direction: Direction | None
    outcome: Outcome


@dataclass(frozen=True, kw_only=True)
class ValueChange:
    """A parameter or tag, before and after; ``None`` where there is none."""

    name: str
    old: str | None
    new: str | None


@dataclass(frozen=True, kw_only=True)
class SignatureChange:
    """One difference of two signatures.

    Attributes:
        where: path in the signature: ``inputs.sepal length``, ``outputs[0]``, ``params.top_k``, ``signature``.
        rule: stable code of the rule, see ``docs/model-report.md``.
        breaking: whether a caller that was served before may be refused, or may misread the answer.
        text: the difference in words.

    """

    where: str
    rule: str
    breaking: bool
    text: str


@dataclass(frozen=True, kw_only=True)
class LibraryChange:
    """A line of the model's requirements, or ``python`` or ``mlflow`` that logged it, before and after.

    Attributes:
        name: normalised name of the distribution, or the line itself where it cannot be read.
        old: what is asked for (``1.4.2``, ``>=1.4,<2``, a URL), ``""`` for any version, ``None`` when it is new.
        new: likewise.
        kind: ``upgraded`` and ``downgraded`` only between two pinned versions.
        major: whether the first number of the version changes, where both are pinned; for Python, and below version 1,
            the second one as well.

    """

    name: str
    old: str | None
    new: str | None
    kind: LibraryKind
    major: bool = False


@dataclass(frozen=True, kw_only=True)
class VariantChange:
    """One variant of a deployment: the served version itself, or a canary beside it.

    Attributes:
        name: ``default``, ``canary``, ...
        kind: what happens to it.
        old: before; ``None`` when it is new.
        new: after; ``None`` when it is retired.
        baseline: the variant of the state before that metrics, parameters, tags, signature and libraries are compared
            with: itself; for a new variant of a known deployment ``default``, whose callers it takes over; ``None``
            when there is nothing to compare with.
        metrics: by name, those that are the same too.
        params: those that differ, by name.
        tags: those that differ, by name.
        signature: differences, the breaking ones first.
        signature_missing: which side has no signature; ``None`` when both have one, or it is not known.
        libraries: those that differ, ``python`` and ``mlflow`` first, then by name.
        uncompared: facts that one side does not tell (``signature``, ``requirements``, ``metrics.loss``): nothing was
            found there because nothing could be compared.

    """

    name: str
    kind: Kind
    old: Side | None
    new: Side | None
    baseline: str | None = None
    metrics: tuple[MetricChange, ...] = ()
    params: tuple[ValueChange, ...] = ()
    tags: tuple[ValueChange, ...] = ()
    signature: tuple[SignatureChange, ...] = ()
    signature_missing: Literal["old", "new", "both"] | None = None
    libraries: tuple[LibraryChange, ...] = ()
    uncompared: tuple[str, ...] = ()

    @property
    def changed(self) -> frozenset[str]:
        """Names of the facts of both sides that differ; empty for a new or retired variant.

        What only one side tells does not count. An alias does: a fixed version has none.
        """
        if self.old is None or self.new is None:
            return frozenset()
        names = (fact.name for fact in report_facts() if fact.aspect)
        pairs = ((name, self.old.values.get(name), self.new.values.get(name)) for name in names)
        optional = {"alias"} - set(self.uncompared)
        return frozenset(
            name for name, old, new in pairs if old != new and (name in optional or None not in {old, new})
        )

    @property
    def breaking(self) -> bool:
        """Whether the signature breaks callers."""
        return any(change.breaking for change in self.signature)

    @property
    def worse(self) -> bool:
        """Whether any metric gets worse."""
        return any(metric.outcome == "worse" for metric in self.metrics)

    @property
    def older(self) -> bool:
        """Whether it steps back to an older version of the same registered model."""
        if self.old is None or self.new is None or "registered_model" in self.changed:
            return False
        numbers = [version or "" for version in (self.old.version, self.new.version)]
        if not all(version.isascii() and version.isdigit() for version in numbers):
            return False
        # By length first: a state may hold more digits than int() takes.
        was, now = ((len(version.lstrip("0")), version.lstrip("0")) for version in numbers)
        return now < was


@dataclass(frozen=True, kw_only=True)
class DeploymentChange:
    """One model deployment, before and after.

    Attributes:
        name: of the deployment.
        kind: what happens to it.
        aspects: in what respects it changes; empty for a new, retired or unchanged one.
        namespace: before and after.
        serving: engine, before and after.
        runtime: the engine's runtime, before and after.
        variants: ``default`` first, then by name.

    """

    name: str
    kind: Kind
    aspects: frozenset[Aspect] = frozenset()
    namespace: tuple[str | None, str | None] = (None, None)
    serving: tuple[str | None, str | None] = (None, None)
    runtime: tuple[str | None, str | None] = (None, None)
    variants: tuple[VariantChange, ...] = ()

    @property
    def breaking(self) -> bool:
        """Whether the signature of any variant breaks callers."""
        return any(variant.breaking for variant in self.variants)

    @property
    def worse(self) -> bool:
        """Whether any metric of any variant gets worse."""
        return any(variant.worse for variant in self.variants)

    @property
    def older(self) -> bool:
        """Whether any variant steps back to an older version."""
        return any(variant.older for variant in self.variants)
