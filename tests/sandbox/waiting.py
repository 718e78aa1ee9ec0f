"""Wait for what a control plane does by itself; the limit is far above what it takes, and only for a hanging one."""

import time

LIMIT_SECONDS = 120


def wait_for(ask, *, what):
    """Ask until the answer is true, and return it."""
    deadline = time.monotonic() + LIMIT_SECONDS
    while not (found := ask()):
        assert time.monotonic() < deadline, f"not true after {LIMIT_SECONDS} s: {what}"
        time.sleep(0.1)
    return found


def applied(api, manifest):
    """Apply an object and return its path."""
    path = api.path(manifest)
    answer = api.apply(path, manifest)
    assert answer.ok, answer.message
    return path


def status(api, path):
    """Return an object's status."""
    return api.get(path).body.get("status", {})


def condition(api, path, name):
    """Return whether a condition of an object is true."""
    conditions = status(api, path).get("conditions", [])
    return any(item["type"] == name and item["status"] == "True" for item in conditions)
