"""The Kubernetes objects of a stack's desired state, ready to be shown to an API server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.review.state.kubernetes_objects import SECRET_TYPES
from mlplatform.review.state.manifests import manifest_of
from mlplatform.review.state.property_values import is_unknown
from mlplatform.sandbox import field_paths as paths
from mlplatform.sandbox.findings import Candidate, Severity
from mlplatform.sandbox.validation.placeholders import fill, fill_secret

if TYPE_CHECKING:
    from mlplatform.review.state.resources import ResourceState, StackState
    from mlplatform.sandbox.findings import Finding, Object
    from mlplatform.sandbox.validation.schemas import Schemas

_PATCH = "Patch"


def objects_of(state: StackState) -> list[Candidate]:
    """Return the stack's own objects in the order in which the program registers them, secrets and unknowns as text.

    What patches an object of somebody else is left out; see :func:`patches_of`.
    """
    return [
        Candidate(
            manifest=_named(manifest, resource),
            origin=resource.urn,
            home=_provider_namespace(state, resource),
        )
        for resource in state.resources
        if not resource.type.endswith(_PATCH) and (manifest := manifest_of(resource)) is not None
    ]


def patches_of(state: StackState) -> list[Finding]:
    """Return a finding for each resource that patches an object which is not the stack's: alone it is not valid."""
    return [
        Candidate(manifest=manifest, origin=resource.urn).finding(
            Severity.UNCHECKED, "patches an object that is not the stack's; only the update can tell"
        )
        for resource in state.resources
        if resource.type.endswith(_PATCH) and (manifest := manifest_of(resource)) is not None
    ]


def filled(candidates: list[Candidate], schemas: Schemas) -> tuple[list[Candidate], list[Finding]]:
    """Give secrets and unknown values stand-ins of the right type.

    Returns:
        The objects, and what could not be checked for want of a type.

    """
    done: list[Candidate] = []
    findings: list[Finding] = []
    for item in candidates:
        manifest, stand_ins, left_out = fill(
            item.manifest, lambda path, item=item: schemas.field(item.api_version, item.kind, path)  # type: ignore[misc] # binds the loop's value
        )  # fmt: skip
        findings += [
            item.finding(Severity.UNCHECKED, f"not known before the update, and of unknown type: {paths.text(path)}")
            for path in left_out
        ]
        done.append(
            Candidate(
                manifest=manifest, origin=item.origin, placeholders=stand_ins + left_out, note=item.note, home=item.home
            )
        )
    return done, findings


def _named(manifest: Object, resource: ResourceState) -> Object:
    """Return the object with a name: the provider makes one from the logical name where the program gives none."""
    metadata: Any = manifest.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    if not metadata.get("name"):
        metadata = {**metadata, "name": resource.name.lower()}
    manifest = {**manifest, "metadata": metadata}
    return fill_secret(manifest) if resource.type in SECRET_TYPES else manifest


def _provider_namespace(state: StackState, resource: ResourceState) -> str:
    provider = state.resource((resource.provider or "").rpartition("::")[0])
    namespace = provider.inputs.get("namespace") if provider else None
    return namespace if isinstance(namespace, str) and namespace and not is_unknown(namespace) else "default"
