"""Turn the stack's configuration into :class:`settings.models.Settings`, or into all its problems at once."""

from __future__ import annotations

import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import pulumi
import pulumi.runtime
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import BaseModel, ValidationError

from settings.models import Settings
from settings.problems import Problem, ProblemsError
from settings.rules import findings
from settings.secret import UNKNOWN, SecretField
from settings.stack_file import StackFile, read_stack_file, stack_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KeyPath = tuple[str | int, ...]


def load_settings() -> Settings:
    """Read the running program's configuration, in the Pulumi engine as in the offline preview.

    Raises:
        ProblemsError: every problem of the configuration.

    """
    project, stack = pulumi.get_project(), pulumi.get_stack()
    prefix = f"{project}:"
    config = pulumi.Config()
    keys = {*CONFIG.get(), *get_config_env()}
    names = sorted(key.removeprefix(prefix) for key in keys if key.startswith(prefix))
    raw = {name: _structured(config.get(name)) for name in names}
    secret = {name for name in names if pulumi.runtime.is_config_secret(prefix + name)}
    file = stack_file_name(stack)
    return parse_settings(
        raw,
        file=file,
        secret_names=secret,
        secure_paths=_secure_paths(stack),
        known=_misspelt_namespaces(keys, project, file),
    )


def check_stack_file(project_dir: Path, stack: str) -> Settings:
    """Read a stack's configuration from its file, without running the program.

    Raises:
        ProblemsError: every problem of the files and of the configuration.

    """
    stack_file = read_stack_file(project_dir, stack)
    file = stack_file_name(stack)
    prefix = f"{stack_file.project}:"
    own = {key.removeprefix(prefix): value for key, value in stack_file.config.items() if key.startswith(prefix)}
    return parse_settings(
        own,
        file=file,
        secure_paths=_own_paths(stack_file),
        known=_misspelt_namespaces(stack_file.config, stack_file.project, file),
    )


def _misspelt_namespaces(keys: Iterable[str], project: str, file: str) -> list[Problem]:
    """Return keys of a namespace that is almost the project's: they would be ignored, a list of models among them."""
    return [
        Problem(
            file=file, key=key, message=f"is in an unknown namespace; did you mean {project}:{key.partition(':')[2]}?"
        )
        for key in sorted(keys)
        if (namespace := key.partition(":")[0]) != project
        and difflib.get_close_matches(namespace, [project], cutoff=0.8)
    ]


def parse_settings(
    raw: dict[str, Any],
    *,
    file: str,
    secret_names: Iterable[str] = (),
    secure_paths: frozenset[KeyPath] | None = None,
    known: Iterable[Problem] = (),
) -> Settings:
    """Check plain configuration data.

    Args:
        raw: top-level key (``models``) -> plain data, secure values decrypted or :data:`settings.secret.UNKNOWN`.
        file: name of the stack file, for the errors.
        secret_names: top-level keys that the engine marks as secret.
        secure_paths: key paths that are ``secure:`` in the stack file, ``None`` where the file cannot be read.
        known: problems that were found before, to be reported with the others.

    Raises:
        ProblemsError: every problem found.

    """
    found: list[tuple[KeyPath, str]] = []
    settings = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        # A secure value in the wrong place is reported below, and its stand-in is nothing to show.
        found += [_explain(item) for item in error.errors() if item["input"] != UNKNOWN]
    found += findings(raw)
    found = _without_echoes(found)
    found += _secrecy(raw, frozenset(secret_names), secure_paths)
    problems = [*known, *(Problem(file=file, key=key_text(path), message=message) for path, message in found)]
    if problems or settings is None:
        raise ProblemsError(sorted(problems, key=_natural))
    return settings


def _without_echoes(found: list[tuple[KeyPath, str]]) -> list[tuple[KeyPath, str]]:
    """Drop "is required" of a key that was only misspelt: one mistake, one line."""
    meant = {
        (*path[:-1], match.group(1))
        for path, message in found
        if (match := re.match(r"is an unknown key; did you mean (\w+)\?", message))
    }
    return [(path, message) for path, message in found if not (path in meant and message.startswith("is required"))]


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
            shown = re.sub(r"//[^/@]*:[^/@]*@", "//[credentials]@", part)
            text += f'["{shown}"]'
    return text


