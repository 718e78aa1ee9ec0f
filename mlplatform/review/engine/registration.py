"""From what a program registers to a resource of the state."""

from __future__ import annotations

import re
from typing import Any

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.diff.aws_resources import ADDED_WITHIN
from mlplatform.review.engine.aliases import AliasSpec
from mlplatform.review.engine.errors import OfflineError
from mlplatform.review.state.property_values import (
    SECRET,
    SIGNATURE,
    clean,
    from_struct,
    state_properties,
)
from mlplatform.review.state.resources import ResourceState
from mlplatform.review.state.urn import is_provider, package_of

_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}
_DURATION = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(h|ms|m|s|us|µs|ns)")


def registered(request: Any, *, urn: str, provider: str, aliases: tuple[str, ...]) -> ResourceState:
    """Return the state of a ``pulumirpc.RegisterResourceRequest``, its secrets already without their value.

    Args:
        request: the registration, after inheritance and transforms.
        urn: URN of the resource.
        provider: provider reference, or ``""``.
        aliases: former URNs.

    """
    inputs = state_properties(request.type, from_struct(request.object))
    urns = {key: tuple(sorted(sources.urns)) for key, sources in request.propertyDependencies.items()}
    property_dependencies = {key: urns.get(key, ()) for key in inputs}
    if is_provider(request.type) and request.version:
        inputs["version"] = request.version
    return ResourceState(
        urn=urn,
        type=request.type,
        custom=request.custom,
        id=request.importId or None,
        parent=request.parent or None,
        provider=provider or None,
        dependencies=tuple(sorted(request.dependencies)),
        property_dependencies=property_dependencies,
        inputs=inputs,
        protect=request.protect,
        retain_on_delete=request.retainOnDelete,
        delete_before_replace=request.deleteBeforeReplace if request.deleteBeforeReplaceDefined else None,
        aliases=aliases,
        ignore_changes=tuple(request.ignoreChanges),
        replace_on_changes=tuple(request.replaceOnChanges),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
        custom_timeouts=_timeouts(request.customTimeouts, urn) if request.HasField("customTimeouts") else {},
        deleted_with=request.deletedWith or None,
        replace_with=tuple(request.replace_with),
        import_id=request.importId or None,
    )


def read(request: Any, *, urn: str, provider: str) -> ResourceState:
    """Return the state of a ``pulumirpc.ReadResourceRequest``: known by its id, its outputs unknown offline."""
    return ResourceState(
        urn=urn,
        type=request.type,
        custom=True,
        external=True,
        id=request.id,
        parent=request.parent or None,
        provider=provider,
        dependencies=tuple(sorted(request.dependencies)),
        inputs=state_properties(request.type, from_struct(request.properties)),
        additional_secret_outputs=tuple(request.additionalSecretOutputs),
    )


def alias_specs(request: Any) -> list[AliasSpec]:
    """Return the aliases of a registration."""
    specs = [AliasSpec(urn=urn) for urn in request.aliasURNs]
    for alias in request.aliases:
        if alias.WhichOneof("alias") == "urn":
            specs.append(AliasSpec(urn=alias.urn))
            continue
        spec = alias.spec
        specs.append(
            AliasSpec(
                name=spec.name,
                type=spec.type,
                stack=spec.stack,
                project=spec.project,
                parent=spec.parentUrn,
                no_parent=spec.noParent,
            )
        )
    return specs


def answer_properties(request: Any, *, transformed: bool) -> dict[str, Any]:
    """Return what the program gets back as outputs: the inputs; what a provider would add stays unknown.

    That is what a provider's preview of a new object amounts to. Within ``metadata`` of a Kubernetes object, a name
    that its provider would generate is unknown; what the API server would add (``uid``) is absent. A component gets
    nothing back, unless a transform changed its inputs: its outputs are its own. Of an AWS resource, what the provider
    adds inside an input is unknown where a program is known to read it.
    """
    inputs = from_struct(request.object)
    answer = dict(inputs) if transformed or request.custom else {}
    if request.custom and _is_named_by_provider(request.type, inputs):
        answer["metadata"] = {**(inputs.get("metadata") or {}), "name": UNKNOWN}
    for outer, inner in ADDED_WITHIN.get(request.type, ()):
        within = answer.get(outer)
        if request.custom and isinstance(within, dict) and SIGNATURE not in within:
            answer[outer] = {inner: UNKNOWN, **within}
    for key in request.additionalSecretOutputs:
        value = inputs.get(key, UNKNOWN)
        if not (isinstance(value, dict) and SIGNATURE in value):
            answer[key] = {SIGNATURE: SECRET, "value": value}
    return answer


def _is_named_by_provider(type_: str, inputs: dict[str, Any]) -> bool:
    """Whether Check of the Kubernetes provider gives the object a name (metadata/naming.go)."""
    metadata = inputs.get("metadata") or {}
    is_object = package_of(type_) == "kubernetes" and not is_provider(type_) and "apiVersion" in inputs
    return is_object and isinstance(metadata, dict) and SIGNATURE not in metadata and not metadata.get("name")


def _timeouts(timeouts: Any, urn: str) -> dict[str, float]:
    seconds = {}
    for name in ("create", "update", "delete", "read"):
        text = getattr(timeouts, name)
        if not text:
            continue
        if not re.fullmatch(f"(?:{_DURATION.pattern})+", text):
            raise OfflineError(f"'{urn}': {text!r} is no time; customTimeouts takes '90s', '10m' or '1h30m'")
        seconds[name] = clean(sum(float(number) * _UNITS[unit] for number, unit in _DURATION.findall(text)))
    return seconds
