"""Where a key stands in the file: its line, and the name of the entry of a list that it belongs to."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import yaml

from mlplatform.config.explain import key_text
from mlplatform.config.stack_file import MAX_BYTES
from mlplatform.config.yaml_bounds import YamlBoundsError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from mlplatform.config.problems import Problem
    from mlplatform.config.schema import KeyPath

_STACK_FILE = re.compile(r"Pulumi\.[^/\\]+\.yaml")
# An entry of a list at the top: models[17], of models[17].resources.limits.
_ENTRY = re.compile(r"\w+\[\d+\]")
_LOADER: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def located(problems: Iterable[Problem], folder: Path) -> tuple[Problem, ...]:
    """Return problems of stack files with where their keys stand; others, and what cannot be found, as they are.

    Args:
        problems: keys without the namespace of the project, as users write them (``models[2].alias``).
        folder: of the stack files.

    """
    files: dict[str, dict[str, tuple[int, str | None]]] = {}
    placed = []
    for problem in problems:
        if problem.place or not problem.key or not _STACK_FILE.fullmatch(problem.file):
            placed.append(problem)
            continue
        if problem.file not in files:
            files[problem.file] = dict(_positions(folder / problem.file))
        placed.append(replace(problem, place=_place(problem.key, files[problem.file])))
    return tuple(placed)


def _place(key: str, positions: dict[str, tuple[int, str | None]]) -> str:
    """Return ``models[17] 'churn', line 212``; of a key that is missing, the line of what it is missing in."""
    entry = _ENTRY.match(key)
    name = positions.get(entry.group(), (0, None))[1] if entry else None
    above = key
    while above and above not in positions:
        above = re.sub(r"(\.[^.\[\]\"]+|\[[^\[\]]*\]|^[^.\[\]]+)$", "", above) if above[-1:] else ""
    if not above:
        return ""
    line = f"line {positions[above][0]}"
    return f"{entry.group()} '{name}', {line}" if entry and name else line


def _positions(path: Path) -> Iterator[tuple[str, tuple[int, str | None]]]:
    """Yield key -> (line, value of ``name`` in a mapping), of everything in a stack file's configuration."""
    try:
        text = path.read_text(encoding="utf-8")
        check_bounds(text, max_bytes=MAX_BYTES)
        root = yaml.compose(text, Loader=_LOADER)
    except (OSError, ValueError, YamlBoundsError, yaml.YAMLError):
        return
    for key, config in _pairs(root):
        if key.value != "config":
            continue
        for full, value in _pairs(config):
            name = str(full.value).partition(":")[2] or str(full.value)
            yield from _below((name,), full, value)


def _below(path: KeyPath, at: yaml.Node, value: yaml.Node) -> Iterator[tuple[str, tuple[int, str | None]]]:
    names = {str(key.value): item for key, item in _pairs(value)}
    name = names.get("name")
    called = str(name.value) if isinstance(name, yaml.ScalarNode) else None
    yield key_text(path), (at.start_mark.line + 1, called)
    for key, item in _pairs(value):
        yield from _below((*path, str(key.value)), key, item)
    if isinstance(value, yaml.SequenceNode):
        for index, item in enumerate(value.value):
            yield from _below((*path, index), item, item)


def _pairs(node: yaml.Node | None) -> list[tuple[yaml.Node, yaml.Node]]:
    return list(node.value) if isinstance(node, yaml.MappingNode) else []
