"""What goes wrong between here and the registry, told apart from what is wrong with one model."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from mlplatform.config.addresses import is_local
from mlplatform.config.problems import SettingFailureError
from mlplatform.registry.location import without_credentials

if TYPE_CHECKING:
    from mlplatform.config.models import RegistrySection

NOTHING_KNOWN_VARIABLE = "MLPLATFORM_NOTHING_KNOWN"
"""Environment variable: not empty where no last known state of the stack is at hand. The engine has its own, and keeps
it from the program, so there it is not set."""
_MAX_REASON = 200
_AUTH_CODES = frozenset({"UNAUTHENTICATED", "PERMISSION_DENIED", "CUSTOMER_UNAUTHORIZED"})
_MISSING_CODES = frozenset({"RESOURCE_DOES_NOT_EXIST", "NOT_FOUND"})
_NO_ANSWER = re.compile(r"API request to \S+ failed with (timeout )?exception")


class RegistryFailureError(SettingFailureError):
    """The registry as a whole cannot be read: one problem, however many models wait for it."""


def unreachable(key: str, uri: str, reason: str) -> RegistryFailureError:
    """Return the failure of a server that does not answer.

    To take the models out is the way to a stack's own first server, and on any other day retires all of them: it is
    advised where nothing of the stack is known, and only there.
    """
    start = "start it (the embedded registry: mlplatform registry up)" if is_local(uri) else "start it"
    advice = f"{start}, find out what keeps this machine from it (network, proxy, VPN), or correct {key}"
    if os.environ.get(NOTHING_KNOWN_VARIABLE):
        advice += (
            ". If this stack itself creates the server, and nothing of it is deployed, set models: [] until it is up"
        )
    return RegistryFailureError(key, f"the MLflow server at {uri} cannot be reached ({reason}); {advice}")


def refused(key: str, uri: str, registry: RegistrySection, reason: str = "") -> RegistryFailureError:
    """Return the failure of a server that does not accept who asks."""
    if re.search(r"invalid host|dns rebinding", reason, re.IGNORECASE):
        return RegistryFailureError(
            key,
            f"the MLflow server at {uri} does not answer to this host name; add it to the server's --allowed-hosts, "
            f"or use a name in {key} that it knows",
        )
    unknown = next(
        (
            f"registry.{name} is a secret that only the Pulumi engine can decrypt; "
            for name, field in (("password", registry.password), ("token", registry.token))
            if field is not None and not field.known
        ),
        "",
    )
    return RegistryFailureError(
        key,
        f"the MLflow server at {uri} refused access; {unknown}set MLFLOW_TRACKING_USERNAME and "
        "MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to a user that may read the registered models and runs",
    )


def server_error(key: str, uri: str, reason: str) -> RegistryFailureError:
    """Return the failure of a server that answers with an error of its own."""
    return RegistryFailureError(
        key, f"the MLflow server at {uri} failed ({one_line(reason)}); look at the server's log and its database"
    )


def too_slow(key: str, uri: str, seconds: float) -> RegistryFailureError:
    """Return the failure of a server that did not answer everything in the time that a whole pass has."""
    return RegistryFailureError(
        key,
        f"the MLflow server at {uri} did not answer all that was asked within {seconds:g} s "
        "(registry.deadlineSeconds); look at the server and the network, or give it more time",
    )


def confused(key: str, uri: str, what: str) -> RegistryFailureError:
    """Return the failure of a server whose answers cannot be right; ``what`` continues "answered ..."."""
    return RegistryFailureError(
        key,
        f"the MLflow server at {uri} answered {one_line(what)}; look at the server, and for a proxy or cache before "
        f"it, or correct {key}",
    )


def is_unknown_endpoint(error: BaseException | None) -> bool:
    """Return whether a server does not know what it was asked, as MLflow 2 knows no logged models."""
    return getattr(error, "error_code", None) == "ENDPOINT_NOT_FOUND"


def is_missing(error: Exception) -> bool:
    """Return whether MLflow says that the thing asked for is not there."""
    return getattr(error, "error_code", None) in _MISSING_CODES


def registry_failure(error: Exception, key: str, uri: str, registry: RegistrySection) -> RegistryFailureError:
    """Return what an exception of an MLflow client says of the whole registry."""
    code = getattr(error, "error_code", None)
    text = str(error)
    if code in _AUTH_CODES or re.search(r"error code 40[13]\b|\b40[13] Client Error", text):
        return refused(key, uri, registry, text)
    if _NO_ANSWER.search(text):
        if "too many 50" in text or "too many 429" in text:
            return server_error(key, uri, "it answers with errors only")
        timed_out = "timed out" in text.lower()
        reason = f"no answer within {registry.timeout_seconds} s" if timed_out else "the connection broke"
        return unreachable(key, uri, reason)
    return server_error(key, uri, text)


def one_line(text: str, limit: int = _MAX_REASON) -> str:
    """Return a foreign text as part of a one-line message: cut, without control characters and credentials."""
    flat = " ".join("".join(character if character.isprintable() else " " for character in text).split())
    flat = without_credentials(flat)
    return flat if len(flat) <= limit else f"{flat[: limit - 3]}..."
