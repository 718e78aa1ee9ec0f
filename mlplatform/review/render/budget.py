"""A text of sections that must not grow beyond a limit: what matters least is left out first, and counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Piece:
    """A part of a section that stands or falls as a whole.

    Attributes:
        levels: (weight, text) with rising weights and ever more text, each instead of the one before; a small weight is
            taken first, 0 always: such texts must be bounded.

    """

    levels: tuple[tuple[int, str], ...]


def piece(weight: int, text: str) -> Piece:
    """Return a piece of one length."""
    return Piece(((weight, text),))


@dataclass(frozen=True, kw_only=True)
class Section:
    """Pieces between an opening and a closing text, which are there when a piece is.

    Attributes:
        name: what the pieces are, for saying how many are left out: ``models``; ``""`` where nobody needs to know.
        opening: text before the first piece.
        closing: text after the last one.
        pieces: in their order.
        noted: whether the note on what is left out comes after it.

    """

    name: str = ""
    opening: str = ""
    closing: str = ""
    pieces: Sequence[Piece] = ()
    noted: bool = False


@dataclass(frozen=True, kw_only=True)
class LeftOut:
    """How many of all pieces of a section are missing, and how many are there in a shorter form."""

    name: str
    all: int
    missing: int
    shortened: int


@dataclass(kw_only=True)
class _Draft:
    sections: Sequence[Section]
    room: int
    taken: dict[tuple[int, int], int] = field(default_factory=dict)
    opened: set[int] = field(default_factory=set)

    def fill(self) -> None:
        jobs = sorted(
            (weight, index, place, level)
            for place, section in enumerate(self.sections)
            for index, piece in enumerate(section.pieces)
            for level, (weight, _) in enumerate(piece.levels)
        )
        full = jobs[-1][0] if jobs else 0
        for weight, index, place, level in jobs:
            if weight > full:
                # Nothing that matters less takes the room of what found none.
                break
            cost = self._cost(place, index, level)
            if weight != 0 and cost > self.room:
                full = weight
            else:
                self.taken[place, index] = level
                self.opened.add(place)
                self.room -= cost

    def _cost(self, place: int, index: int, level: int) -> int:
        section, levels = self.sections[place], self.sections[place].pieces[index].levels
        cost = size(levels[level][1])
        if (place, index) in self.taken:
            return cost - size(levels[self.taken[place, index]][1])
        return cost if place in self.opened else cost + size(section.opening) + size(section.closing)


def size(text: str) -> int:
    """Return the size of a text in bytes of UTF-8: whatever a limit counts, characters or bytes, it is not more."""
    return len(text.encode("utf-8", "replace"))


def assemble(sections: Sequence[Section], *, limit: int, note: Callable[[Sequence[LeftOut]], str], reserve: int) -> str:
    """Return the text.

    Args:
        sections: in their order; the note comes after the one that is ``noted``, else at the end.
        limit: bytes of UTF-8 that the text must not exceed.
        note: words what is left out; at most ``reserve`` bytes.
        reserve: bytes kept for it.

    """
    whole = _Draft(sections=sections, room=limit)
    whole.fill()
    if not (left := _left_out(sections, whole.taken)):
        return _text(sections, whole.taken, "")
    draft = _Draft(sections=sections, room=limit - reserve)
    draft.fill()
    left = _left_out(sections, draft.taken)
    return _text(sections, draft.taken, note(left))


def _left_out(sections: Sequence[Section], taken: dict[tuple[int, int], int]) -> list[LeftOut]:
    found = []
    for place, section in enumerate(sections):
        levels = [taken.get((place, index)) for index in range(len(section.pieces))]
        missing = levels.count(None)
        pairs = zip(levels, section.pieces, strict=True)
        shortened = sum(level is not None and level < len(piece.levels) - 1 for level, piece in pairs)
        if missing or shortened:
            found.append(LeftOut(name=section.name, all=len(levels), missing=missing, shortened=shortened))
    return found


def _text(sections: Sequence[Section], taken: dict[tuple[int, int], int], note: str) -> str:
    parts: list[str] = []
    for place, section in enumerate(sections):
        texts = [
            piece.levels[taken[place, index]][1]
            for index, piece in enumerate(section.pieces)
            if (place, index) in taken
        ]
        if texts:
            parts += [section.opening, *texts, section.closing]
        if section.noted:
            parts.append(note)
    if not any(section.noted for section in sections):
        parts.append(note)
    return "".join(parts)
