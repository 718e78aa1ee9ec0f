"""The errors of the sandbox, in the one error shape of every room."""

from __future__ import annotations

from mlplatform.config.problems import Problem, ProblemsError

PLACE = "sandbox"


def problem(message: str, *, key: str = "") -> ProblemsError:
    """Return an error of the sandbox; ``key`` names its part (``kube-apiserver``)."""
    return ProblemsError([Problem(file=PLACE, key=key, message=message)])
