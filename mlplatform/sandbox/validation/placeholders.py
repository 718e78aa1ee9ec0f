"""Stand-ins for what is secret, or known only after the update: the server is to see every object whole."""

from __future__ import annotations

import base64
from functools import cache
from typing import TYPE_CHECKING, Any

from mlplatform.review.state.property_values import SECRET_TEXT, is_unknown
from mlplatform.sandbox.control_plane.certificates import placeholder
from mlplatform.sandbox.field_paths import ITEM

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlplatform.sandbox.field_paths import Path
    from mlplatform.sandbox.findings import Object
    from mlplatform.sandbox.validation.schemas import Schema

_TEXT = "placeholder"
# What the server wants to find in Secrets of a type:
# https://kubernetes.io/docs/concepts/configuration/secret/#secret-types
_DOCKER = '{"auths": {}}'
_TLS = "kubernetes.io/tls"
_SHAPES: dict[str, dict[str, str]] = {
    "kubernetes.io/dockerconfigjson": {".dockerconfigjson": _DOCKER},
    "kubernetes.io/dockercfg": {".dockercfg": "{}"},
    "kubernetes.io/basic-auth": {"username": _TEXT, "password": _TEXT},
    "kubernetes.io/ssh-auth": {"ssh-privatekey": _TEXT},
}
_FORMATS = {
    "date-time": "2026-01-01T00:00:00Z",
    "byte": base64.b64encode(_TEXT.encode()).decode(),
    "uri": "https://placeholder.invalid",
    "ipv4": "192.0.2.1",
    "ip": "192.0.2.1",
}


def fill_secret(manifest: Object) -> Object:
    """Give a Secret, whose values are all ``[secret]``, values of the shape that its type asks for."""
    values = manifest.get("stringData")
    if not isinstance(values, dict):
        return manifest
    shape = _certificate() if manifest.get("type") == _TLS else _SHAPES.get(str(manifest.get("type")), {})
    keys = set(values) - {SECRET_TEXT}
    if SECRET_TEXT in values:
        # Not even the keys are known.
        keys |= set(shape) or {_TEXT}
    return {**manifest, "stringData": {key: shape.get(key, _TEXT) for key in sorted(keys)}}


@cache
def _certificate() -> dict[str, str]:
    certificate, key = placeholder()
    return {"tls.crt": certificate, "tls.key": key}


def fill(
    manifest: Object, schema_of: Callable[[Path], Schema | None]
) -> tuple[Object, tuple[Path, ...], tuple[Path, ...]]:
    """Replace secret and unknown values by ones of the right type.

    Args:
        manifest: the object, as :func:`mlplatform.review.state.manifests.manifest_of` returns it.
        schema_of: path -> schema of the field, ``None`` where it is not known.

    Returns:
        The object, the paths of stand-ins, and the paths that had to be left out, because their type is not known.

    """
    filled: list[Path] = []
    left_out: list[Path] = []

    def walk(value: Any, path: Path) -> Any:
        if isinstance(value, dict):
            items = {key: walk(item, (*path, key)) for key, item in value.items()}
            return {key: item for key, item in items.items() if item is not _LEFT_OUT}
        if isinstance(value, list):
            return [item for item in (walk(item, (*path, ITEM)) for item in value) if item is not _LEFT_OUT]
        if not (is_unknown(value) or value == SECRET_TEXT):
            return value
        schema = schema_of(path)
        if schema is None:
            left_out.append(path)
            return _LEFT_OUT
        filled.append(path)
        return _of_type(schema)

    return walk(manifest, ()), tuple(filled), tuple(left_out)


_LEFT_OUT = object()


def _of_type(schema: Schema) -> Any:
    """Return a value that fits a schema as far as type, format, choice and bounds go."""
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("x-kubernetes-int-or-string") or schema.get("format") == "int-or-string":
        return 1
    kind = schema.get("type") or ("string" if "oneOf" in schema or "anyOf" in schema else "object")
    if kind == "string":
        # A quantity is published as text or number: "1" is both.
        return "1" if "oneOf" in schema else _FORMATS.get(schema.get("format", ""), _TEXT)
    if kind in {"integer", "number"}:
        return max(1, int(schema.get("minimum", 1)))
    return {"boolean": True, "array": []}.get(kind, {})
