"""The configuration before it is checked: what was written, and the sections' own defaults for the rest.

Rules run beside the field checks, on a stack file that may be wrong in any way. A draft has the fields of its section,
so that no rule repeats a default; the values in it are as written: a text may be a number, a list a text.
"""

from __future__ import annotations

import functools
import types
from typing import TYPE_CHECKING, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel

if TYPE_CHECKING:
    from collections.abc import Mapping

S = TypeVar("S", bound=BaseModel)


def draft(section: type[S], given: Mapping[str, Any]) -> S:
    """Return a section of values that nobody has checked.

    Sections in it are drafts as well. One that is no mapping counts as not given; in a list of them, it is an empty
    one, so that the others keep their positions. What is required and missing is ``None``, or ``()`` for a list.

    Args:
        section: the section.
        given: what was written, under the names that users write.

    """
    values: dict[str, Any] = {}
    fields_set: set[str] = set()
    for name, info in section.model_fields.items():
        inner, is_list = _sections(section, name)
        written = given.get(info.alias or name)
        usable = isinstance(written, list if is_list else dict) if inner else (info.alias or name) in given
        if usable:
            values[name] = _value(inner, written, is_list=is_list)
            fields_set.add(name)
        elif not info.is_required():
            values[name] = info.get_default(call_default_factory=True)
        else:
            values[name] = () if is_list else None
    return section.model_construct(fields_set, **{_key(section, name): value for name, value in values.items()})


def _value(inner: tuple[type[BaseModel], ...], written: Any, *, is_list: bool) -> Any:
    if not inner:
        return written
    if is_list:
        return tuple(_value(inner, item if isinstance(item, dict) else {}, is_list=False) for item in written)
    kind = written.get("kind")
    # Of a union, the one whose kind was written.
    section = next(
        (one for one in inner if len(inner) > 1 and kind in get_args(one.model_fields["kind"].annotation)), inner[0]
    )
    return draft(section, written)


def _key(section: type[BaseModel], name: str) -> str:
    """Return the name by which ``model_construct`` takes a field."""
    return section.model_fields[name].alias or name


@functools.cache
def _sections(section: type[BaseModel], name: str) -> tuple[tuple[type[BaseModel], ...], bool]:
    """Return the sections that a field may hold, and whether it is a list of them."""
    annotation = section.model_fields[name].annotation
    members = [annotation]
    if get_origin(annotation) in {Union, types.UnionType}:
        members = list(get_args(annotation))
    is_list = any(get_origin(member) is tuple for member in members)
    if is_list:
        members = [argument for member in members if get_origin(member) is tuple for argument in get_args(member)]
    return tuple(one for one in members if isinstance(one, type) and issubclass(one, BaseModel)), is_list
