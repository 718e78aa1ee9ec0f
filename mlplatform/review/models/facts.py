"""Reading what a state tells of a served model: the inputs of its ``ModelDeployment``. Pure, and tolerant.

States may be older than a fact, hold values that are unknown or secret, or come from an engine that keeps outputs only.
A fact that cannot be told is not there; nothing is made up, and nothing here fails on any JSON.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from mlplatform.registry.facts.kinds import FLAG, PERCENT, SIZE
from mlplatform.registry.facts.views import report_facts
from mlplatform.registry.location import without_credentials
from mlplatform.review.models.change import DEFAULT
from mlplatform.review.models.metrics import number
from mlplatform.review.models.side import Side
from mlplatform.review.state.property_values import (
    PLAIN_TEXT_NOT_SHOWN,
    SECRET_TEXT,
    UNKNOWN_SECRET_TEXT,
    contains_secret,
    contains_unknown,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.registry.facts.fact import Fact

_PLACEHOLDERS = frozenset({SECRET_TEXT, UNKNOWN_SECRET_TEXT, PLAIN_TEXT_NOT_SHOWN})
# A component always has it: without it, an absent fact is not known; with it, there is none.
_COMPLETE = "flavors"
_GROUPS = ("metrics", "params", "tags", "signature", "requirements")
# Per cent; what a deployment's only variant gets.
_ALL = 100


@dataclass(frozen=True, kw_only=True)
class VariantFacts:
    """What a state tells of one variant.

    Attributes:
        side: the facts that are one value each.
        metrics: name -> value.
        params: name -> value.
        tags: name -> value.
        signature: as in MLmodel, ``None`` for a model without one, or where it is not known.
        requirements: lines, ``None`` for a model without any, or where they are not known.
        untold: facts that the state does not tell: ``alias``, whole groups, single metrics as ``metrics.loss``.

    """

    side: Side
    metrics: Mapping[str, float | str]
    params: Mapping[str, str]
    tags: Mapping[str, str]
    signature: Mapping[str, Any] | None
    requirements: tuple[str, ...] | None
    untold: frozenset[str]


def read_variants(inputs: Mapping[str, Any], *, tracking_uri: str | None) -> dict[str, VariantFacts]:
    """Return the variants of a deployment by name: ``default``, and those that its ``variants`` add.

    Args:
        inputs: the component's inputs.
        tracking_uri: of the MLflow server, to link to runs.

    """
    given = inputs.get("variants")
    variants = (
        {name: facts for name, facts in given.items() if isinstance(facts, dict)} if isinstance(given, dict) else {}
    )
    default = {**inputs, **variants.pop(DEFAULT, {})}
    if not variants:
        default.setdefault("traffic", _ALL)
    others = {str(name): facts for name, facts in sorted(variants.items())}
    return {name: _read(facts, tracking_uri) for name, facts in {DEFAULT: default, **others}.items()}


def text(value: Any) -> str | None:
    """Return a value of one word as text, ``None`` for anything else and for what is not told."""
    if isinstance(value, bool) or not isinstance(value, str | int) or not _told(value):
        return None
    return str(value)


def run_link(tracking_uri: str | None, *, experiment: str | None, run: str | None, model: str | None) -> str | None:
    """Return where MLflow's user interface shows a run, else the logged model; ``None`` without a server on HTTP.

    Args:
        tracking_uri: of the server.
        experiment: id of the experiment, which both addresses need.
        run: id of the run.
        model: id of the logged model.

    """
    if not tracking_uri or not tracking_uri.lower().startswith(("http://", "https://")) or experiment is None:
        return None
    kind, name = ("runs", run) if run else ("models", model)
    if not name:
        return None
    server = without_credentials(tracking_uri).rstrip("/")
    return f"{server}/#/experiments/{_quoted(experiment)}/{kind}/{_quoted(name)}"


def _quoted(name: str) -> str:
    # JSON may hold half a surrogate pair, which no address can.
    return quote(name, safe="", errors="replace")


def _read(facts: Mapping[str, Any], tracking_uri: str | None) -> VariantFacts:
    untold = {group for group in _GROUPS if _untold(facts, group)}
    if not _told(facts.get("alias")) or "registeredModel" not in facts:
        untold.add("alias")
    values: dict[str, Any] = {group: {} if group in untold else facts.get(group) for group in _GROUPS}
    for group in ("metrics", "params", "tags"):
        untold.update(f"{group}.{name}" for name, value in _items(values[group]) if not _told(value))
    signature, lines = values["signature"], values["requirements"]
    return VariantFacts(
        side=_side(facts, tracking_uri),
        metrics={name: metric for name, value in _items(values["metrics"]) if (metric := _metric(value)) is not None},
        params=_texts(values["params"]),
        tags=_texts(values["tags"]),
        signature=signature if isinstance(signature, dict) and "signature" not in untold else None,
        requirements=tuple(map(str, lines)) if isinstance(lines, list) else None,
        untold=frozenset(untold),
    )


def _side(facts: Mapping[str, Any], tracking_uri: str | None) -> Side:
    values = {fact.name: _value(fact, facts) for fact in report_facts()}
    values["run_url"] = run_link(
        tracking_uri,
        experiment=text(facts.get("experimentId")),
        run=values["run_id"],
        model=values["model_id"],
    )
    return Side(values={name: value for name, value in values.items() if value is not None})


def _value(fact: Fact, facts: Mapping[str, Any]) -> Any:
    """Return the value of a fact, ``None`` where it is not told."""
    value = facts.get(fact.key)
    if fact.kind is SIZE:
        return value if isinstance(value, int) and not isinstance(value, bool) else None
    if fact.kind is PERCENT:
        return None if isinstance(value, str) else number(value)
    if fact.kind is FLAG:
        # Only complete facts prove by its absence that it does not hold.
        value = facts.get(fact.key, False if _COMPLETE in facts else None)
        return value if isinstance(value, bool) else None
    return text(value)


def _untold(facts: Mapping[str, Any], group: str) -> bool:
    value = facts.get(group)
    if value is None:
        return _COMPLETE not in facts
    shape = list if group == "requirements" else dict
    whole = group in {"signature", "requirements"}
    return not isinstance(value, shape) or not (_told(value) if whole else _plain(value))


def _told(value: Any) -> bool:
    """Whether a value is there to be compared, with all that it holds."""
    try:
        return not (contains_unknown(value) or contains_secret(value) or _holds_placeholder(value))
    except RecursionError:
        return False


def _holds_placeholder(value: Any) -> bool:
    """Whether a text of the engine's preview stands for a secret or unknown value, anywhere inside."""
    if isinstance(value, dict):
        return any(map(_holds_placeholder, (*value, *value.values())))
    if isinstance(value, list):
        return any(map(_holds_placeholder, value))
    return isinstance(value, str) and value in _PLACEHOLDERS


def _plain(value: Any) -> bool:
    """Whether a mapping is one, and not a secret that stands for one."""
    return not contains_secret({key: None if isinstance(item, dict | list) else item for key, item in value.items()})


def _items(values: Any) -> list[tuple[str, Any]]:
    return [(str(name), value) for name, value in values.items()] if isinstance(values, dict) else []


def _metric(value: Any) -> float | str | None:
    """Return a metric as the state has it; a number too large for a float as the text that facts write for it."""
    as_float = number(value)
    if as_float is None:
        return None
    if isinstance(value, str):
        return value
    if math.isfinite(as_float):
        return as_float
    return "NaN" if math.isnan(as_float) else "Infinity" if as_float > 0 else "-Infinity"


def _texts(values: Any) -> dict[str, str]:
    return {name: _as_text(value) for name, value in _items(values) if _told(value)}


def _as_text(value: Any) -> str:
    short = text(value)
    return json.dumps(value, sort_keys=True) if short is None else short
