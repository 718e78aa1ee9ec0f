"""The facts of a changed model as rows of a label, before and after: what text and markdown lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mlplatform.registry.facts.views import row_facts
from mlplatform.review.models.side import Side
from mlplatform.review.render.numbers import digest, moment, percent, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mlplatform.registry.facts.fact import Fact, Row
    from mlplatform.review.models.change import DeploymentChange, VariantChange

# Name of a kind -> how people read a value of it.
_FORMATS: Mapping[str, Callable[[Any], str | None]] = {
    "time": moment,
    "digest": digest,
    "size": size,
    "percent": percent,
    "flag": lambda value: "yes" if value else "no",
}


@dataclass(frozen=True)
class FactRow:
    """One row.

    Attributes:
        label: what it is.
        old: before, ``None`` where it is not known or there was none.
        new: after, likewise.
        link: whether the values are URLs to look at.
        identifies: whether another value means another version.
        origin: whether it tells where a version comes from: of another version it is shown even where it is the same.
        compared: whether something is served before and after, so that a value is said of its side.

    """

    label: str
    old: str | None
    new: str | None
    link: bool = False
    identifies: bool = False
    origin: bool = False
    compared: bool = True

    @property
    def changed(self) -> bool:
        """Whether both sides are known and differ."""
        return self.old != self.new and None not in {self.old, self.new}

    @property
    def same(self) -> bool:
        """Whether both sides are known and say the same."""
        return self.old is not None and self.old == self.new

    @property
    def single(self) -> str | None:
        """The value where one is all there is to say: the same on both sides, or nothing is there to compare with."""
        if self.compared and not self.same:
            return None
        return (self.old if self.new is None else self.new) or "-"


@dataclass(frozen=True)
class Arranged:
    """Facts as a report lays them out: those to see at once, those that stay, and those that only one side has."""

    rows: tuple[FactRow, ...]
    same: tuple[FactRow, ...]
    alone: tuple[FactRow, ...]


def arranged(rows: Iterable[FactRow]) -> Arranged:
    """Sort rows by what a reviewer needs to see."""
    listed = list(rows)
    other_version = any(row.changed for row in listed if row.identifies)
    at_once = [row for row in listed if row.changed or (row.origin and (other_version or not row.same))]
    others = [row for row in listed if row not in at_once]
    return Arranged(
        rows=tuple(at_once),
        same=tuple(row for row in others if row.same),
        alone=tuple(row for row in others if not row.same),
    )


def variant_facts(variant: VariantChange) -> Iterator[FactRow]:
    """Yield what is known of a variant."""
    old, new = variant.old or Side(), variant.new or Side()
    same_version = "version" not in variant.changed and "registered_model" not in variant.changed
    for fact, row in row_facts():
        was, now = _shown(fact, row, old), _shown(fact, row, new)
        if was is None and now is None:
            continue
        link = row.linked and bool(old.run_url or new.run_url)
        fact_row = FactRow(
            row.label,
            was,
            now,
            link=link,
            identifies=row.identifies,
            origin=row.origin,
            compared=variant.old is not None and variant.new is not None,
        )
        if not row.same_version_only or (same_version and fact_row.changed):
            yield fact_row


def _shown(fact: Fact, row: Row, side: Side) -> str | None:
    """Return a fact as people read it, ``None`` where it is not known or there is none."""
    if row.linked and side.run_url:
        return side.run_url
    value = side.values.get(fact.name)
    if value is None:
        return row.if_none if side.version else None
    return _FORMATS.get(fact.kind.name, str)(value)


def deployment_facts(change: DeploymentChange) -> Iterator[FactRow]:
    """Yield what is known of a deployment as a whole."""
    for label, (old, new) in (
        ("engine", change.serving),
        ("runtime", change.runtime),
        ("namespace", change.namespace),
    ):
        if old is not None or new is not None:
            yield FactRow(label, old, new, compared=change.kind not in {"new", "retired"})
