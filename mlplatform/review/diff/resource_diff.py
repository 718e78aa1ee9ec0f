"""What would happen to one resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from mlplatform.review.diff.property_changes import PropertyChange
    from mlplatform.review.state.resources import ResourceState

Op = Literal["create", "update", "replace", "delete", "same"]


@dataclass(frozen=True, kw_only=True)
class ResourceDiff:
    """What would happen to one resource.

    Attributes:
        urn: the resource's URN, the new one where it has one.
        type: its type token.
        name: its logical name.
        op: what would happen; a resource that is only read is always ``same``.
        changes: what differs, by path; empty for ``create`` and ``delete``, where everything does.
        old: the last known state, under the new stack's name; ``None`` for a new resource.
        new: the desired state, ``None`` for a deleted one.
        uncompared: paths that are secret on both sides.
        assumed: paths that are unknown now, but come from resources that do not change: taken as unchanged.
        unseen: paths of documents that are unknown now, and of which nobody can say whether they change.
        replace_reasons: what forces a ``replace``: paths, ``provider``, ``deletedWith``, ``replaceWith`` or ``type``.
        delete_before_replace: whether the old one goes first.
        pending: whether it is a former copy, left by an update that was cut off, which the next one deletes.

    """

    urn: str
    type: str
    name: str
    op: Op
    changes: tuple[PropertyChange, ...] = ()
    old: ResourceState | None = None
    new: ResourceState | None = None
    uncompared: tuple[str, ...] = ()
    assumed: tuple[str, ...] = ()
    unseen: tuple[str, ...] = ()
    replace_reasons: tuple[str, ...] = ()
    delete_before_replace: bool = False
    pending: bool = False

    @property
    def init_errors(self) -> tuple[str, ...]:
        """Why the resource never became ready, which is what the engine's update of it goes on with."""
        return self.old.init_errors if self.old and self.op == "update" else ()

    @property
    def refused(self) -> bool:
        """Whether the engine would stop here, because the resource is protected."""
        if self.old is None or not self.old.protect or self.pending:
            return False
        return self.op == "delete" or (self.op == "replace" and self.new is not None and self.new.protect)
