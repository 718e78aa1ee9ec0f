"""What a model's environment asks for, before and after: requirements, Python, MLflow. Pure.

Lines are read by ``packaging``, the reference implementation of PEP 440 and PEP 508, and names compared in normal form
(PEP 503). What it cannot read (``-r other.txt``, ``./wheels/x.whl``) is compared as text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from mlplatform.registry.location import without_credentials
from mlplatform.review.models.change import LibraryChange

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from packaging.specifiers import SpecifierSet

    from mlplatform.review.models.change import LibraryKind

# An option behind a requirement, such as --hash=sha256:...
_OPTIONS = re.compile(r"\s--?[a-z][a-z-]*(?:[=\s]|$)")
_COMMENT = re.compile(r"(?:^|\s)#.*$")
_PYTHON = "python"
_MLFLOW = "mlflow"


@dataclass(frozen=True)
class _Asked:
    """What is asked for, and the version where it is pinned to one, with what stands around that."""

    text: str
    pinned: Version | None = None
    around: str = ""

    def same(self, other: _Asked) -> bool:
        """Whether both ask for the same; 1.0 and 1.0.0 are one version."""
        if self.pinned and other.pinned:
            return (self.pinned, self.around) == (other.pinned, other.around)
        return self.text == other.text


def compare_libraries(old: Iterable[str], new: Iterable[str]) -> tuple[LibraryChange, ...]:
    """Return what differs between two lists of requirements, by name.

    Args:
        old: lines of ``requirements.txt`` before.
        new: after.

    """
    before, after = _read(old), _read(new)
    names = sorted({*before, *after})
    changes = (_compare(name, before.get(name), after.get(name)) for name in names)
    return tuple(change for change in changes if change is not None)


def compare_platform(old: Mapping[str, str | None], new: Mapping[str, str | None]) -> tuple[LibraryChange, ...]:
    """Return how the ``python`` and ``mlflow`` that logged the model differ, where both sides tell.

    Args:
        old: ``python`` and ``mlflow`` -> version, ``None`` where it is not known.
        new: likewise.

    """
    changes = []
    for name in (_PYTHON, _MLFLOW):
        was, now = old.get(name), new.get(name)
        if was is not None and now is not None:
            changes.append(_compare(name, _Asked(was, _version(was)), _Asked(now, _version(now))))
    return tuple(change for change in changes if change is not None)


def _compare(name: str, old: _Asked | None, new: _Asked | None) -> LibraryChange | None:
    if old and new and old.same(new):
        return None
    kind: LibraryKind = "added" if old is None else "removed" if new is None else "changed"
    major = False
    if old and new and old.pinned and new.pinned:
        # Another build of one version (2.1.0+cu118, 2.1.0+cu121) is neither newer nor older.
        was, now = Version(old.pinned.public), Version(new.pinned.public)
        if was != now:
            kind = "upgraded" if now > was else "downgraded"
            major = _series(name, was) != _series(name, now)
    return LibraryChange(
        name=name, old=old.text if old else None, new=new.text if new else None, kind=kind, major=major
    )


def _series(name: str, version: Version) -> tuple[int, ...]:
    """Return the numbers of which none may differ, lest things break.

    For Python, and below version 1 (semver.org, clause 4), that is the second one too.
    """
    first, second = version.major, version.minor
    return (version.epoch, first, second) if name == _PYTHON or first == 0 else (version.epoch, first)


def _read(lines: Iterable[str]) -> dict[str, _Asked]:
    """Return name (with its marker, where it has one) -> what is asked for; several lines of a name together."""
    lines_by_name: dict[str, list[_Asked]] = {}
    for line in _whole(lines):
        name, asked = _line(line)
        lines_by_name.setdefault(name, []).append(asked)
    return {
        name: asked[0] if len(asked) == 1 else _Asked(", ".join(sorted(item.text for item in asked)))
        for name, asked in lines_by_name.items()
    }


def _whole(lines: Iterable[str]) -> Iterator[str]:
    """Yield the lines with their continuations, without comments and credentials."""
    text = re.sub(r"\\\n", " ", "\n".join(lines))
    for line in text.split("\n"):
        if plain := " ".join(_COMMENT.sub("", line).split()):
            yield without_credentials(plain)


def _line(line: str) -> tuple[str, _Asked]:
    options = _OPTIONS.search(line)
    behind = line[options.start() :] if options else ""
    try:
        requirement = Requirement(line[: options.start()] if options else line)
    except InvalidRequirement:
        return line, _Asked("")
    name: str = canonicalize_name(requirement.name)
    if requirement.marker:
        name = f"{name} ; {requirement.marker}"
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    asked, pinned = str(requirement.specifier), _pinned(requirement.specifier)
    if requirement.url:
        asked = f"@ {requirement.url}"
    elif pinned:
        asked = str(pinned)
    return name, _Asked(f"{extras} {asked}".strip() + behind, pinned, extras + behind)


def _pinned(specifiers: SpecifierSet) -> Version | None:
    """Return the one version that is allowed, ``None`` where there are more."""
    only = list(specifiers)
    if len(only) == 1 and only[0].operator in {"==", "==="}:
        return _version(only[0].version)
    return None


def _version(text: str) -> Version | None:
    try:
        return Version(text)
    except InvalidVersion:
        return None
