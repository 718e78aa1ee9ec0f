"""The process environment while MLflow's client works.

MLflow takes time-outs, retries and credentials from environment variables only, and reads them at every request. They
are set for the time of one pass and put back afterwards, so that nothing else in the process sees them. MLflow's
defaults (120 s, 7 retries with growing pauses) would let a preview hang for many minutes.
"""

from __future__ import annotations

import contextlib
import logging
import os
import threading
import warnings
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlplatform.config.models import RegistrySection

_QUIET = {
    # Numbers for a progress bar, usage statistics and advice do not belong into a preview's output.
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "DO_NOT_TRACK": "true",
    "MLFLOW_LOGGING_LEVEL": "ERROR",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}
# The environment and the log levels belong to the whole process: one pass at a time.
_LOCK = threading.RLock()


@contextlib.contextmanager
def registry_environment(registry: RegistrySection) -> Iterator[None]:
    """Apply the registry's time-outs, retries and credentials to everything MLflow does inside."""
    requests = {
        "MLFLOW_HTTP_REQUEST_TIMEOUT": str(registry.timeout_seconds),
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": str(registry.retries),
        "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
        "MLFLOW_HTTP_REQUEST_BACKOFF_JITTER": "0.5",
        # A server that answers 503 with "Retry-After: 600" would decide how long the preview hangs.
        "MLFLOW_HTTP_RESPECT_RETRY_AFTER_HEADER": "false",
        # Saves asking the server for its features before the first download; the files read here are small.
        "MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD": "false",
    }
    with quiet_mlflow({**requests, **_credentials(registry)}):
        yield


@contextlib.contextmanager
def quiet_mlflow(variables: Mapping[str, str | None]) -> Iterator[None]:
    """Set environment variables (``None`` removes one) and keep MLflow's messages away from the terminal."""
    changed = {**_QUIET, **_direct(), **variables}
    with _LOCK:
        before = {name: os.environ.get(name) for name in changed}
        loggers = {name: logging.getLogger(name) for name in ("mlflow", "alembic")}
        levels = {name: logger.level for name, logger in loggers.items()}
        try:
            _set(changed)
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _set_levels(loggers)
                yield
        finally:
            _set(before)
            for name, logger in loggers.items():
                logger.setLevel(levels[name])


def hush() -> None:
    """Quieten MLflow's loggers again: importing MLflow configures them anew."""
    _set_levels({name: logging.getLogger(name) for name in ("mlflow", "alembic")})


def _set_levels(loggers: Mapping[str, logging.Logger]) -> None:
    for logger in loggers.values():
        logger.setLevel(logging.CRITICAL)


def _set(variables: Mapping[str, str | None]) -> None:
    for name, value in variables.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _direct() -> dict[str, str]:
    """Return the variables that keep requests to this machine away from a company's proxy."""
    known = os.environ.get("no_proxy") or os.environ.get("NO_PROXY") or ""
    hosts = ",".join(filter(None, [known, "127.0.0.1", "localhost", "::1"]))
    return {"no_proxy": hosts, "NO_PROXY": hosts}


def _credentials(registry: RegistrySection) -> dict[str, str | None]:
    """Return the configured credentials; what is unknown offline stays as the environment has it."""
    token = registry.token.reveal() if registry.token else None
    if token is not None:
        # MLflow prefers a user to a token: a user of the environment would hide the configured token.
        return {
            "MLFLOW_TRACKING_TOKEN": token,
            "MLFLOW_TRACKING_USERNAME": None,
            "MLFLOW_TRACKING_PASSWORD": None,
        }
    password = registry.password.reveal() if registry.password else None
    if registry.username is not None and password is not None:
        return {"MLFLOW_TRACKING_USERNAME": registry.username, "MLFLOW_TRACKING_PASSWORD": password}
    if registry.username is not None and not os.environ.get("MLFLOW_TRACKING_USERNAME"):
        return {"MLFLOW_TRACKING_USERNAME": registry.username}
    return {}
