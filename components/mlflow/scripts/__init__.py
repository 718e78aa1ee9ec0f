"""Programs that run in the cluster, as files that tests can run too."""

from __future__ import annotations

from pathlib import Path

_FOLDER = Path(__file__).parent


def script(name: str) -> str:
    """Return the text of a program, for example ``prepare_database.py``."""
    return (_FOLDER / name).read_text(encoding="utf-8")
