"""Turn the stack's configuration into :class:`mlplatform.config.models.Settings`, or into all its problems at once."""

from __future__ import annotations

import contextlib
import difflib
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi
import pulumi.runtime
from pulumi.runtime.config import CONFIG, get_config_env
from pydantic import ValidationError

from mlplatform.config.explain import explain, key_text
from mlplatform.config.models import Settings
from mlplatform.config.positions import located
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.rules import findings
from mlplatform.config.schema import secret_fields
from mlplatform.config.secret import UNKNOWN
from mlplatform.config.stack_file import StackFile, read_stack_file, stack_file_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlplatform.config.schema import KeyPath


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
    folder = Path(pulumi.get_root_directory() or ".")
    with _located_in(folder):
        return parse_settings(
            raw,
            file=file,
            secret_names=secret,
            secure_paths=_secure_paths(folder, stack),
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
    values = {key.removeprefix(prefix): value for key, value in stack_file.config.items() if key.startswith(prefix)}
    with _located_in(project_dir):
        return parse_settings(
            values,
            file=file,
            secure_paths=_own_paths(stack_file),
            known=_misspelt_namespaces(stack_file.config, stack_file.project, file),
        )


@contextlib.contextmanager
def _located_in(folder: Path) -> Iterator[None]:
    """Add to problems of a stack file the lines that they are about."""
    try:
        yield
    except ProblemsError as error:
        raise ProblemsError(located(error.problems, folder)) from None


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
        raw: top-level key (``models``) -> plain data, secure values decrypted or :data:`.secret.UNKNOWN`.
        file: name of the stack file, for the errors.
        secret_names: top-level keys that the engine marks as secret.
        secure_paths: key paths that are ``secure:`` in the stack file, ``None`` where the file cannot be read.
        known: problems that were found before, to be reported with the others.

    Raises:
        ProblemsError: every problem found.

    """
    mistakes: list[tuple[KeyPath, str]] = []
    settings = None
    try:
        settings = Settings.model_validate(raw)
    except ValidationError as error:
        # A secure value in the wrong place is reported below, and its stand-in is nothing to show.
        mistakes += [line for item in error.errors() if item["input"] != UNKNOWN for line in explain(item)]
    mistakes += findings(raw)
    mistakes = _without_echoes(mistakes)
    mistakes += _secrecy(raw, frozenset(secret_names), secure_paths)
    problems = [*known, *(Problem(file=file, key=key_text(path), message=message) for path, message in mistakes)]
    if problems or settings is None:
        raise ProblemsError(sorted(problems, key=_natural))
    return settings


def _without_echoes(mistakes: list[tuple[KeyPath, str]]) -> list[tuple[KeyPath, str]]:
    """Drop "is required" of a key that was only misspelt: one mistake, one line."""
    meant = {
        (*path[:-1], match.group(1))
        for path, message in mistakes
        if (match := re.match(r"is an unknown key; did you mean (\w+)\?", message))
    }
    return [(path, message) for path, message in mistakes if not (path in meant and message.startswith("is required"))]


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


def _secure_paths(folder: Path, stack: str) -> frozenset[KeyPath] | None:
    """Return which values the stack file itself encrypts; the engine tells it for whole top-level keys only."""
    try:
        stack_file = read_stack_file(folder, stack)
    except ProblemsError:
        # A file elsewhere (pulumi --config-file): the engine's own marks must do.
        return None
    return _own_paths(stack_file)


def _own_paths(stack_file: StackFile) -> frozenset[KeyPath]:
    prefix = f"{stack_file.project}:"
    return frozenset((str(path[0]).removeprefix(prefix), *path[1:]) for path in stack_file.secure_paths)


def _secrecy(
    raw: dict[str, Any], secret_names: frozenset[str], secure_paths: frozenset[KeyPath] | None
) -> Iterator[tuple[KeyPath, str]]:
    """Yield plain text where a secret belongs, and secrets where the preview needs plain text."""
    must_be_secret = frozenset(secret_fields(Settings, ()))
    for path, value in _leaves(raw, ()):
        if path in must_be_secret:
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


def _leaves(value: Any, path: KeyPath) -> Iterator[tuple[KeyPath, Any]]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _leaves(item, (*path, str(key)))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from _leaves(item, (*path, index))
    else:
        yield path, value
