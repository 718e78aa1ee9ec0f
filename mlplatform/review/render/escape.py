"""Foreign texts inside markdown as GitHub reads it: names, tags, users and messages that must stay mere text.

Nothing of them may open HTML, close a fold, break a table, link, mention a user or refer to an issue. GitHub looks for
mentions and references after markdown was read, in everything but code: so whatever looks like one becomes code.
"""

from __future__ import annotations

import re
from urllib.parse import quote

from mlplatform.review.state.display_values import printable

_NAME = 120
_PROSE = 400
# In prose these mean nothing, wherever they stand; letters and digits of any script neither.
_HARMLESS = frozenset(" .,;:/+=%'\"?!()-")
# @user, #12, GH-12, owner/name#12, a URL, www., :emoji:.
_ACTIVE = re.compile(r"[@#]|GH-\d|://|www\.|:[\w+-]+:", re.IGNORECASE)
_SPECIAL_IN_CODE = re.compile(r"[`|\\]")
_ASCII = 127
_URL_SAFE = ":/?#@!$&*+,;=%~-._"


def clipped(text: str, limit: int) -> str:
    """Return at most so many characters."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def code(text: str, limit: int = _NAME) -> str:
    """Return a text as code, in the running text and in tables alike."""
    visible = printable(clipped(text, limit))
    if not visible.strip():
        return "*(empty)*"
    if _SPECIAL_IN_CODE.search(visible) or visible != visible.strip():
        return html_code(visible, limit * 10)
    return f"`{visible}`"


def html_code(text: str, limit: int = _NAME) -> str:
    """Return a text as code where markdown is not read: in the summary of a fold."""
    visible = printable(clipped(text, limit))
    return f"<code>{''.join(map(_entity, visible))}</code>"


def summary(text: str, limit: int = _PROSE) -> str:
    """Return a sentence for the summary of a fold."""
    if _ACTIVE.search(text):
        return html_code(text, limit)
    return "".join(map(_entity, printable(clipped(text, limit))))


def _entity(character: str) -> str:
    harmless = character in " -%;,/=+()" or character.isalnum() or ord(character) > _ASCII
    return character if harmless else f"&#{ord(character)};"


def prose(text: str, limit: int = _PROSE) -> str:
    """Return a sentence as running text; what GitHub would link or mention becomes code."""
    return " ".join(map(_word, printable(clipped(text, limit)).split(" ")))


def _word(word: str) -> str:
    """Return one word; who copies it as code copies no punctuation behind it."""
    if not _ACTIVE.search(word):
        return _entities(word)
    bare = word.rstrip(",;.:)!?")
    return f"{code(bare)}{_entities(word[len(bare) :])}" if _ACTIVE.search(bare) else code(word)


def _entities(word: str) -> str:
    return "".join(character if character in _HARMLESS else _entity(character) for character in word)


def link(label: str, url: str) -> str:
    """Return a link with code as its text; a mere text where the URL is not one of HTTP."""
    if not re.match(r"https?://[^\s/]", url):
        return code(url)
    return f"[{code(label)}]({quote(url, safe=_URL_SAFE, errors='replace')})"
