"""Paths of fields, as the API server writes them in its messages and as they are found by walking an object."""

from __future__ import annotations

import re

Path = tuple[str, ...]

# An item of a list, whichever: the server names it by number or by its keys, [0] or [name="web"].
ITEM = "*"
_TOKEN = re.compile(r"\[(?P<key>(?:\"[^\"]*\"|[^\]\"])*)\]|\.?(?P<name>[^.\[\]]+)")
_NUMBER_OR_KEYS = re.compile(r"\d+|\w+=.*", re.DOTALL)
# "...: .spec.containers[name="web"].imag: field not declared in schema"
_TYPED = re.compile(r"(?:^|[:;]\s|\(?\s)(\.[A-Za-z][^:\s]*): ")


def text(path: Path) -> str:
    """Return a path as text: ``spec.containers[*].image``."""
    return "".join(f"[{part}]" if part == ITEM else f".{part}" for part in path).removeprefix(".")


def parse(field: str) -> Path:
    """Return the parts of a field that the server names (``spec.containers[0].image``, ``data[tls.crt]``)."""
    parts: list[str] = []
    for match in _TOKEN.finditer(field):
        key = match["key"]
        if key is None:
            parts.append(match["name"])
        else:
            parts.append(ITEM if _NUMBER_OR_KEYS.fullmatch(key) else key)
    return tuple(parts)


def named_in(message: str) -> tuple[Path, ...]:
    """Return the fields that a message of server-side apply names, which come without a list of causes."""
    return tuple(parse(field) for field in _TYPED.findall(message))


def within(path: Path, outer: Path) -> bool:
    """Return whether a path is the outer one, or below it."""
    return path[: len(outer)] == outer
