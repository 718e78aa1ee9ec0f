"""How long upstream supports a version: a day, a condition, or nothing that it states; always with the source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Literal

from mlplatform.config.versions_file import versions_data

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

# How long before the end a preview begins to say so: time for dev first, and then production.
NOTICE = timedelta(days=60)
Phase = Literal["supported", "ending", "ended"]


@dataclass(frozen=True, kw_only=True)
class Support:
    """The end of upstream's support of a version.

    Attributes:
        ends: first day (UTC) without support, ``None`` where upstream names none.
        expected: whether upstream itself only expects that day.
        until: upstream's condition where it names no day, such as ``the release of 1.23``.
        note: what is to be said where it states nothing at all.
        source: URL of the page that says so.

    """

    ends: date | None = None
    expected: bool = False
    until: str | None = None
    note: str | None = None
    source: str

    def phase(self, today: date) -> Phase:
        """Return what a day is to this end; without a day that upstream names, it is supported."""
        if self.ends is None or today < self.ends - NOTICE:
            return "supported"
        return "ending" if today < self.ends else "ended"

    def __str__(self) -> str:
        """Return the end in words, for tables."""
        if self.ends is not None:
            return f"{self.ends}{' (expected)' if self.expected else ''}"
        return f"until {self.until}" if self.until else self.note or "upstream states no end"


def support_from(facts: Mapping[str, Any]) -> Support:
    """Return the support that an entry of ``versions.yaml`` describes."""
    return Support(**facts)


def support_of_image(image: str) -> Support | None:
    """Return the support of an image that no chart's version stands for, ``None`` where nothing is known.

    Args:
        image: its reference, with or without registry, tag and digest.

    """
    name, version = name_and_version(image)
    for known, lines in versions_data()["lines"].items():
        if name == known or name.endswith(f"/{known}"):
            return next(
                (support_from(facts) for line, facts in lines.items() if version.startswith(f"{line}.")),
                None,
            )
    return None


def name_and_version(image: str) -> tuple[str, str]:
    """Return an image's name, without tag and digest, and its tag, ``""`` without one."""
    reference = image.partition("@")[0]
    above, separator, last = reference.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{above}{separator}{name}", tag
