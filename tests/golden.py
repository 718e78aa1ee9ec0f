"""Comparison with golden files; UPDATE_GOLDEN=1 writes them anew, to be read in the diff."""

import json
import os
from pathlib import Path
from typing import Any


def assert_golden(folder: Path, name: str, value: Any) -> None:
    """Fail where plain data is not what ``<folder>/golden/<name>.json`` says."""
    text = json.dumps(value, indent=2) + "\n"
    path = folder / "golden" / f"{name}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
    assert text == path.read_text()
