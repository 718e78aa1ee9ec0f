"""Requests and limits that are stated in part: what is left out has its documented default."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.quantity import parse_quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

Amounts = dict[str, str]
MODEL: Mapping[str, Amounts] = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
TRAINING: Mapping[str, Amounts] = {"requests": {"cpu": "1", "memory": "2Gi"}, "limits": {"memory": "4Gi"}}


def completed(given: Any, defaults: Mapping[str, Amounts]) -> Any:
    """Return what was written with the defaults of what was not.

    A default never contradicts what was written: a request is at most the given limit, a limit at least the given
    request. Data of another form comes back as it is, for the field checks to say so.

    Args:
        given: a mapping that may have ``requests`` and ``limits``, each resource -> amount, in any state.
        defaults: likewise, complete.

    """
    if not isinstance(given, dict) or not all(isinstance(given.get(kind, {}), dict) for kind in defaults):
        return given
    requests, limits = dict(given.get("requests", {})), dict(given.get("limits", {}))
    for name, request in defaults["requests"].items():
        given_limit = limits.get(name)
        requests.setdefault(name, given_limit if _below(given_limit, request) else request)
    for name, limit in defaults["limits"].items():
        given_request = requests.get(name)
        limits.setdefault(name, given_request if _below(limit, given_request) else limit)
    return {**given, "requests": requests, "limits": limits}


def with_default_resources(raw: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration in which all models and training jobs that state resources state all of them."""
    models, training = raw.get("models"), raw.get("training")
    changed = dict(raw)
    if isinstance(models, list):
        changed["models"] = [
            {**model, "resources": completed(model["resources"], MODEL)}
            if isinstance(model, dict) and "resources" in model
            else model
            for model in models
        ]
    if isinstance(training, list):
        changed["training"] = [completed(job, TRAINING) for job in training]
    return changed


def _below(one: Any, other: Any) -> bool:
    amounts = _amount(one), _amount(other)
    return amounts[0] is not None and amounts[1] is not None and amounts[0] < amounts[1]


def _amount(value: Any) -> Decimal | None:
    try:
        return None if value is None else parse_quantity(str(value))
    except ValueError:
        return None
