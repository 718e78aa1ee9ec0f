"""Rules of what models ask of their serving engines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.draft import draft
from mlplatform.config.engines import AUTO, CHART_RUNTIMES, ENGINES, KSERVE, MLFLOW, Pattern, engine_facts
from mlplatform.config.fields import MAX_DEPLOYMENT_NAME, MAX_LABEL
from mlplatform.config.parts.kserve import KServeSection
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.rules.resources import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.engines import EngineFacts
    from mlplatform.config.rules.finding import Finding, Path


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    installed = [name for name in ENGINES if section(raw, name) is not None]
    mode = draft(KServeSection, section(raw, "kserve") or {}).mode
    for index, model in entries(raw, "models"):
        path: Path = ("models", index)
        engine = engine_facts(model.get("serving"))
        if engine is None:
            continue
        # A stack without any engine relies on those that the cluster has.
        if engine.name not in installed and (installed or section(raw, "knative") is not None):
            yield (*path, "serving"), f"{engine.name} is not installed by this stack; add {engine.name}: {{}}"
        refused = False
        for pattern, key in _requested(model):
            if refusal := engine.refusal(pattern, mode=mode):
                refused = True
                yield (*path, key), str(refusal)
        if not refused and engine is KSERVE and mode == "Knative":
            yield from _scale_to_zero(raw, path, model)
        if not refused:
            yield from _runtime(raw, path, model, engine)
        yield from _host(path, model, engine)


def _scale_to_zero(raw: dict[str, Any], path: Path, model: dict[str, Any]) -> Iterator[Finding]:
    autoscaler = section(raw, "knative", "autoscaler")
    if autoscaler is not None and autoscaler.get("scaleToZero") is False and count(model.get("minReplicas")) == 0:
        reason = (
            "0 (scale to zero) is switched off by knative.autoscaler.scaleToZero: false; use at least 1, or true there"
        )
        yield (*path, "minReplicas"), reason


def _requested(model: dict[str, Any]) -> Iterator[tuple[Pattern, str]]:
    """Yield the patterns that a model asks for, each with the key that does."""
    if _named_runtime(model):
        yield Pattern.NAMED_RUNTIME, "runtime"
    if count(model.get("minReplicas")) == 0:
        yield Pattern.SCALE_TO_ZERO, "minReplicas"


def _named_runtime(model: dict[str, Any]) -> str | None:
    name = model.get("runtime")
    return name if isinstance(name, str) and name and name != AUTO else None


def _runtime(raw: dict[str, Any], path: Path, model: dict[str, Any], engine: EngineFacts) -> Iterator[Finding]:
    name, installed = _named_runtime(model), section(raw, engine.name)
    if name is None:
        return
    if name in CHART_RUNTIMES:
        # Of the chart whoever installed it: what it loads is the same on every cluster.
        if MLFLOW not in CHART_RUNTIMES[name]:
            loads = ", ".join(CHART_RUNTIMES[name])
            reason = (
                f"'{name}' loads {loads}, but models come as {MLFLOW} folders; use {AUTO}, or a runtime of your own"
            )
            yield (*path, "runtime"), reason
        return
    # Without the section, the cluster has the engine already, and runtimes that nobody here knows.
    if installed is None:
        return
    runtimes = {str(runtime.get("name")): runtime for _, runtime in entries(installed, "runtimes")}
    if name not in runtimes:
        usable = [known for known, formats in CHART_RUNTIMES.items() if MLFLOW in formats]
        known = ", ".join([AUTO, *runtimes, *usable])
        yield (*path, "runtime"), f"there is no runtime '{name}' in {engine.name}.runtimes; known here: {known}"
    elif isinstance(formats := runtimes[name].get("formats"), dict) and MLFLOW not in formats:
        reason = f"'{name}' does not serve {MLFLOW}; add it to the formats of that runtime, or use another"
        yield (*path, "runtime"), reason


def _host(path: Path, model: dict[str, Any], engine: EngineFacts) -> Iterator[Finding]:
    name, namespace = model.get("name"), model.get("namespace")
    if not isinstance(name, str) or not isinstance(namespace, str) or len(name) > MAX_DEPLOYMENT_NAME:
        return
    labels = (label.format(name=name, namespace=namespace) for label in engine.host_labels)
    longest = max(labels, key=len, default="")
    if len(longest) > MAX_LABEL:
        what = f"'{longest}', of {engine.title}'s host,"
        yield (*path, "name"), f"is too long with its namespace: {what} has more than {MAX_LABEL} characters"
