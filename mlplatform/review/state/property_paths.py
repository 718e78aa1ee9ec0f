"""Property paths as Pulumi writes them: ``spec.containers[0].image``, ``metadata.annotations["a.b/c"]``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import MutableMapping, Sequence

Step = str | int
Path = tuple[Step, ...]

# A step that stands for every key or index.
ANY = "*"
_MISSING = object()
_STEP = re.compile(
    r"""
    \[ (?P<index>\d+) \]
    | \[ (?P<any>\*) \]
    | \[ "(?P<quoted>(?:[^"\\]|\\.)*)" \]
    | \.? (?P<key>[^.\[\]"]+)
    """,
    re.VERBOSE,
)


def parse_path(text: str) -> Path:
    """Take a path apart.

    Raises:
        ValueError: the text is no property path.

    """
    steps: list[Step] = []
    position = 0
    while position < len(text):
        match = _STEP.match(text, position)
        if not match:
            raise ValueError(f"{text!r} is not a property path")
        if match["index"] is not None:
            steps.append(int(match["index"]))
        elif match["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", match["quoted"]))
        else:
            steps.append(match["any"] or match["key"])
        position = match.end()
    return tuple(steps)


def path_text(path: Sequence[Step]) -> str:
    """Return a path as the engine's ``detailedDiff`` writes it (pulumi-kubernetes, addPatchValueToDiff)."""
    text = ""
    for step in path:
        if isinstance(step, int):
            text += f"[{step}]"
        elif re.search(r'[."\[\]]', step):
            text += '["{}"]'.format(step.replace('"', '\\"'))
        else:
            text += f".{step}" if text else step
    return text


def covers(pattern: Sequence[Step], path: Sequence[Step]) -> bool:
    """Whether the pattern names the path or something above it."""
    return len(pattern) <= len(path) and all(
        expected in (ANY, step) for expected, step in zip(pattern, path[: len(pattern)], strict=True)
    )


def reaches(pattern: Sequence[Step], path: Sequence[Step], value: Any) -> bool:
    """Whether a change of ``value`` at ``path`` touches what the pattern names, above or below the path."""
    if len(pattern) <= len(path):
        return covers(pattern, path)
    return covers(pattern[: len(path)], path) and _holds(value, pattern[len(path) :])


def _holds(value: Any, rest: Sequence[Step]) -> bool:
    if not rest:
        return True
    step, below = rest[0], rest[1:]
    if isinstance(value, dict):
        items = value.values() if step == ANY else [value[step]] if step in value else []
        return any(_holds(item, below) for item in items)
    if isinstance(value, list):
        items = value if step == ANY else value[step : step + 1] if isinstance(step, int) else []
        return any(_holds(item, below) for item in items)
    return False


def reset(path: Path, old: Any, new: Any) -> None:
    """Give ``new`` the value ``old`` has at the path; where ``old`` has none, remove it.

    That is how the engine ignores changes (``processIgnoreChanges``): only inside containers both sides have.
    """
    if not path:
        return
    step, below = path[0], path[1:]
    if step == ANY:
        for key in _keys(old, new):
            reset((key, *below), old, new)
        return
    old_item = _get(old, step)
    if below:
        new_item = _get(new, step)
        if old_item is not _MISSING and new_item is not _MISSING:
            reset(below, old_item, new_item)
    elif old_item is not _MISSING:
        _put(new, step, old_item)
    elif isinstance(new, dict):
        new.pop(step, None)


def _keys(old: Any, new: Any) -> list[Any]:
    if isinstance(old, dict) and isinstance(new, dict):
        return sorted({*old, *new})
    if isinstance(old, list) and isinstance(new, list):
        return list(range(min(len(old), len(new))))
    return []


def _get(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value.get(step, _MISSING)
    if isinstance(value, list) and isinstance(step, int) and step < len(value):
        return value[step]
    return _MISSING


def _put(value: MutableMapping[Any, Any] | list[Any], step: Step, item: Any) -> None:
    if isinstance(value, dict) or (isinstance(value, list) and isinstance(step, int) and step < len(value)):
        value[step] = item  # type: ignore[index]
