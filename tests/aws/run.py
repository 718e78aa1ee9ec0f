"""Run programs in this process against an account of moto."""

import asyncio
import contextlib
import contextvars
import os
import sys
from dataclasses import dataclass
from pathlib import Path

from mlplatform.review.engine import worker
from mlplatform.review.engine.messages import ReviewEngine
from mlplatform.review.engine.program import request_of
from mlplatform.review.state.resources import StackState
from tests.aws.account import Account
from tests.aws.monitor import AccountMonitor

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True, kw_only=True)
class Made:
    """What a program made.

    Attributes:
        account: where.
        state: everything that it registered, as in a preview.
        resources: of each AWS resource ``type``, ``name``, ``urn``, ``id``, ``inputs`` and ``outputs``, in the order of
            creation.
        others: of every other custom resource ``type``, ``name``, ``urn`` and ``inputs``; secrets are opened.

    """

    account: Account
    state: StackState
    resources: list
    others: list

    def of_type(self, token):
        """Return the resources of a type by their logical names."""
        return {made["name"]: made for made in self.resources if made["type"] == token}


def run_stack(account, project, stack):
    """Make a stack's AWS resources in an account: the project's whole program, as an offline preview runs it.

    Raises:
        RefusedError: AWS would refuse a resource.

    """
    request = request_of(Path(project), stack)
    about = {key: request[key] for key in ("project", "stack", "config", "secret_keys")}
    monitor = AccountMonitor(account, **about)
    with _restored():
        contextvars.copy_context().run(worker.run, request, monitor, ReviewEngine())
    return Made(account=account, state=monitor.state(), resources=monitor.made, others=monitor.others)


@contextlib.contextmanager
def _restored():
    """Leave this process as it was: the program's folder is the current one only while it runs."""
    before, arguments, paths = Path.cwd(), list(sys.argv), list(sys.path)
    try:
        yield
    finally:
        os.chdir(before)
        sys.argv[:], sys.path[:] = arguments, paths
        asyncio.set_event_loop(None)
