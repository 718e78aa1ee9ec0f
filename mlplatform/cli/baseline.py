"""The last known state of a stack where there is no backend to ask: recorded by the first preview that is fine.

It stays until it is removed (``make baseline``), so that moving an alias there and back shows no change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from mlplatform.config.problems import ProblemsError
from mlplatform.registry.client.failure import NOTHING_KNOWN_VARIABLE
from mlplatform.review.diff.plan import known_state, read_input
from mlplatform.review.state.state_file import read_state, write_state

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.review.state.resources import StackState


def baseline_path(project: Path, stack: str) -> Path:
    """Return where the last known state of a stack is kept, inside the checkout and ignored by git."""
    return project / ".mlplatform" / "baselines" / f"{stack}.json"


def read_baseline(project: Path, stack: str) -> StackState | None:
    """Return the recorded state, ``None`` when there is none."""
    path = baseline_path(project, stack)
    if not path.exists():
        return None
    try:
        return read_state(path)
    except ProblemsError as error:
        file_name = str(path.relative_to(project))
        raise ProblemsError(
            replace(problem, file=file_name, message=f"{problem.message}; `make baseline` forgets it")
            for problem in error.problems
        ) from None


def last_known(project: Path, stack: str, against: Path | None) -> StackState | None:
    """Return the state of a file, where one is given, else the recorded one; ``None`` where nothing is known."""
    return known_state(read_input(against)) if against else read_baseline(project, stack)


def program_variables(project: Path, stack: str, known: StackState | None) -> dict[str, str]:
    """Return the variable that tells the stack's program where nothing is known of the stack."""
    return {} if known or baseline_path(project, stack).exists() else {NOTHING_KNOWN_VARIABLE: "1"}


def record_baseline(project: Path, state: StackState) -> None:
    """Record a state, whole or not at all."""
    path = baseline_path(project, state.stack)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_state(state, path)
