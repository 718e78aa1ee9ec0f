"""Which changes cannot be made in place.

Only what is known without a provider: Kubernetes objects, Helm releases, the Kubernetes provider, the AWS resources in
:mod:`.aws_resources`, generated passwords, and what the program itself says (``replaceOnChanges``). For other
packages, only their provider knows; the preview shows an update there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mlplatform.review.diff.aws_resources import AWS_PREFIX, DEFAULT_NAME, NAMES, force_new_aws, is_renewed_by_update
from mlplatform.review.diff.force_new import FORCE_NEW, RANDOM_INPUTS, RANDOM_PASSWORD
from mlplatform.review.diff.normalise import AUTONAMED
from mlplatform.review.state.kubernetes_objects import HELM_RELEASE, SECRET_TYPES, is_kubernetes_object
from mlplatform.review.state.property_paths import Path, parse_path
from mlplatform.review.state.property_values import is_unknown
from mlplatform.review.state.urn import PROVIDER_PREFIX

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mlplatform.review.state.resources import ResourceState

KUBERNETES_PROVIDER = f"{PROVIDER_PREFIX}kubernetes"

_IDENTITY = ("metadata.name", "metadata.namespace")
_CLUSTER_KEYS = ("kubeconfig", "context", "cluster")


def replacing_paths(old: ResourceState, new: ResourceState, provider: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the paths whose changes replace the resource; ``*`` stands for every index or key.

    Args:
        old: the resource in the last known state.
        new: the resource as the program wants it.
        provider: inputs of its provider.

    """
    texts: tuple[str, ...] = new.replace_on_changes if new.custom else ()
    if new.type == HELM_RELEASE:
        texts = (*texts, "name", "namespace")
    elif new.type == RANDOM_PASSWORD:
        texts = (*texts, *RANDOM_INPUTS)
    elif is_kubernetes_object(new):
        texts = (*texts, *_of_object(new, provider))
    elif new.custom and new.type.startswith(AWS_PREFIX):
        texts = (*texts, *force_new_aws(new.type, old.inputs, new.inputs))
    return tuple(map(parse_path, texts))


def _of_object(new: ResourceState, provider: Mapping[str, Any]) -> tuple[str, ...]:
    kind = new.type.removeprefix("kubernetes:")
    if kind.endswith("Patch"):
        return _IDENTITY
    immutable = new.inputs.get("immutable") is True
    if new.type in SECRET_TYPES and (immutable or not _on(provider, "enableSecretMutable")):
        return (*_IDENTITY, "type", "stringData", "data")
    if kind == "core/v1:ConfigMap" and (immutable or not _on(provider, "enableConfigMapMutable")):
        return (*_IDENTITY, "binaryData", "data")
    return (*_IDENTITY, *FORCE_NEW.get(kind, ()))


def _on(provider: Mapping[str, Any], key: str) -> bool:
    return provider.get(key) in (True, "true")


def keeps_outputs(source: ResourceState | None, op: str | None, user: ResourceState, path: Path) -> bool:
    """Whether what a resource answers is sure to be what it answered before, at a place that uses it.

    Nothing changes where nothing is done. An AWS resource that is changed in place keeps its id, ARN and name; its
    provider says so in the engine's preview, too.

    Args:
        source: the resource that answers, as the program wants it.
        op: what would happen to it.
        user: the resource that uses the answer.
        path: where.

    """
    if op == "update" and source is not None and source.custom and source.type.startswith(AWS_PREFIX):
        return not is_renewed_by_update(user.type, path)
    return op == "same"


def deletes_before_replacement(old: ResourceState, new: ResourceState) -> bool:
    """Whether a replaced resource must go before the new one can come: the object's name is taken.

    The program's own wish comes first; without one it is the provider's answer (pulumi-kubernetes: provider.go, Diff;
    pulumi-aws: a name that the program gives and that stays).
    """
    if new.delete_before_replace is not None:
        return new.delete_before_replace
    if new.type.startswith(AWS_PREFIX):
        key = NAMES.get(new.type, DEFAULT_NAME)
        name = new.inputs.get(key)
        return isinstance(name, str) and not is_unknown(name) and old.inputs.get(key) == name
    if not is_kubernetes_object(new):
        return False
    before, after = _names(old), _names(new)
    metadata = new.inputs.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    autonamed = isinstance(annotations, dict) and annotations.get(AUTONAMED) == "true"
    return bool(after[0]) and not autonamed and before == after


def _names(resource: ResourceState) -> tuple[Any, Any]:
    metadata = resource.inputs.get("metadata")
    if not isinstance(metadata, dict):
        return None, "default"
    return metadata.get("name"), metadata.get("namespace") or "default"


def provider_replacing_keys(
    type_: str, old: Mapping[str, Any], new: Mapping[str, Any], changed: Collection[str]
) -> frozenset[str]:
    """Return the changed settings that make a provider, and with it all its resources, a new one.

    Restates ``DiffConfig`` of pulumi-kubernetes (provider.go). Other packages' providers are taken to be updated.

    Args:
        type_: type token of the provider.
        old: its comparable inputs before.
        new: its comparable inputs now.
        changed: the top-level settings that differ.

    """
    if type_ != KUBERNETES_PROVIDER or not changed:
        return frozenset()
    before, after = old.get("clusterIdentifier"), new.get("clusterIdentifier")
    if after and before == after:
        return frozenset()
    keys = {"clusterIdentifier"} if before and after else set()
    unknown = next((key for key in _CLUSTER_KEYS if is_unknown(new.get(key))), None)
    if unknown:
        return frozenset({*keys, unknown})
    if "renderYamlToDirectory" in changed:
        keys.add("renderYamlToDirectory")
    clusters = _active_cluster(old), _active_cluster(new)
    if None not in clusters and clusters[0] != clusters[1]:
        keys.update(key for key in _CLUSTER_KEYS if key in changed)
    return frozenset(keys)


def _active_cluster(inputs: Mapping[str, Any]) -> Any:
    """Return the settings of the cluster that a provider's kubeconfig points to (util.go), ``None`` if not known."""
    text = inputs.get("kubeconfig")
    if not isinstance(text, str):
        return None
    try:
        config = YAML(typ="safe", pure=True).load(text)
        clusters = {item["name"]: item.get("cluster") for item in config["clusters"]}
        contexts = {item["name"]: item.get("context") or {} for item in config.get("contexts") or []}
        context = contexts.get(inputs.get("context") or config.get("current-context")) or {}
    except (YAMLError, AttributeError, KeyError, TypeError):
        return None
    return clusters.get(inputs.get("cluster") or context.get("cluster"))
