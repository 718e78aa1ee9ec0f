"""A temporary control plane goes with whoever made it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

from mlplatform import local_processes
from mlplatform.local_processes import LocalProcess
from tests.sandbox.waiting import wait_for

ROOT = Path(__file__).parents[2]
MAKER = """
import json, sys, time
from dataclasses import asdict
from pathlib import Path
from mlplatform import local_processes
from mlplatform.sandbox.control_plane import watchdog

dog = watchdog.start()
made = []
for name in ("first", "second"):
    made.append(local_processes.start(name, ["sleep", "1000"], folder=Path("."), log=Path(f"{name}.log"), environment={
        "PATH": "/usr/bin:/bin"}))
    watchdog.watch(dog, made[-1])
print(json.dumps([asdict(process) for process in made]), flush=True)
time.sleep(1000)
"""


def test_processes_end_when_their_maker_is_killed(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", MAKER],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    ) as maker:
        made = [LocalProcess(**item) for item in json.loads(maker.stdout.readline())]
        assert all(map(local_processes.is_alive, made))
        maker.send_signal(signal.SIGKILL)
    wait_for(lambda: not any(map(local_processes.is_alive, made)), what="they have ended")
