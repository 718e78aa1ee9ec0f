"""The types of fields, as the API server publishes them (OpenAPI v3)."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from mlplatform.sandbox.field_paths import ITEM

if TYPE_CHECKING:
    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.field_paths import Path

_REFERENCE = "#/components/schemas/"
_KINDS = "x-kubernetes-group-version-kind"

Schema = dict[str, Any]


class Schemas:
    """The schemas of one server, read once for each group and version."""

    def __init__(self, api: Api) -> None:
        """Read nothing yet."""
        self._api = api
        self._documents: dict[str, dict[str, Schema]] = {}
        self._lock = threading.Lock()

    def field(self, api_version: str, kind: str, path: Path) -> Schema | None:
        """Return the schema of a field, ``None`` where the server publishes none."""
        components = self._components(api_version)
        schema = next((item for item in components.values() if _is_of(item, api_version, kind)), None)
        for part in path:
            if schema is None:
                return None
            schema = _resolved(schema, components)
            below = schema.get("items") if part == ITEM else schema.get("properties", {}).get(part)
            extra = schema.get("additionalProperties")
            schema = below if below is not None else extra if isinstance(extra, dict) else None
        return None if schema is None else _resolved(schema, components)

    def _components(self, api_version: str) -> dict[str, Schema]:
        with self._lock:
            if api_version not in self._documents:
                group_path = f"apis/{api_version}" if "/" in api_version else f"api/{api_version}"
                answer = self._api.get(f"/openapi/v3/{group_path}")
                definitions = answer.body.get("components", {}).get("schemas", {}) if answer.ok else {}
                self._documents[api_version] = definitions
            return self._documents[api_version]


def _is_of(schema: Schema, api_version: str, kind: str) -> bool:
    group, _, version = api_version.rpartition("/")
    return {"group": group, "version": version, "kind": kind} in schema.get(_KINDS, [])


def _resolved(schema: Schema, components: dict[str, Schema]) -> Schema:
    """Follow a reference; the server wraps it into ``allOf`` to give it a description and a default."""
    wrapped = schema.get("allOf") or []
    reference = schema.get("$ref") or (wrapped[0].get("$ref") if len(wrapped) == 1 else None)
    return components.get(reference.removeprefix(_REFERENCE), {}) if reference else schema
