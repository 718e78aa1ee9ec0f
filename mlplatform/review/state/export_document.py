"""Write a state in the engine's export format (pulumi/pulumi, ``sdk/go/common/apitype``: ``ResourceV3``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mlplatform.review.state.resources import ResourceState, StackState

# What is written. 2 lacks fields that are read where they are there; 4 adds features that change no field read or
# written here (apitype.DeploymentSchemaVersionLatest).
VERSION = 3
READABLE_VERSIONS = (2, VERSION, 4)

# Go's zero time: a state that was never applied has no time, and an engine can still read the file.
_MANIFEST = {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}


def export_document(state: StackState) -> dict[str, Any]:
    """Return the state as ``pulumi stack export`` would write it, without times and without an engine's version."""
    return {
        "version": VERSION,
        "deployment": {
            "manifest": dict(_MANIFEST),
            "resources": [_item(resource) for resource in state.resources],
            "metadata": {},
        },
    }


def is_applied(manifest: Any) -> bool:
    """Whether a manifest is an engine's, who applied what is below it, rather than one of :func:`export_document`."""
    return bool(manifest != _MANIFEST)


def _item(resource: ResourceState) -> dict[str, Any]:
    """Return one resource with the engine's field names, in the engine's order, empty fields left out."""
    fields = {
        "urn": resource.urn,
        "custom": resource.custom,
        "id": resource.id,
        "type": resource.type,
        "inputs": _sorted(dict(resource.inputs)),
        "outputs": _sorted(dict(resource.outputs)),
        "parent": resource.parent,
        "protect": resource.protect,
        "external": resource.external,
        "dependencies": list(resource.dependencies),
        "provider": resource.provider,
        "propertyDependencies": {key: list(urns) for key, urns in sorted(resource.property_dependencies.items())},
        "pendingReplacement": resource.pending_replacement,
        "additionalSecretOutputs": list(resource.additional_secret_outputs),
        "aliases": list(resource.aliases),
        "customTimeouts": dict(sorted(resource.custom_timeouts.items())),
        "importID": resource.import_id,
        "retainOnDelete": resource.retain_on_delete,
        "deletedWith": resource.deleted_with,
        "ignoreChanges": list(resource.ignore_changes),
        "replaceOnChanges": list(resource.replace_on_changes),
        "replaceWith": list(resource.replace_with),
        "initErrors": list(resource.init_errors),
    }
    kept = {key: value for key, value in fields.items() if value or key == "custom"}
    if resource.delete_before_replace is not None:
        kept["deleteBeforeReplace"] = resource.delete_before_replace
    return kept


def _sorted(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _sorted(value[key]) for key in sorted(value)}
    return [_sorted(item) for item in value] if isinstance(value, list) else value
