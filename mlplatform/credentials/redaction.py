"""Texts without their credentials.

In the place of each stands ``redacted-<6 hex digits>``, a word without signs of its own, so that an address stays one.
The digits tell two values apart, for "changed", and nothing else: they come of a slow hash with the name as salt, and
are so few that many guesses share them.
"""

from __future__ import annotations

import functools
import hashlib
import re
from typing import TYPE_CHECKING

from mlplatform.credentials.forms import forms_in
from mlplatform.credentials.names import names_credential

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mlplatform.credentials.forms import Span

MARK = re.compile(r"\bredacted-[0-9a-f]{6}\b")
_MARK_BYTES = 3
# Some ten milliseconds a value, once.
_COST = 2**12
_NAME = r"(?P<name>[A-Za-z_][\w.-]*)"
_QUOTED = r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'"
_START = r"(?:^|(?<=[\s,;{&\"'(?:]))"
# What a program makes a value of.
_CODE = re.compile(r"[(\[{]|[A-Za-z_]\w*(?:\.\w+)*[(\[]|[a-z_]\w*(?:\.[a-z_]\w*)+$")
# "name=value" anywhere.
_EQUALS = re.compile(rf"{_START}-{{0,2}}{_NAME}=(?!=)(?P<value>{_QUOTED}|[^\s,;&\"')]+)", re.MULTILINE)
# "name = value" of a file, "name: value" of one that is YAML or JSON: alone on its line, or with a name in quotes.
_ASSIGNED = re.compile(
    rf"{_START}{_NAME}[ \t]*=(?!=)[ \t]*(?P<value>{_QUOTED}|[^\s,;&\"')]+)"
    rf"|^[ \t]*(?:- )?(?P<key>[A-Za-z_][\w.-]*)[ \t]*:[ \t]+(?P<scalar>{_QUOTED}|[^\s\"']+)(?=[ \t]*(?:#.*)?$)"
    r"|(?:^[ \t]*|login[ \t]+\S+[ \t]+)(?P<word>password|passwd|requirepass|masterauth)[ \t]+(?P<secret>\S+)(?=[ \t]*$)"
    rf"|(?P<quote>[\"'])(?P<member>[A-Za-z_][\w.-]*)(?P=quote)\s*:\s*(?P<item>{_QUOTED})",
    re.MULTILINE,
)
# "--app-password hunter2" of a command line.
_ARGUMENT = re.compile(rf"(?:^|(?<=\s))--?{_NAME}[ \t]+(?P<value>{_QUOTED}|[^\s\"'-]\S*)", re.MULTILINE)


def mark(value: str, name: str = "") -> str:
    """Return what stands in the place of a credential; the same for the same value under the same name."""
    return f"redacted-{_digits(value, name)}"


def is_redacted(text: str) -> bool:
    """Return whether something was left out of a text."""
    return MARK.search(text) is not None


def redacted_text(text: str) -> str:
    """Return a text without the credentials that show in it, as in messages and requirement lines."""
    return _redacted(text, patterns=(_EQUALS,))


def redacted_command(text: str) -> str:
    """Return a command line likewise; there, "--name value" counts, too."""
    return _redacted(text, patterns=(_EQUALS, _ARGUMENT))


def redacted_file(text: str) -> str:
    """Return the content of a file likewise; there, "name: value" and "--name value" count, too."""
    return _redacted(text, patterns=(_EQUALS, _ARGUMENT, _ASSIGNED))


def redacted_value(name: str, value: str) -> str:
    """Return the value of a param, tag or variable as it may be shown."""
    if names_credential(name, value) and not MARK.search(value):
        return mark(value, name)
    return redacted_text(value)


@functools.lru_cache(maxsize=16384)
def _redacted(text: str, *, patterns: tuple[re.Pattern[str], ...]) -> str:
    spans = sorted(_spans(text, patterns))
    if not spans:
        return text
    pieces, end = [], 0
    for start, stop in _merged(spans):
        pieces += [text[end:start], mark(text[start:stop])]
        end = stop
    return "".join([*pieces, text[end:]])


def _spans(text: str, patterns: Iterable[re.Pattern[str]]) -> Iterator[Span]:
    found = [span for _, span in forms_in(text)]
    for pattern in patterns:
        found += _assigned(text, pattern)
    for start, stop in found:
        if not MARK.search(text[start:stop]):
            yield start, stop


def _assigned(text: str, pattern: re.Pattern[str]) -> Iterator[Span]:
    """Yield where the values of names are that say that they are credentials."""
    for match in pattern.finditer(text):
        groups = match.groupdict()
        pairs = (("name", "value"), ("key", "scalar"), ("member", "item"), ("word", "secret"))
        name, value = next((name, value) for name, value in pairs if groups.get(name) is not None)
        called = "password" if name == "word" else match[name]
        if not _CODE.match(match[value]) and names_credential(called, match[value]):
            yield _unquoted(text, match.span(value))


def _unquoted(text: str, span: Span) -> Span:
    start, stop = span
    return (start + 1, stop - 1) if text[start] in "\"'" and text[stop - 1] == text[start] else span


def _merged(spans: Iterable[Span]) -> Iterator[Span]:
    """Yield sorted spans, those that overlap as one."""
    start = stop = -1
    for first, last in spans:
        if first > stop:
            if stop >= 0:
                yield start, stop
            start, stop = first, last
        else:
            stop = max(stop, last)
    if stop >= 0:
        yield start, stop


@functools.lru_cache(maxsize=4096)
def _digits(value: str, name: str) -> str:
    secret, salt = (text.encode("utf-8", "surrogatepass") for text in (value, f"mlplatform {name}"))
    return hashlib.scrypt(secret, salt=salt, n=_COST, r=8, p=1, dklen=_MARK_BYTES).hex()
