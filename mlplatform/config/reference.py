"""All settings, derived from their models: a JSON Schema of the stack file for editors, and a reference for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.aws_defaults import REGION_SECTIONS
from mlplatform.config.models import Settings
from mlplatform.config.schema import models_at
from mlplatform.config.stack_file import stack_file_name

if TYPE_CHECKING:
    from collections.abc import Iterator

Schema = dict[str, Any]
_PREFIX = "mlplatform:"
_OTHER_KEYS = f"^(?!{_PREFIX})"
_DEFINITIONS = "#/$defs/"
_TYPES = {"string": "text", "integer": "whole number", "number": "number", "boolean": "truth value", "null": "nothing"}


def stack_schema() -> Schema:
    """Return the JSON Schema (draft 2020-12) of ``Pulumi.<stack>.yaml``.

    It knows keys, types, choices and bounds, so that an editor completes and checks while one types. Rules that span
    several keys are a preview's business. Keys of other packages (``pulumi:``, ``aws:``) and of the engine are free.
    """
    settings = _settings_schema()
    definitions = settings.pop("$defs")
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": stack_file_name("<stack>"),
        "type": "object",
        "properties": {
            "config": {
                "type": "object",
                "properties": {f"{_PREFIX}{key}": value for key, value in settings["properties"].items()},
                "required": [f"{_PREFIX}{key}" for key in settings.get("required", ())],
                "patternProperties": {_OTHER_KEYS: {}},
                "additionalProperties": False,
            }
        },
        "$defs": definitions,
    }


def _settings_schema() -> Schema:
    schema = Settings.model_json_schema(by_alias=True)
    for section in REGION_SECTIONS:
        for model in models_at(section):
            definition = schema["$defs"][model.__name__]
            definition["required"] = [key for key in definition.get("required", ()) if key != "region"]
    return schema


def reference_markdown() -> str:
    """Return every key of the stack file in tables: type, default, meaning; one table for each section."""
    schema = _settings_schema()
    definitions = schema["$defs"]
    lines = [
        "# Settings reference",
        "",
        "Every key under `config:` of `Pulumi.<stack>.yaml`, written by `mlplatform settings`; do not edit.",
        "What belongs together, and why: [settings](settings.md).",
        "",
    ]
    top = {key: value for key, value in schema["properties"].items() if not list(_sections(value, definitions))}
    lines += ["## `mlplatform:`", "", *_table({**schema, "properties": top}, definitions)]
    for key, value in schema["properties"].items():
        lines += _section(f"{_PREFIX}{key}", value, definitions, level=2)
    return "\n".join(lines).rstrip() + "\n"


def _section(path: str, value: Schema, definitions: Schema, *, level: int) -> Iterator[str]:
    """Yield the tables of a section and of the sections below it; of a union, one for each kind."""
    for kind, section, suffix in _sections(value, definitions):
        here = f"{path}{suffix}"
        yield f"{'#' * level} `{here}`" + (f", kind {kind}" if kind else "")
        yield ""
        if text := section.get("description"):
            yield _one_line(text)
            yield ""
        yield from _table(section, definitions)
        for key, inner in section["properties"].items():
            yield from _section(f"{here}.{key}", inner, definitions, level=min(level + 1, 4))


def _table(section: Schema, definitions: Schema) -> Iterator[str]:
    yield "| key | type | default | meaning |"
    yield "| --- | --- | --- | --- |"
    required = section.get("required", ())
    for key, value in section["properties"].items():
        default = "required" if key in required else _default(value)
        meaning = _one_line(value.get("description", ""))
        yield f"| `{key}` | {_type(value, definitions)} | {default} | {meaning} |"
    yield ""


def _sections(value: Schema, definitions: Schema) -> Iterator[tuple[str, Schema, str]]:
    """Yield (kind, section, suffix of its path): of a section one, of a union one a kind, of a list its entries'."""
    if "$ref" in value:
        section = definitions[value["$ref"].removeprefix(_DEFINITIONS)]
        if "properties" in section:
            yield section["properties"].get("kind", {}).get("const", ""), section, ""
        return
    for choice in (*value.get("anyOf", ()), *value.get("oneOf", ())):
        yield from _sections(choice, definitions)
    if isinstance(value.get("items"), dict):
        for kind, section, suffix in _sections(value["items"], definitions):
            yield kind, section, f"[]{suffix}"


def _type(value: Schema, definitions: Schema) -> str:
    """Return the type of a field in words."""
    if "$ref" in value:
        target = definitions[value["$ref"].removeprefix(_DEFINITIONS)]
        return "section" if "properties" in target else _type(target, definitions)
    choices = [*value.get("anyOf", ()), *value.get("oneOf", ())]
    if choices:
        return " or ".join(
            dict.fromkeys(_type(choice, definitions) for choice in choices if choice != {"type": "null"})
        )
    constants = value.get("enum", [value["const"]] if "const" in value else [])
    if constants:
        return ", ".join(f"`{constant}`" for constant in constants)
    return _plain_type(value, definitions)


def _plain_type(value: Schema, definitions: Schema) -> str:
    kind = value.get("type")
    inner = value.get("items" if kind == "array" else "additionalProperties")
    if kind not in {"array", "object"}:
        return _TYPES.get(str(kind), "any") + _bounds(value)
    if value.get("required") == ["secure"]:
        return "secure text"
    of, word = ("of", "list") if kind == "array" else ("to", "mapping")
    return f"{word} {of} {_type(inner, definitions)}" if isinstance(inner, dict) else word


def _bounds(value: Schema) -> str:
    lowest, highest = value.get("minimum"), value.get("maximum")
    if lowest is not None and highest is not None:
        return f", {lowest} to {highest}"
    return f", {lowest} and up" if lowest is not None else f", at most {highest}" if highest is not None else ""


def _default(value: Schema) -> str:
    default = value.get("default")
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default}`" if default not in ({}, []) else ""


def _one_line(text: str) -> str:
    """Return a text as one cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
