"""Runs of ``lock`` that end by a kill at a chosen step, each in a child of this process, which has imported everything.

``python -m tests.registry.lock.killed`` reads a request a line (``{"raw", "project", "cache", "step"}``) and answers
with ``{"signal", "steps", "problems"}``. A step is the moment after the world outside changed: after every rename and
removal, every request that writes to the release store, and with the head of every download, when nothing of its body
is here yet. Between two steps a kill leaves the same behind.
"""

import json
import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from pathlib import Path

import botocore.httpsession
import mlflow.sklearn  # noqa: F401 - so that no child has to
import requests

from mlplatform.config.load import parse_settings
from mlplatform.registry.lock.folder import LockFolder
from mlplatform.registry.lock.locking import Locking
from mlplatform.registry.release import parts
from tests.object_stores import SMALLEST_PART


class Silent:
    """Progress that nobody looks at."""

    def say(self, line):
        pass

    def begin(self, what, size):
        pass

    def advance(self, size):
        pass

    def end(self):
        pass


class Steps:
    """Counts steps and ends this process at one of them, as a power failure would."""

    def __init__(self, last):
        self.last, self.count, self.lock = last, 0, threading.Lock()

    def step(self):
        with self.lock:
            self.count += 1
            if self.count == self.last:
                os.kill(os.getpid(), signal.SIGKILL)

    def after(self, owner, name, counts=lambda *_arguments: True):
        original = getattr(owner, name)

        def wrapped(*arguments, **options):
            result = original(*arguments, **options)
            if counts(*arguments):
                self.step()
            return result

        setattr(owner, name, wrapped)


def is_kept(path, *_arguments):
    """Leave out what lies in a temporary folder of the process itself, which nobody finds again."""
    return Path(path).name != "version.json" and f"{os.sep}mlplatform-" not in str(path)


def writes(_session, request):
    return request.method in {"PUT", "POST", "DELETE"}


def downloads(_session, request):
    return "/mlflow-artifacts/artifacts/" in request.url


def run(request):
    """Run ``lock`` once; return how many steps it took and what it found wrong."""
    steps = Steps(request["step"])
    for owner, name in ((os, "replace"), (os, "rename"), (os, "unlink"), (shutil, "rmtree")):
        steps.after(owner, name, is_kept)
    steps.after(botocore.httpsession.URLLib3Session, "send", writes)
    steps.after(requests.Session, "send", downloads)
    # The smallest parts that the tests' store takes, so that a small file is a large one.
    parts.PART_SIZE = parts.SINGLE_LIMIT = SMALLEST_PART
    file = "Pulumi.prod.yaml"
    outcome = Locking(
        settings=parse_settings(request["raw"], file=file),
        folder=LockFolder(project=Path(request["project"]), stack="prod"),
        file=file,
        progress=Silent(),
        cache=Path(request["cache"]),
    ).run()
    return {"steps": steps.count, "problems": [str(problem) for problem in outcome.problems]}


def answer(request):
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        child = os.fork()
        if child == 0:
            code = 1
            try:
                result.write_text(json.dumps(run(request)))
                code = 0
            except Exception:
                result.write_text(json.dumps({"problems": [traceback.format_exc()]}))
                raise
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        answered = json.loads(result.read_text()) if result.exists() else {}
        return {"signal": os.WTERMSIG(status) if os.WIFSIGNALED(status) else None, **answered}


def main():
    for line in sys.stdin:
        sys.stdout.write(json.dumps(answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
