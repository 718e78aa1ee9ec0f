"""The differences between two property maps, one line for each place."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.state.property_paths import Path, path_text
from mlplatform.review.state.property_values import (
    PLAIN_TEXT_NOT_SHOWN,
    contains_secret,
    is_secret,
    is_unknown,
    same,
    secret,
    signature,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Kind = Literal["add", "delete", "update"]
_MISSING = object()


@dataclass(frozen=True, kw_only=True)
class PropertyChange:
    """One changed place of a resource.

    Attributes:
        path: as in the engine's ``detailedDiff``, ``spec.containers[0].image``.
        old: value before, ``None`` for an added one; secrets and plain texts that must not be seen are placeholders.
        new: value now, ``None`` for a deleted one; :data:`UNKNOWN` where it is known only after the update.
        kind: what happened to it.
        replaces: whether this change replaces the resource.

    """

    path: str
    old: Any
    new: Any
    kind: Kind
    replaces: bool = False


@dataclass(kw_only=True)
class Differences:
    """Collects what differs between two property maps.

    Attributes:
        replaces: tells of a path and the value at it whether the change replaces the resource.
        settled: tells of a path whether its unknown new value is sure to be the old one.
        document: tells of a path whether the program computes the text at it, so that nothing settles an unknown one.
        moved: tells of a path that is unknown on both sides whether it is sure to be another value.
        changes: what differs.
        uncompared: paths of secrets on both sides: nobody but the engine can compare them.
        assumed: paths whose new value is unknown but settled.
        unseen: paths of documents that are unknown now, and of which nobody can say whether they change.

    """

    replaces: Callable[[Path, Any], bool]
    settled: Callable[[Path], bool]
    moved: Callable[[Path], bool] = lambda _path: False
    document: Callable[[Path], bool] = lambda _path: False
    changes: list[PropertyChange] = field(default_factory=list)
    uncompared: list[str] = field(default_factory=list)
    assumed: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)

    def compare(self, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        """Compare two property maps, keys in alphabetical order."""
        self._maps((), old, new)

    def _maps(self, path: Path, old: Mapping[str, Any], new: Mapping[str, Any]) -> None:
        for key in sorted({*old, *new}):
            # A null is as good as nothing, to the engine and to Kubernetes.
            before, after = (_MISSING if side.get(key) is None else side[key] for side in (old, new))
            self._values((*path, key), before, after)

    def _lists(self, path: Path, old: list[Any], new: list[Any]) -> None:
        for index in range(max(len(old), len(new))):
            before, after = (side[index] if index < len(side) else _MISSING for side in (old, new))
            self._values((*path, index), before, after)

    def _values(self, path: Path, old: Any, new: Any) -> None:
        if old is _MISSING and new is _MISSING:
            return
        if old is _MISSING or new is _MISSING:
            self._add(path, old, new)
        elif is_secret(old) or is_secret(new):
            self._secrets(path, old, new)
        elif isinstance(old, dict) and isinstance(new, dict) and not (signature(old) or signature(new)):
            self._maps(path, old, new)
        elif isinstance(old, list) and isinstance(new, list):
            self._lists(path, old, new)
        elif is_unknown(new):
            self._unknown(path, old)
        elif not same(old, new):
            self._add(path, old, new)

    def _unknown(self, path: Path, old: Any) -> None:
        """Keep a value that is unknown now: sure to be another one, sure to be the same, or neither."""
        differs = self.moved(path) if is_unknown(old) else not self.settled(path)
        if differs:
            self._add(path, old, UNKNOWN)
        elif self.document(path):
            self.unseen.append(path_text(path))
        elif not is_unknown(old):
            self.assumed.append(path_text(path))

    def _secrets(self, path: Path, old: Any, new: Any) -> None:
        # The engine makes a whole list secret when one part of it is (pulumi-kubernetes, annotateSecrets).
        if contains_secret(old) and (contains_secret(new) or (is_unknown(new) and self.settled(path))):
            self.uncompared.append(path_text(path))
        else:
            sides = [value if is_secret(value) or is_unknown(value) else PLAIN_TEXT_NOT_SHOWN for value in (old, new)]
            self._add(path, *(secret() if is_secret(value) else value for value in sides))

    def _add(self, path: Path, old: Any, new: Any) -> None:
        kind: Kind = "add" if old is _MISSING else "delete" if new is _MISSING else "update"
        self.changes.append(
            PropertyChange(
                path=path_text(path),
                old=None if old is _MISSING else old,
                new=None if new is _MISSING else new,
                kind=kind,
                replaces=self.replaces(path, old if new is _MISSING else new),
            )
        )