def _natural(problem: Problem) -> tuple[list[tuple[int, str]], str]:
    """Sort ``models[10]`` after ``models[2]``."""
    parts = re.split(r"(\d+)", problem.key)
    return [(int(part) if part.isdigit() else -1, part) for part in parts], problem.message


def _structured(text: str | None) -> Any:
    if text is None:
        return None
    try:
        return json.loads(text)
    except ValueError:
        return text


def _secure_paths(stack: str) -> frozenset[KeyPath] | None:
    """Return which values the stack file itself encrypts; the engine tells it for whole top-level keys only."""
    try:
        stack_file = read_stack_file(Path(pulumi.get_root_directory() or "."), stack)
    except ProblemsError:
        # A file elsewhere (pulumi --config-file): the engine's own marks must do.
        return None
    return _own_paths(stack_file)


def _own_paths(stack_file: StackFile) -> frozenset[KeyPath]:
    prefix = f"{stack_file.project}:"
    return frozenset((str(path[0]).removeprefix(prefix), *path[1:]) for path in stack_file.secure_paths)


def _explain(error: Any) -> tuple[KeyPath, str]:
    """Return where a pydantic error is, what is wrong and what would be right."""
    location: KeyPath = tuple(part for part in error["loc"] if part != "[key]")
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        return location, _unknown_key(location)
    description = _description(location)
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
        wanted = {
            "string_type": "a text",
            "int_type": "a whole number",
            "int_parsing": "a whole number",
            "int_from_float": "a whole number",
            "tuple_type": "a list (with [] for none)",
            "dict_type": "a mapping of keys to values",
            "model_type": "a mapping of keys to values",
            "model_attributes_type": "a mapping of keys to values",
        }.get(kind, error["msg"])
        message = f"must be {wanted}, not {got}: {description}"
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
    model = _model_at(location[:-1])
    allowed = sorted(info.alias or name for name, info in model.model_fields.items()) if model else []
    close = difflib.get_close_matches(str(location[-1]), allowed, n=1)
    hint = f"did you mean {close[0]}? " if close else ""
    return f"is an unknown key; {hint}known here: {', '.join(allowed)}"


def _model_at(location: KeyPath) -> type[BaseModel] | None:
    model: type[BaseModel] | None = Settings
    for part in location:
        if isinstance(part, int) or model is None:
            continue
        field = next((info for name, info in model.model_fields.items() if (info.alias or name) == part), None)
        model = _inner_model(field.annotation) if field else None
    return model


def _inner_model(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for arg in get_args(annotation) if (found := _inner_model(arg))), None)


def _description(location: KeyPath) -> str:
    for end in range(len(location), 0, -1):
        part = location[end - 1]
        model = _model_at(location[: end - 1])
        if model is None or isinstance(part, int):
            continue
        for name, info in model.model_fields.items():
            if (info.alias or name) == part and info.description:
                return info.description
    return "see Pulumi.yaml for what belongs here"


def _secrecy(
    raw: dict[str, Any], secret_names: frozenset[str], secure_paths: frozenset[KeyPath] | None
) -> Iterator[tuple[KeyPath, str]]:
    """Yield plain text where a secret belongs, and secrets where the preview needs plain text."""
    secret_fields = frozenset(_secret_fields(Settings, ()))
    for path, value in _leaves(raw, ()):
        if path in secret_fields:
            if not isinstance(value, str) or value in {"", UNKNOWN}:
                continue
            # The whole key may be encrypted instead of the one field.
            above = (path[: end + 1] for end in range(len(path)))
            secure = (
                any(part in secure_paths for part in above) if secure_paths is not None else path[0] in secret_names
            )
            if not secure:
                how = f"pulumi config set --path --secret '{key_text(path)}'"
                yield path, f"is plain text and must be secret; set it with: {how}"
        elif value == UNKNOWN:
            yield path, "is a secure value, but is needed in plain text to preview; only passwords and keys are secret"


def _secret_fields(model: type[BaseModel], path: KeyPath) -> Iterator[KeyPath]:
    for name, info in model.model_fields.items():
        here = (*path, info.alias or name)
        if SecretField in (info.annotation, *get_args(info.annotation)):
            yield here
        elif inner := _inner_model(info.annotation):
            yield from _secret_fields(inner, here)


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
