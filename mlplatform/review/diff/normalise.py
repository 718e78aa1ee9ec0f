"""Bring a resource's inputs to one form before they are compared.

An export holds the inputs as the provider's ``Check`` left them; offline they are as the program gave them. What
``Check`` is known to change is undone here, by type, and nothing else. Each rule names its source in
pulumi/pulumi-kubernetes, ``provider/pkg`` (4.34).
"""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.diff.aws_resources import AWS_PREFIX
from mlplatform.review.diff.normalise_aws import aws_inputs, fill_in_aws_provider
from mlplatform.review.state.kubernetes_objects import HELM_RELEASE, SECRET_TYPES, is_kubernetes_object
from mlplatform.review.state.property_values import contains_secret, is_secret, is_unknown, secret
from mlplatform.review.state.urn import is_provider

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.review.state.resources import ResourceState

Inputs = dict[str, Any]

AUTONAMED = "pulumi.com/autonamed"

# provider.go, normalizeInputs: set by the API server, removed from inputs.
_READ_ONLY_METADATA = (
    "creationTimestamp",
    "deletionGracePeriodSeconds",
    "deletionTimestamp",
    "generation",
    "managedFields",
    "resourceVersion",
    "uid",
)

# helm_release.go, setDefaults and Check: filled in although the program does not say so.
_HELM_TIMEOUT_SECONDS = 300
_HELM_FILLED_IN = ("name", "keyring", "resourceNames", "status", "checksum")


def comparable(old: ResourceState, new: ResourceState, provider: Mapping[str, Any]) -> tuple[Inputs, Inputs]:
    """Return both inputs in a form in which equal means unchanged.

    Args:
        old: the resource in the last known state, from the engine or from an offline run.
        new: the resource as the program wants it.
        provider: inputs of the new resource's provider.

    """
    # Both are changed below, never the state itself. A component without inputs has none in an export.
    before, after = _copy(dict(old.inputs)), _copy(dict(new.inputs))
    if is_kubernetes_object(new):
        return _kubernetes(before, after, new.type, _namespace(provider))
    if new.type == HELM_RELEASE:
        return _helm(before, after, _namespace(provider))
    if is_provider(new.type):
        return _provider(before, after)
    if new.custom and new.type.startswith(AWS_PREFIX):
        return aws_inputs(before, after, provider)
    return before, after


def _copy(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list) else value


def _namespace(provider: Mapping[str, Any]) -> str:
    """Return the namespace an object gets that names none (provider.go, Check and canonicalNamespace)."""
    given = provider.get("namespace")
    return given if isinstance(given, str) and given and not is_unknown(given) else "default"


def _kubernetes(old: Inputs, new: Inputs, type_: str, namespace: str) -> tuple[Inputs, Inputs]:
    old, new = (_dashed(side) for side in (old, new))
    for side in (old, new):
        metadata = side.get("metadata")
        if isinstance(metadata, dict):
            for key in _READ_ONLY_METADATA:
                metadata.pop(key, None)
    before, after = _metadata(old), _metadata(new)
    if not after.get("name"):
        _without_autoname(before)
    # An object of no namespace is in the provider's; so is one that names that very namespace.
    for one, other in ((before, after), (after, before)):
        if not other.get("namespace") and one.get("namespace") == namespace:
            del one["namespace"]
    for side in (old, new):
        if side.get("metadata") == {}:
            del side["metadata"]
        if type_ in SECRET_TYPES:
            _only_data(side)
    return old, new


def _metadata(inputs: Inputs) -> dict[str, Any]:
    metadata = inputs.get("metadata")
    return metadata if isinstance(metadata, dict) and not is_secret(metadata) else {}


def _without_autoname(metadata: dict[str, Any]) -> None:
    """Undo a generated name (metadata/naming.go, AssignNameIfAutonamable); the next Check adopts it again."""
    annotations = metadata.get("annotations")
    if not isinstance(annotations, dict) or annotations.get(AUTONAMED) != "true":
        return
    metadata.pop("name", None)
    annotations.pop(AUTONAMED)
    if not annotations:
        del metadata["annotations"]


