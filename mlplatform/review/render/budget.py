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
            (weight, index, position, level)
            for position, section in enumerate(self.sections)
            for index, piece in enumerate(section.pieces)
            for level, (weight, _) in enumerate(piece.levels)
        )
        full = jobs[-1][0] if jobs else 0
        for weight, index, position, level in jobs:
            if weight > full:
                # Nothing that matters less takes the room of what found none.
                break
            cost = self._cost(position, index, level)
            if weight != 0 and cost > self.room:
                full = weight
            else:
                self.taken[position, index] = level
                self.opened.add(position)
                self.room -= cost

    def _cost(self, position: int, index: int, level: int) -> int:
        section, levels = self.sections[position], self.sections[position].pieces[index].levels
        cost = size(levels[level][1])
        if (position, index) in self.taken:
            return cost - size(levels[self.taken[position, index]][1])
        return cost if position in self.opened else cost + size(section.opening) + size(section.closing)


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
    unshortened = _Draft(sections=sections, room=limit)
    unshortened.fill()
    if not (left := _left_out(sections, unshortened.taken)):
        return _text(sections, unshortened.taken, "")
    draft = _Draft(sections=sections, room=limit - reserve)
    draft.fill()
    left = _left_out(sections, draft.taken)
    return _text(sections, draft.taken, note(left))


def _left_out(sections: Sequence[Section], taken: dict[tuple[int, int], int]) -> list[LeftOut]:
    left_out = []
    for position, section in enumerate(sections):
        levels = [taken.get((position, index)) for index in range(len(section.pieces))]
        missing = levels.count(None)
        pairs = zip(levels, section.pieces, strict=True)
        shortened = sum(level is not None and level < len(piece.levels) - 1 for level, piece in pairs)
        if missing or shortened:
            left_out.append(LeftOut(name=section.name, all=len(levels), missing=missing, shortened=shortened))
    return left_out


def _text(sections: Sequence[Section], taken: dict[tuple[int, int], int], note: str) -> str:
    parts: list[str] = []
    for position, section in enumerate(sections):
        texts = [
            piece.levels[taken[position, index]][1]
            for index, piece in enumerate(section.pieces)
            if (position, index) in taken
        ]
        if texts:
            parts += [section.opening, *texts, section.closing]
        if section.noted:
            parts.append(note)
    if not any(section.noted for section in sections):
        parts.append(note)
    return "".join(parts)
