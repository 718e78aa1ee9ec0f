"""Where the time of an offline preview goes, as ratios within one run; no registry is read.

python -m bench.offline_preview [number of models, 300 by default]
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.review.engine.program import run_program
from mlplatform.review.report import compare
from tests.programs import ROOT, write_project

if TYPE_CHECKING:
    from collections.abc import Callable

STACK = """\
config:
  mlplatform:cluster: {kind: existing, context: bench}
  mlplatform:registry: {uri: "http://127.0.0.1:9"}
  mlplatform:models:
"""
MODEL = "    - {{name: m{0}, registeredModel: m{0}, alias: champion, serving: kserve, namespace: models}}\n"


def main(count: int) -> None:
    """Measure an empty stack and one with many models against the imports alone."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = "".join(MODEL.format(index) for index in range(count))
        write_project(folder, empty=STACK.rstrip() + " []\n", many=STACK + models)
        imports = [sys.executable, "-c", "import components.serving, mlplatform.config, mlplatform.registry.facts"]
        base = seconds(lambda: subprocess.run(imports, cwd=ROOT, check=True))
        empty = seconds(lambda: run_program(folder, "empty"))
        many = seconds(lambda: run_program(folder, "many"))
        state = run_program(folder, "many").state
        report = seconds(lambda: compare(state, state))
    rows = {
        "imports of the program's rooms": 1.0,
        "program without models": empty / base,
        f"program with {count} models": many / base,
        f"diff and policies of its {len(state.resources)} resources": report / base,
    }
    for what, ratio in rows.items():
        print(f"{what:<45} {ratio:5.2f}")


def seconds(action: Callable[[], object]) -> float:
    """Return the shortest of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        action()
        times.append(time.perf_counter() - start)
    return min(times)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 300)
