"""The Kubernetes objects of a state, one file each, as ``kubectl apply`` would take them."""

from __future__ import annotations

import io
import re
import shutil
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN
from ruamel.yaml import YAML

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.review.state.kubernetes_objects import SECRET_TYPES, is_kubernetes_object
from mlplatform.review.state.property_values import SECRET_TEXT, contains_secret, contains_unknown, is_secret

if TYPE_CHECKING:
    from pathlib import Path

    from mlplatform.review.state.resources import ResourceState, StackState

FOLDER = "manifests"
CLUSTER_SCOPE = "_cluster"
# Says that the folder is ours and may be replaced as a whole.
MARKER = ".written-by-mlplatform"

_NOT_APPLICABLE = "# Not to be applied as it is: {}.\n"


def manifest_of(resource: ResourceState) -> dict[str, Any] | None:
    """Return a resource as a Kubernetes manifest.

    Secrets are the text ``[secret]``, in a Secret under ``stringData``; unknowns are the unknown text. The name of an
    object that its provider would name is missing.

    Returns:
        The manifest, ``None`` for anything that is not one object of the Kubernetes API.

    """
    if not is_kubernetes_object(resource) or resource.external:
        return None
    module, _, kind = resource.type.removeprefix("kubernetes:").rpartition(":")
    inputs = dict(resource.inputs)
    api_version = inputs.pop("apiVersion", None) or module.removeprefix("core/")
    kind = inputs.pop("kind", None) or kind
    manifest = {"apiVersion": api_version, "kind": kind}
    if "metadata" in inputs:
        manifest["metadata"] = _redacted(inputs.pop("metadata"))
    if resource.type in SECRET_TYPES:
        values = {**_texts(inputs.pop("data", None)), **_texts(inputs.pop("stringData", None))}
        manifest |= {"stringData": values} if values else {}
    return manifest | {key: _redacted(inputs[key]) for key in sorted(inputs)}


def _redacted(value: Any) -> Any:
    """Replace secrets, known or not, by their text."""
    if is_secret(value):
        return SECRET_TEXT
    if isinstance(value, dict):
        return {key: _redacted(item) for key, item in value.items() if item is not None}
    return [_redacted(item) for item in value] if isinstance(value, list) else value


def _texts(data: Any) -> dict[str, str]:
    """Return a Secret's values, none of which may be seen; as a whole secret, even its keys are not known."""
    if isinstance(data, dict) and not is_secret(data):
        return dict.fromkeys(sorted(data), SECRET_TEXT)
    return {} if data is None else {SECRET_TEXT: SECRET_TEXT}


def write_manifests(state: StackState, folder: Path) -> tuple[Path, ...]:
    """Write ``manifests/<namespace>/<kind>-<name>.yaml`` below the folder, replacing what was written before.

    Args:
        state: the desired state.
        folder: where the folder ``manifests`` is made.

    Returns:
        The written files, sorted.

    Raises:
        ProblemsError: there is a folder ``manifests`` that was not written here, or two objects have one name.

    """
    target = folder / FOLDER
    if target.exists() and not (target / MARKER).is_file():
        raise _problem(target, "was not written by this tool; name another folder, or remove it")
    texts: dict[Path, str] = {}
    for resource in state.resources:
        manifest = manifest_of(resource)
        if manifest is None:
            continue
        path = target / _file_name(manifest, resource.name)
        if path in texts:
            raise _problem(path, f"two objects of the stack have this name; one is '{resource.urn}'")
        texts[path] = _yaml(manifest, resource)
    if target.exists():
        shutil.rmtree(target)
    target.mkdir(parents=True)
    (target / MARKER).write_text("Replaced as a whole by every synth.\n", encoding="utf-8")
    for path, text in texts.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tuple(sorted(texts))


def _problem(path: Path, message: str) -> ProblemsError:
    return ProblemsError([Problem(file=str(path), key="", message=message)])


def _file_name(manifest: dict[str, Any], logical_name: str) -> str:
    metadata = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    namespace = _safe(metadata.get("namespace") or CLUSTER_SCOPE)
    # Objects that the provider names are told apart by the program's own name for them.
    name = _safe(metadata.get("name") or logical_name)
    return f"{namespace}/{_safe(str(manifest['kind']).lower())}-{name}.yaml"


def _safe(text: Any) -> str:
    """Return text that is one name in every file system; Kubernetes allows ``:`` in the names of RBAC objects."""
    return re.sub(r"[^A-Za-z0-9._-]", "_", str(text)).lstrip(".") or "_"


def _yaml(manifest: dict[str, Any], resource: ResourceState) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment] # typed as if None were its only value
    yaml.width = 4096
    stream = io.StringIO()
    yaml.dump(manifest, stream)
    inputs = dict(resource.inputs)
    reasons = [
        text
        for holds, text in (
            (contains_secret(inputs) or resource.type in SECRET_TYPES, "secrets are replaced by a placeholder"),
            (contains_unknown(manifest), f"what is known only after the update reads {UNKNOWN}"),
        )
        if holds
    ]
    return (_NOT_APPLICABLE.format("; ".join(reasons)) if reasons else "") + stream.getvalue()
