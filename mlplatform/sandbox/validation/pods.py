"""The pods that workloads will make: the server judges pods by what it enforces, workloads only by warnings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.sandbox.field_paths import within
from mlplatform.sandbox.findings import Candidate

if TYPE_CHECKING:
    from collections.abc import Iterator

# Kind -> where its pod template is.
_TEMPLATES: dict[tuple[str, str], tuple[str, ...]] = {
    ("apps/v1", "Deployment"): ("spec", "template"),
    ("apps/v1", "StatefulSet"): ("spec", "template"),
    ("apps/v1", "DaemonSet"): ("spec", "template"),
    ("apps/v1", "ReplicaSet"): ("spec", "template"),
    ("batch/v1", "Job"): ("spec", "template"),
    ("batch/v1", "CronJob"): ("spec", "jobTemplate", "spec", "template"),
}
# The server looks these up; they may be other objects of the stack, which are not there while it is validated.
_REFERENCES = ("serviceAccountName", "serviceAccount", "priorityClassName", "runtimeClassName")


def pods_of(workloads: list[Candidate]) -> Iterator[Candidate]:
    """Yield the pod of each workload, without what refers to other objects."""
    for workload in workloads:
        template_path = _TEMPLATES.get((workload.api_version, workload.kind))
        if template_path is None:
            continue
        template: Any = workload.manifest
        for part in template_path:
            template = template.get(part) if isinstance(template, dict) else None
        if not isinstance(template, dict) or not isinstance(template.get("spec"), dict):
            # The workload itself is refused for that.
            continue
        spec = {key: value for key, value in template["spec"].items() if key not in _REFERENCES}
        if claims := _claimed(workload):
            spec["volumes"] = [*(spec.get("volumes") or ()), *claims]
        given = template.get("metadata") or {}
        metadata = {key: given[key] for key in ("labels", "annotations") if given.get(key)}
        metadata |= {"name": workload.name, **({"namespace": workload.namespace} if workload.namespace else {})}
        yield Candidate(
            manifest={"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec},
            origin=workload.origin,
            placeholders=tuple(path[len(template_path):]
                for path in workload.placeholders if within(path, template_path)),
            note=f"the pod of {workload.kind} {workload.name}",
        )  # fmt: skip


def _claimed(workload: Candidate) -> list[dict[str, Any]]:
    """Return the volumes that a StatefulSet gives to its first pod beside the template's own."""
    claims = workload.manifest["spec"].get("volumeClaimTemplates") if workload.kind == "StatefulSet" else None
    names = [claim.get("metadata", {}).get("name") for claim in claims or () if isinstance(claim, dict)]
    return [
        {"name": name, "persistentVolumeClaim": {"claimName": f"{name}-{workload.name}-0"}} for name in names if name
    ]
