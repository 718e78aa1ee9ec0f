"""Kinds of facts: what a value of each kind is in a lock, in a component's inputs and in a report. Pure."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlplatform.credentials import redacted_command, redacted_text, redacted_value
from mlplatform.credentials.data import redacted_data
from mlplatform.registry.timestamps import milliseconds, utc_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_VERSION_NUMBER = re.compile(r"[1-9][0-9]*")
# Tags that MLflow sets by itself; they describe the training machine.
_TAGS_OF_MLFLOW = "mlflow."


def _same(value: Any) -> Any:
    return value


@dataclass(frozen=True, kw_only=True)
class Kind:
    """What a value is, wherever it stands.

    Attributes:
        name: of the kind; a report formats a value by it.
        right: what a lock must hold, continues "must be ...".
        fits: whether plain data of a lock is that.
        to_lock: from a value to a lock's plain data.
        from_lock: the way back; a ``ValueError`` says what is wrong.
        to_inputs: from a value to plain data of a component's inputs, ``None`` where nothing is written.
        redacted: a value without credentials that people put into it; what names something in the registry stays as it
            is.
        schema: JSON Schema of the value in a report, ``None`` for what is no single value: a report compares such facts
            item by item.

    """

    name: str
    right: str
    fits: Callable[[Any], bool]
    to_lock: Callable[[Any], Any] = _same
    from_lock: Callable[[Any], Any] = _same
    to_inputs: Callable[[Any], Any] = _same
    redacted: Callable[[Any], Any] = _same
    schema: Mapping[str, Any] | None = None


def matching(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    """Return whether plain data is text of a pattern."""
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _mapping_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(isinstance(key, str) and fits(value[key]) for key in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_plain(value: Any) -> bool:
    """Return whether a value is what JSON can hold."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool)


def _is_plain_mapping(value: Any) -> bool:
    return isinstance(value, dict) and _is_plain(value)


def _sorted(value: Any) -> Any:
    """Return plain data with all mappings sorted; the order of a list means something."""
    if isinstance(value, dict):
        return {key: _sorted(item) for key, item in sorted(value.items())}
    return [_sorted(item) for item in value] if isinstance(value, list) else value


def _finite(value: Any) -> Any:
    """Return a value as JSON can hold it: MLflow keeps NaN, and infinity as the largest float there is.

    Metrics have such values, and defaults of a signature's parameters may.
    """
    if isinstance(value, Mapping):
        return {str(key): _finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(item) for item in value]
    if not isinstance(value, float):
        return value
    if math.isnan(value):
        return "NaN"
    if abs(value) >= sys.float_info.max:
        return "Infinity" if value > 0 else "-Infinity"
    return value


def _floats(metrics: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in sorted(metrics.items())}


def _sorted_texts(texts: Mapping[str, str]) -> dict[str, str]:
    return dict(sorted(texts.items()))


def _redacted_texts(texts: Mapping[str, str]) -> dict[str, str]:
    return {redacted_text(name): redacted_value(name, value) for name, value in texts.items()}


def _redacted_metrics(metrics: Mapping[str, float]) -> dict[str, float]:
    return {redacted_text(name): value for name, value in metrics.items()}


def _redacted_lines(lines: Iterable[str]) -> tuple[str, ...]:
    return tuple(map(redacted_command, lines))


def user_tags(tags: Mapping[str, str]) -> dict[str, str]:
    """Return tags by name, without those that MLflow sets by itself."""
    return {key: value for key, value in sorted(tags.items()) if not key.startswith(_TAGS_OF_MLFLOW)}


_OPTIONAL_TEXT: Mapping[str, Any] = {"$ref": "#/$defs/optionalText"}

TEXT = Kind(
    name="text",
    right="a text",
    fits=lambda value: isinstance(value, str) and value != "",
    schema=_OPTIONAL_TEXT,
)
WORDS = replace(TEXT, redacted=redacted_text)
VERSION_NUMBER = Kind(
    name="text",
    right='a version number in quotes such as "3"',
    fits=matching(_VERSION_NUMBER),
    schema=_OPTIONAL_TEXT,
)
DIGEST = Kind(name="digest", right="sha256:<64 hex digits>", fits=matching(_DIGEST), schema=_OPTIONAL_TEXT)
SIZE = Kind(
    name="size",
    right="a number of bytes",
    fits=_is_count,
    schema={"type": ["integer", "null"], "description": "Bytes."},
)
TIME = Kind(
    name="time",
    right="a text",
    fits=TEXT.fits,
    to_lock=utc_text,
    from_lock=milliseconds,
    to_inputs=utc_text,
    schema={**_OPTIONAL_TEXT, "description": "ISO 8601 in UTC."},
)
PERCENT = Kind(
    name="percent",
    right="a number",
    fits=lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    schema={"type": ["number", "null"]},
)
# Written where it holds: its absence from complete facts says that it does not.
FLAG = Kind(
    name="flag",
    right="true",
    fits=lambda value: value is True,
    to_inputs=lambda value: value or None,
    schema={"type": ["boolean", "null"]},
)
# What serves a model needs names only; the settings of a flavor may be long.
FLAVORS = Kind(
    name="flavors",
    right="a mapping of flavors",
    fits=_mapping_of(_is_plain_mapping),
    to_lock=_sorted,
    to_inputs=sorted,
    redacted=redacted_data,
)
SIGNATURE = Kind(
    name="signature",
    right="a mapping of plain data",
    fits=_is_plain_mapping,
    to_lock=_sorted,
    to_inputs=_finite,
    redacted=redacted_data,
)
LINES = Kind(
    name="lines",
    right="a list of lines",
    fits=lambda value: isinstance(value, list) and all(map(_is_text, value)),
    to_lock=list,
    from_lock=tuple,
    to_inputs=list,
    redacted=_redacted_lines,
)
METRICS = Kind(
    name="metrics",
    right="a mapping of names to numbers",
    fits=_mapping_of(lambda item: isinstance(item, float)),
    to_lock=_floats,
    to_inputs=lambda metrics: _finite(dict(sorted(metrics.items()))),
    redacted=_redacted_metrics,
)
TEXTS = Kind(
    name="texts",
    right="a mapping of names to texts",
    fits=_mapping_of(_is_text),
    to_lock=_sorted_texts,
    to_inputs=_sorted_texts,
    redacted=_redacted_texts,
)
TAGS = Kind(
    name="tags",
    right=TEXTS.right,
    fits=TEXTS.fits,
    to_lock=_sorted_texts,
    to_inputs=user_tags,
    redacted=_redacted_texts,
)
