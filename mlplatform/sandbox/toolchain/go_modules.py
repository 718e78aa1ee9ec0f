"""Single files of published Go modules, by the ``go`` program and its module proxy."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 120


class ModuleUnavailableError(Exception):
    """A module, or a file of it, cannot be had; the message says why."""


def module_file(go: Path, module: str, file: str, *, environ: Mapping[str, str] | None = None) -> bytes:
    """Return the content of one file of a module.

    Args:
        go: the ``go`` program.
        module: path and version, ``istio.io/api@v1.31.4``; Go verifies it by its checksum database.
        file: path inside the module.
        environ: variables, by default this process's.

    Raises:
        ModuleUnavailableError: Go does not run or cannot have the module, or the module lacks the file.

    """
    environment = {**(os.environ if environ is None else environ), "GOFLAGS": "-mod=mod", "GOWORK": "off"}
    # In a folder without a module: of this one's file nothing is wanted or changed.
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run(
                [str(go), "mod", "download", "-json", module],
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ModuleUnavailableError(f"{go} cannot have {module} ({type(error).__name__})") from None
    try:
        answer = json.loads(done.stdout)
        path = Path(answer["Dir"]) / file
    except (ValueError, KeyError, TypeError):
        lines = (done.stderr.strip() or done.stdout.strip() or f"it ended with code {done.returncode}").splitlines()
        raise ModuleUnavailableError(f"{go} cannot have {module}: {lines[-1]}") from None
    try:
        return path.read_bytes()
    except OSError:
        raise ModuleUnavailableError(f"{module} has no {file}") from None
