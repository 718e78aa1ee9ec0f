"""Plain data without its credentials: the facts of a model, the properties of a resource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.credentials.names import names_credential
from mlplatform.credentials.redaction import mark, redacted_command, redacted_file, redacted_text, redacted_value

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

# How the entries of lists call what they are about, and what that is: variables of containers, params of a signature.
_NAMES, _VALUES = ("name", "key", "param"), ("value", "default")
# The commonest length of what is never a credential.
_SHORT = 3


def redacted_data(value: Any, *, skip: Callable[[Any], bool] = lambda _value: False, name: str = "") -> Any:
    """Return plain data with its credentials redacted, by the names of keys and entries and by their form.

    Args:
        value: what JSON can hold.
        skip: tells values that stay as they are, such as what stands for a secret.
        name: what the value is called.

    """
    if isinstance(value, str):
        if len(value) <= _SHORT or skip(value):
            return value
        return _redacted(name, value)
    if skip(value):
        return value
    if isinstance(value, dict):
        return _mapping(value, skip)
    if isinstance(value, list | tuple):
        return type(value)(_items(value, skip, name))
    return value


def _redacted(name: str, value: str) -> str:
    by_name = redacted_value(name, value)
    if by_name != value:
        return by_name
    return redacted_file(value) if "\n" in value else redacted_command(value)


def _mapping(value: Mapping[str, Any], skip: Callable[[Any], bool]) -> dict[str, Any]:
    called = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), "")
    return {
        redacted_text(key) if isinstance(key, str) else key: redacted_data(
            item, skip=skip, name=called if called and key in _VALUES else str(key)
        )
        for key, item in value.items()
    }


def _items(values: Sequence[Any], skip: Callable[[Any], bool], name: str) -> list[Any]:
    """Return the items of a list; after ``--app-password``, the next one is its value."""
    items = []
    option = ""
    for item in values:
        if isinstance(item, str) and option and names_credential(option, item) and not skip(item):
            items.append(mark(item, option))
        else:
            items.append(redacted_data(item, skip=skip, name=name))
        option = item.lstrip("-") if isinstance(item, str) and item.startswith("-") and "=" not in item else ""
    return items
