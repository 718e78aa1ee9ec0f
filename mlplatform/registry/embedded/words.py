"""What is said of the embedded registry where something is not as it should be."""

from __future__ import annotations

from mlplatform.config.problems import Problem, ProblemsError

_PLACE = "embedded registry"
_KEY = "registry.uri"


def problem(message: str) -> ProblemsError:
    """Return an error of the embedded registry."""
    return ProblemsError([Problem(file=_PLACE, key=_KEY, message=message)])


def foreign_notice(uri: str) -> str:
    """Return what is said of an MLflow server outside this project at the embedded registry's address."""
    return (
        f"An MLflow server that is not this project's answers at {uri}: used as it is, without sample models. For the "
        "embedded registry, choose another port in registry.uri and set registry.embedded: true; to use that server "
        "without this notice, set registry.embedded: false."
    )


def foreign_problem(uri: str) -> ProblemsError:
    """Return the error of such a server where the stack asks for the embedded registry."""
    return problem(
        f"the MLflow server at {uri} is not this project's embedded registry, which registry.embedded asks for; stop "
        "that server, choose another port in registry.uri, or remove registry.embedded"
    )
