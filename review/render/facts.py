"""The facts of a changed model as rows of a label, before and after: what text and markdown lay out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from review.models.change import Side
from review.render.numbers import digest, moment, percent, size

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from review.models.change import DeploymentChange, VariantChange

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
)
# Another version has others; of the same version, a change is news.
_OF_A_VERSION: tuple[tuple[str, Callable[[Side], str | None]], ...] = (
    ("logged model", lambda side: side.model_id),
    ("stored at", lambda side: side.storage_uri),
)


def variant_facts(variant: VariantChange) -> Iterator[Fact]:
    """Yield what is known of a variant."""
    old, new = variant.old or Side(), variant.new or Side()
    for label, read in _SIDES:
        was, now = read(old), read(new)
        if was is not None or now is not None:
            yield Fact(label, was, now, link=label == "run" and bool(old.run_url or new.run_url))
    yield from _size(old.size, new.size)
    if "version" not in variant.changed and "registered_model" not in variant.changed:
        found = (Fact(label, read(old), read(new)) for label, read in _OF_A_VERSION)
        yield from (fact for fact in found if fact.changed)


def _size(old: int | None, new: int | None) -> Iterator[Fact]:
    texts = size(old), size(new)
    if texts[0] == texts[1] and old != new:
        texts = f"{old} B", f"{new} B"
    if texts != (None, None):
        yield Fact("size", *texts)


def deployment_facts(change: DeploymentChange) -> Iterator[Fact]:
    """Yield what is known of a deployment as a whole."""
    for label, (old, new) in (
        ("engine", change.serving),
        ("runtime", change.runtime),
        ("namespace", change.namespace),
    ):
        if old is not None or new is not None:
            yield Fact(label, old, new)
