"""Check objects against the schemas of real CRDs, as strictly as an API server with strict field validation."""

from __future__ import annotations

from functools import cache
from typing import Any

import jsonschema
import pytest

from mlplatform.sandbox.control_plane.crds import CrdUnavailableError, crd, find


def assert_valid(manifest: dict[str, Any]) -> None:
    """Fail with every place where a manifest breaks the schema of its kind; skip, visibly, where there is none."""
    try:
        schema = _schema(manifest["apiVersion"], manifest["kind"])
    except CrdUnavailableError as reason:
        pytest.skip(f"no CRD to check against: {reason}")
    errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    problems = [f"{error.json_path}: {error.message[:200]}" for error in errors]
    assert not problems, "\n".join(problems)


@cache
def _schema(api_version: str, kind: str) -> dict[str, Any]:
    source = find(api_version, kind)
    assert source, f"no CRD in mlplatform/sandbox/control_plane/crds.yaml for {api_version} {kind}"
    version = api_version.partition("/")[2]
    spec = crd(source)["spec"]
    served = next(item for item in spec["versions"] if item["name"] == version)
    schema = strict(served["schema"]["openAPIV3Schema"])
    # The API server itself checks these three; CRD schemas leave them open or out.
    schema["properties"] |= {"apiVersion": {"type": "string"}, "kind": {"type": "string"}}
    schema["properties"]["metadata"] = {
        "type": "object",
        "required": ["name", "namespace"] if spec["scope"] == "Namespaced" else ["name"],
        "properties": {
            "name": {"type": "string"},
            "namespace": {"type": "string"},
            "labels": {"type": "object", "additionalProperties": {"type": "string"}},
            "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
        },
        "additionalProperties": False,
    }
    return schema


def strict(schema: Any) -> Any:
    """Return a structural schema as JSON Schema in which a field that the API server would drop is an error."""
    if isinstance(schema, list):
        return [strict(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    result = {key: strict(value) for key, value in schema.items() if key not in {"format", "default", "example"}}
    if schema.get("x-kubernetes-int-or-string"):
        result["type"] = ["integer", "string"]
    elif "properties" in schema and isinstance(schema["properties"], dict) and schema.get("type") == "object":
        result["properties"] = {name: strict(value) for name, value in schema["properties"].items()}
        if not schema.get("x-kubernetes-preserve-unknown-fields") and "additionalProperties" not in schema:
            result["additionalProperties"] = False
    if schema.get("nullable") and isinstance(result.get("type"), str):
        result["type"] = [result["type"], "null"]
    return result
