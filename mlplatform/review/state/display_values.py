"""How values of a state are shown to people and in JSON: secrets and unknowns by name, never by content."""

from __future__ import annotations

import json
import unicodedata
from typing import Any

from mlplatform.review.state.property_values import SECRET_TEXT, is_secret, is_unknown

UNKNOWN_TEXT = "[unknown]"
NOT_COMPARED = "[secret, not compared]"
UNKNOWN_NOT_COMPARED = "[unknown, not compared]"
_MAX_LENGTH = 160
# Controls, formats, surrogates, private use, unassigned, and separators other than the plain space.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Zs"})
_BASIC = 0xFFFF


def with_placeholders(value: Any) -> Any:
    """Return a value with every secret and every unknown replaced by its placeholder, at any depth."""
    if is_secret(value):
        return SECRET_TEXT
    if is_unknown(value):
        return UNKNOWN_TEXT
    if isinstance(value, dict):
        return {key: with_placeholders(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_placeholders(item) for item in value]
    return value


def printable(text: str) -> str:
    """Return a text without what could act on a terminal or hide from a reader: such characters become their codes.

    Control characters, line ends, directions of writing, half surrogates and invisible ones; plain spaces stay.
    """
    return "".join(_visible(character) for character in text)


def _visible(character: str) -> str:
    if character == " " or (character.isascii() and character.isprintable()):
        return character
    if unicodedata.category(character) in _INVISIBLE:
        code = ord(character)
        return {"\n": " ", "\t": " "}.get(character, f"\\u{code:04x}" if code <= _BASIC else f"\\U{code:08x}")
    return character


def one_line(value: Any) -> str:
    """Return a value as one line of text, long ones shortened."""
    if is_secret(value) or is_unknown(value):
        return str(with_placeholders(value))
    text = printable(json.dumps(with_placeholders(value), ensure_ascii=False, separators=(", ", ": "), sort_keys=True))
    return text if len(text) <= _MAX_LENGTH else f"{text[: _MAX_LENGTH - 1]}…"
