"""The last known state of a stack where there is no backend to ask: recorded by the first preview that is fine.

It stays until it is removed (``make baseline``), so that moving an alias there and back shows no change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from review.state import read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path

    from review.state import StackState


def baseline_path(project: Path, stack: str) -> Path:
    """Return where the last known state of a stack is kept, inside the checkout and ignored by git."""
    return project / ".mlplatform" / "baselines" / f"{stack}.json"


def read_baseline(project: Path, stack: str) -> StackState | None:
    """Return the recorded state, ``None`` when there is none."""
    path = baseline_path(project, stack)
    return read_state(path) if path.exists() else None


def record_baseline(project: Path, state: StackState) -> None:
    """Record a state, whole or not at all."""
    path = baseline_path(project, state.stack)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_state(state, path)
