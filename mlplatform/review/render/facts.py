"""The facts of a changed model as rows of a label, before and after: what text and markdown lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.review.models.change import Side
from mlplatform.review.render.numbers import digest, moment, percent, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mlplatform.review.models.change import DeploymentChange, VariantChange

_FIXED = "none, a fixed version"


@dataclass(frozen=True)
class Fact:
    """One row.

    Attributes:
        label: what it is.
        old: before, ``None`` where it is not known or there was none.
        new: after, likewise.
        link: whether the values are URLs to look at.

    """

    label: str
    old: str | None
    new: str | None
    link: bool = False

    @property
    def changed(self) -> bool:
        """Whether both sides are known and differ."""
        return self.old != self.new and None not in {self.old, self.new}

    @property
    def same(self) -> bool:
        """Whether both sides are known and say the same."""
        return self.old is not None and self.old == self.new

    @property
    def value(self) -> str:
        """The value after, else the one before."""
        return (self.old if self.new is None else self.new) or "-"


_SIDES: tuple[tuple[str, Callable[[Side], str | None]], ...] = (
    ("registered model", lambda side: side.registered_model),
    ("version", lambda side: side.version),
    ("alias", lambda side: side.alias or (_FIXED if side.version else None)),
    ("trained by", lambda side: side.created_by),
    ("registered", lambda side: moment(side.created_at)),
    ("run", lambda side: side.run_url or side.run_id),
    ("traffic", lambda side: None if side.traffic is None else percent(side.traffic)),
    ("flavor", lambda side: side.flavor),
    ("digest", lambda side: digest(side.digest)),
    # To a decimal of its unit: that a few bytes differ is what the digest says.
    ("size", lambda side: size(side.size)),
)
# Another version has others; of the same version, a change is news.
_OF_A_VERSION: tuple[tuple[str, Callable[[Side], str | None]], ...] = (
    ("logged model", lambda side: side.model_id),
    ("stored at", lambda side: side.storage_uri),
)


# Who trained what, and when: of another version it is told even where it is the same.
_TRAINING = {"trained by", "registered", "run"}


@dataclass(frozen=True)
class Arranged:
    """Facts as a report lays them out: those to see at once, those that stay, and those that only one side has."""

    rows: tuple[Fact, ...]
    same: tuple[Fact, ...]
    alone: tuple[Fact, ...]


def arranged(facts: Iterable[Fact]) -> Arranged:
    """Sort facts by what a reviewer needs to see."""
    found = list(facts)
    other_version = any(fact.changed for fact in found if fact.label in {"version", "run"})
    rows = [fact for fact in found if fact.changed or (fact.label in _TRAINING and (other_version or not fact.same))]
    others = [fact for fact in found if fact not in rows]
    return Arranged(
        rows=tuple(rows),
        same=tuple(fact for fact in others if fact.same),
        alone=tuple(fact for fact in others if not fact.same),
    )


def variant_facts(variant: VariantChange) -> Iterator[Fact]:
    """Yield what is known of a variant."""
    old, new = variant.old or Side(), variant.new or Side()
    for label, read in _SIDES:
        was, now = read(old), read(new)
        if was is not None or now is not None:
            yield Fact(label, was, now, link=label == "run" and bool(old.run_url or new.run_url))
    if "version" not in variant.changed and "registered_model" not in variant.changed:
        found = (Fact(label, read(old), read(new)) for label, read in _OF_A_VERSION)
        yield from (fact for fact in found if fact.changed)


def deployment_facts(change: DeploymentChange) -> Iterator[Fact]:
    """Yield what is known of a deployment as a whole."""
    for label, (old, new) in (
        ("engine", change.serving),
        ("runtime", change.runtime),
        ("namespace", change.namespace),
    ):
        if old is not None or new is not None:
            yield Fact(label, old, new)
