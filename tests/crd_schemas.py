"""Check objects against the schemas of real CRDs, as strictly as an API server with strict field validation."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import requests
import yaml

ROOT = Path(__file__).parents[1]
SOURCES = yaml.safe_load(Path(__file__).with_name("crds.yaml").read_text())


class CrdUnavailableError(Exception):
    """Neither a shared folder nor a download has the CRD."""


def assert_valid(manifest: dict[str, Any]) -> None:
    """Fail with every place where a manifest breaks the schema of its kind; skip, visibly, where there is none."""
    try:
        schema = _schema(manifest["kind"], manifest["apiVersion"].partition("/")[2])
    except CrdUnavailableError as reason:
        pytest.skip(f"no CRD to check against: {reason}")
    errors = jsonschema.Draft202012Validator(schema).iter_errors(manifest)
    problems = [f"{error.json_path}: {error.message[:200]}" for error in errors]
    assert not problems, "\n".join(problems)


def crd_text(kind: str, *, shared: Path | None = None, cache_dir: Path | None = None) -> str:
    """Return the text of a CRD, from the shared folder if it is there, else downloaded once and verified."""
    source = SOURCES[kind]
    shared = shared or Path(os.environ.get("MLPLATFORM_CRDS", ROOT.parent / "shared" / "crds"))
    if (shared / source["shared"]).is_file():
        return (shared / source["shared"]).read_text()
    cached = (cache_dir or ROOT / ".mlplatform" / "crds") / f"{kind}-{source['sha256'][:12]}.yaml"
    if not cached.is_file():
        content = _download(source["url"], source["sha256"])
        cached.parent.mkdir(parents=True, exist_ok=True)
        cached.write_bytes(content)
    return cached.read_text()


def _download(url: str, sha256: str) -> bytes:
    try:
        response = requests.get(url, timeout=10)
        response.raise_for_status()
    except requests.RequestException as error:
        raise CrdUnavailableError(f"{url} cannot be downloaded ({type(error).__name__})") from None
    found = hashlib.sha256(response.content).hexdigest()
    assert found == sha256, f"{url} has checksum {found}, pinned is {sha256}"
    return response.content


@cache
def _schema(kind: str, version: str) -> dict[str, Any]:
    lines = (line for line in crd_text(kind).splitlines() if "{{" not in line)
    # The C loader: these files are large, and the pure one takes eight seconds for each.
    crd = yaml.load("\n".join(lines), Loader=yaml.CSafeLoader)
    served = next(item for item in crd["spec"]["versions"] if item["name"] == version)
    schema = strict(served["schema"]["openAPIV3Schema"])
    # The API server itself checks these three, CRD schemas leave them open.
    schema["properties"]["metadata"] = {
        "type": "object",
        "required": ["name", "namespace"],
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
