"""One cheap request that tells whether an MLflow server answers, before MLflow's client is even imported.

A dead server is then one error after seconds, not one per model after MLflow's own minutes of retries.
"""

from __future__ import annotations

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import requests
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, stop_after_delay, wait_exponential

from mlplatform.registry.client.deadline import DeadlineExceededError
from mlplatform.registry.client.failure import (
    RegistryFailureError,
    one_line,
    refused,
    server_error,
    too_slow,
    unreachable,
)

if TYPE_CHECKING:
    from mlplatform.config.models import RegistrySection
    from mlplatform.registry.client.deadline import Deadline

REGISTRY_KEY = "registry.uri"
TRACKING_KEY = "registry.trackingUri"
# The cheapest request of the API that each part is asked for afterwards; a mere /health may come from any proxy.
_REGISTRY_PROBE = "/api/2.0/mlflow/registered-models/search?max_results=1"
_TRACKING_PROBE = "/api/2.0/mlflow/experiments/search?max_results=1"
# What MLflow answers to them; without anything found, an empty object.
_ANSWERS = {_REGISTRY_PROBE: "registered_models", _TRACKING_PROBE: "experiments"}
_ANSWER_LIMIT = 64 * 1024


class _PassingError(Exception):
    """A failure that may be gone at the next try."""


def tracking_key(registry: RegistrySection) -> str:
    """Return the key of the setting that the tracking server's address comes from."""
    return TRACKING_KEY if registry.tracking_uri else REGISTRY_KEY


def check_reachable(registry: RegistrySection, deadline: Deadline) -> None:
    """Ask the servers of the registry for a sign of life; local SQLite files are none of it.

    Args:
        registry: settings of the registry.
        deadline: of the pass that asks.

    Raises:
        RegistryFailureError: a server is down, does not answer in time, is no MLflow server or answers 500.

    """
    probes = [(REGISTRY_KEY, registry.uri, _REGISTRY_PROBE)]
    if registry.effective_tracking_uri != registry.uri:
        probes.append((TRACKING_KEY, registry.effective_tracking_uri, _TRACKING_PROBE))
    probes = [probe for probe in probes if is_http(probe[1])]
    with ThreadPoolExecutor(max_workers=2) as pool:
        for result in [pool.submit(_probe_within, deadline, *probe, registry) for probe in probes]:
            result.result()


def is_http(uri: str) -> bool:
    """Return whether a registry is a server rather than a database file."""
    return uri.startswith(("http://", "https://"))


def _probe_within(deadline: Deadline, key: str, uri: str, path: str, registry: RegistrySection) -> None:
    try:
        deadline.call(lambda: _probe(key, uri, path, registry))
    except DeadlineExceededError:
        raise too_slow(key, uri, deadline.seconds) from None


def _probe(key: str, uri: str, path: str, registry: RegistrySection) -> None:
    attempts = Retrying(
        # Who was silent for two whole time-outs is not asked again: a preview says so within 20 s, start-up included.
        stop=stop_after_attempt(registry.retries + 1) | stop_after_delay(2 * registry.timeout_seconds),
        wait=wait_exponential(multiplier=0.25, max=2),
        retry=retry_if_exception_type((_PassingError, requests.ConnectionError, requests.Timeout)),
        reraise=True,
    )
    try:
        attempts(_ask, key, uri, path, registry)
    except requests.Timeout:
        raise unreachable(key, uri, f"no answer within {registry.timeout_seconds} s") from None
    except requests.exceptions.SSLError as error:
        reason = f"TLS: {one_line(str(error), 120)}"
        raise unreachable(key, uri, reason) from None
    except requests.ConnectionError as error:
        raise unreachable(key, uri, _connection_reason(error)) from None
    except _PassingError as error:
        raise server_error(key, uri, str(error)) from None
    except requests.RequestException as error:
        raise unreachable(key, uri, one_line(type(error).__name__)) from None


def _ask(key: str, uri: str, path: str, registry: RegistrySection) -> None:
    response = requests.get(
        f"{uri.rstrip('/')}{path}",
        headers=_authorization(),
        timeout=registry.timeout_seconds,
        verify=_verify(),
        cert=os.environ.get("MLFLOW_TRACKING_CLIENT_CERT_PATH") or None,
        stream=True,
    )
    with response:
        body = _read(response, registry.timeout_seconds)
    status = response.status_code
    if status == requests.codes.forbidden and "host" in body.lower():
        raise refused(key, uri, registry, body)
    if status in {requests.codes.unauthorized, requests.codes.forbidden}:
        # MLflow's client knows more ways to prove who asks (credentials file, plugins): it decides.
        return
    if status >= requests.codes.server_error or status == requests.codes.too_many_requests:
        reason = f"HTTP {status}: {one_line(body, 120)}" if body.lstrip().startswith("{") else f"HTTP {status}"
        raise _PassingError(reason)
    if status != requests.codes.ok or not _is_answer(body, _ANSWERS[path]):
        raise RegistryFailureError(
            key,
            f"what answers at {uri} is not an MLflow server (HTTP {status} to {path.partition('?')[0]}); "
            f"correct {key}, or stop what uses that port",
        )


def _is_answer(body: str, name: str) -> bool:
    """Return whether a body is what MLflow answers: an object with a list of this name, or without anything."""
    if len(body) >= _ANSWER_LIMIT:
        # Cut: a model may be described at any length.
        return body.lstrip().startswith("{")
    try:
        answer: Any = json.loads(body)
    except (ValueError, RecursionError):
        return False
    return isinstance(answer, dict) and (isinstance(answer.get(name), list) or not answer)


def _read(response: requests.Response, seconds: float) -> str:
    """Return the beginning of an answer; one that comes drop by drop is none, though no single read times out."""
    deadline, body = time.monotonic() + seconds, b""
    while len(body) < _ANSWER_LIMIT and (chunk := response.raw.read1(_ANSWER_LIMIT, decode_content=True)):
        body += chunk
        if time.monotonic() > deadline:
            raise requests.ReadTimeout
    return body.decode(errors="replace")


def _authorization() -> dict[str, str]:
    """Return the header for a bearer token; ``requests`` itself has no option for one.

    User and password are not sent: a server that wants them answers 401, and MLflow's client takes it from there.
    """
    token = os.environ.get("MLFLOW_TRACKING_TOKEN")
    return {"Authorization": f"Bearer {token}"} if token and not os.environ.get("MLFLOW_TRACKING_USERNAME") else {}


def _verify() -> bool | str:
    if os.environ.get("MLFLOW_TRACKING_INSECURE_TLS", "").lower() in {"true", "1"}:
        return False
    return os.environ.get("MLFLOW_TRACKING_SERVER_CERT_PATH") or True


def _connection_reason(error: requests.ConnectionError) -> str:
    text = str(error)
    if "refused" in text:
        return "connection refused"
    if "resolve" in text.lower() or "Name or service not known" in text:
        return "host name not found"
    if "timed out" in text.lower():
        return "no answer in time"
    return "the connection broke"