def _dashed(value: Any) -> Any:
    """Write ``x_kubernetes_*`` as ``x-kubernetes-*`` (provider.go, mapReplUnderscoreToDash)."""
    if isinstance(value, dict):
        return {
            (key.replace("_", "-") if key.startswith("x_kubernetes_") else key): _dashed(item)
            for key, item in value.items()
        }
    return [_dashed(item) for item in value] if isinstance(value, list) else value


def _only_data(inputs: Inputs) -> None:
    """Turn ``stringData`` of a Secret into ``data`` (clients/unstructured.go, normalizeSecretStringData)."""
    text, data = inputs.pop("stringData", None), inputs.get("data")
    if not text:
        return
    if isinstance(text, dict) and not is_secret(text) and not is_secret(data):
        encoded = {key: _encoded(value) for key, value in text.items()}
        inputs["data"] = {**(data if isinstance(data, dict) else {}), **encoded}
    else:
        inputs["data"] = UNKNOWN if is_unknown(text) else secret()


def _encoded(value: Any) -> Any:
    return base64.b64encode(value.encode()).decode() if isinstance(value, str) and not is_unknown(value) else value


def _helm(old: Inputs, new: Inputs, namespace: str) -> tuple[Inputs, Inputs]:
    """Forget what Check adds to a release that the program does not set (helm_release.go, Check and setDefaults)."""
    for one, other in ((old, new), (new, old)):
        # The SDK sends it, Check forgets it (type Release).
        one.pop("compat", None)
        _drop_unset(one, other)
        if isinstance(one.get("repositoryOpts"), dict) and isinstance(other.get("repositoryOpts"), dict):
            _drop_unset(one["repositoryOpts"], other["repositoryOpts"])
    for key in _HELM_FILLED_IN:
        if key not in new:
            old.pop(key, None)
    if "timeout" not in new and old.get("timeout") == _HELM_TIMEOUT_SECONDS:
        del old["timeout"]
    if not new.get("namespace") and old.get("namespace") == namespace:
        del old["namespace"]
    requested, installed = new.get("version"), old.get("version")
    if requested is None or (isinstance(requested, str) and isinstance(installed, str) and _is_range(requested)):
        # Which version a range means is known only where the chart's repository can be asked.
        old.pop("version", None)
        new.pop("version", None)
    elif isinstance(requested, str) and isinstance(installed, str) and requested.lstrip("v") == installed.lstrip("v"):
        old["version"] = requested
    return old, new


def _is_range(version: str) -> bool:
    return any(mark in version for mark in "^~<>=*|, ") or version.lower().endswith(".x")


def _drop_unset(one: Inputs, other: Inputs) -> None:
    """Remove empty values that the other side does not have: ``false``, ``""``, ``0``, ``null``, ``{}``, ``[]``."""
    for key in [key for key, value in one.items() if key not in other and not value]:
        del one[key]


def _provider(old: Inputs, new: Inputs) -> tuple[Inputs, Inputs]:
    """Compare a provider's inputs as the texts the engine keeps, without what describes its plugin only."""
    for one, other in ((old, new), (new, old)):
        for key in ("__internal", "pluginDownloadURL"):
            one.pop(key, None)
        if "version" not in other:
            one.pop("version", None)
    fill_in_aws_provider(old, new)
    return {key: _text(value) for key, value in old.items()}, {key: _text(value) for key, value in new.items()}


def _text(value: Any) -> Any:
    if value is None or is_secret(value) or is_unknown(value):
        return value
    if contains_secret(value):
        # The engine keeps structured settings as one text, which then is a secret as a whole.
        return secret()
    if not isinstance(value, str):
        return json.dumps(value, sort_keys=True, separators=(",", ":"))
    try:
        data = json.loads(value)
    except ValueError:
        return value
    return json.dumps(data, sort_keys=True, separators=(",", ":")) if isinstance(data, dict | list) else value
