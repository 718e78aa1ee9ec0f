"""Turn pydantic's errors into the key, what is wrong there, and what would be right."""

from __future__ import annotations

import difflib
import json
import re
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from mlplatform.config.schema import KeyPath, fields_of, kinds_of, models_at, without_tags
from mlplatform.config.secret import UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator


def key_text(path: KeyPath) -> str:
    """Return a key path as users write it: ``models[2].alias``, ``registry.artifactStores["file:/"]``."""
    text = ""
    for part in path:
        if isinstance(part, int):
            text += f"[{part}]"
        elif re.fullmatch(r"[A-Za-z_][A-Za-z0-9_-]*", part):
            text += f".{part}" if text else part
        else:
            # A key that is a URI may carry credentials, too.
            name = re.sub(r"//[^/@]*:[^/@]*@", "//[credentials]@", part)
            text += f'["{name}"]'
    return text


def explain(error: Any) -> Iterator[tuple[KeyPath, str]]:
    """Yield where a pydantic error is, what is wrong and what would be right."""
    yield _explain(error)
    if error["type"] in {"union_tag_invalid", "union_tag_not_found"} and isinstance(error["input"], dict):
        yield from _of_no_kind(tuple(error["loc"]), error["input"])


def _of_no_kind(location: KeyPath, given: dict[str, Any]) -> Iterator[tuple[KeyPath, str]]:
    """Yield what else is wrong in an entry whose kind is wrong, taken for the kind that has most of its keys."""
    models = models_at(location)
    likely = max(models, key=lambda model: len(set(given) & {name for name, _ in fields_of(model)}))
    kind = kinds_of(likely)[0]
    known = {name for model in models for name, _ in fields_of(model)}
    try:
        likely.model_validate({**given, "kind": kind})
    except ValidationError as error:
        for item in error.errors():
            # What is required, and what belongs to another kind, depends on the kind.
            if item["type"] != "missing" and not (item["type"] == "extra_forbidden" and item["loc"][0] in known):
                yield _explain({**item, "loc": (*location, kind, *item["loc"])})


def _explain(error: Any) -> tuple[KeyPath, str]:
    """Return where a pydantic error is, what is wrong and what would be right."""
    given: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    location = without_tags(given)
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return location, _unknown_key(given)
    if kind == "union_tag_not_found":
        kind, given, location = "missing", (*given, "kind"), (*location, "kind")
    elif kind == "union_tag_invalid":
        expected = context["expected_tags"].replace("'", "")
        return (*location, "kind"), f"{_shown(error['input']['kind'], location)} is not one of {expected}"
    description = _description(given)
    if kind == "missing":
        return location, f"is required: {description}"
    got = _shown(error["input"], location)
    if kind == "settings":
        message = error["msg"]
    elif kind == "literal_error":
        message = f"{got} is not one of {context['expected'].replace(chr(39), '').replace(' or ', ', ')}"
    elif kind in {"greater_than_equal", "less_than_equal"}:
        word = "at least" if kind == "greater_than_equal" else "at most"
        message = f"{got} is out of range; it must be {word} {context.get('ge', context.get('le'))}"
    elif kind == "string_too_short":
        message = f"is empty; it must be {description}"
    else:
        expected = {
            "string_type": "a text",
            "int_type": "a whole number",
            "int_parsing": "a whole number",
            "int_from_float": "a whole number",
            "tuple_type": "a list (with [] for none)",
            "dict_type": "a mapping of keys to values",
            "model_type": "a mapping of keys to values",
            "model_attributes_type": "a mapping of keys to values",
        }.get(kind, error["msg"])
        message = f"must be {expected}, not {got}: {description}"
    return location, message


def _shown(value: Any, location: KeyPath) -> str:
    if value == UNKNOWN:
        return "a secure value"
    if value is None:
        return "empty"
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    # A value under a secret field, or one that may be a URI with credentials, is never echoed.
    if "@" in str(value) or any(part in {"password", "token", "credentials"} for part in location):
        return "the given value"
    # A text in quotes, a number or truth value as YAML writes it.
    return f"'{value}'" if isinstance(value, str) else json.dumps(value)


def _unknown_key(location: KeyPath) -> str:
    allowed = sorted({name for model in models_at(location[:-1]) for name, _ in fields_of(model)})
    close = difflib.get_close_matches(str(location[-1]), allowed, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is an unknown key; {hint}known here: {', '.join(allowed) or 'none'}"


def _description(location: KeyPath) -> str:
    for end in range(len(location), 0, -1):
        part = location[end - 1]
        if isinstance(part, int):
            continue
        infos = [info for model in models_at(location[: end - 1]) for name, info in fields_of(model) if name == part]
        if found := list(dict.fromkeys(info.description for info in infos if info.description)):
            return "; or ".join(found)
    return "see Pulumi.yaml for what belongs here"
