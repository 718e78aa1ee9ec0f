"""When one column type takes all that another took: MLflow's conversions, nested types included. Pure.

The source is ``mlflow/models/utils.py`` (3.17): ``_enforce_mlflow_datatype`` for single values, ``_enforce_array``,
``_enforce_object`` and ``_enforce_map`` for nested ones, ``_enforce_param_datatype`` for parameters.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.review.models import rules
from mlplatform.review.models.schema import AnyType, Array, Map, Object, Scalar

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlplatform.review.models.change import SignatureChange
    from mlplatform.review.models.rules import Rule
    from mlplatform.review.models.schema import Type

# Scalar -> the scalars that take every value of it. A long is refused where a double is expected, and an integer
# where a float is: they might lose digits.
_COLUMNS = {"integer": {"long", "double"}, "float": {"double"}}
# Parameters are single Python values, converted more freely (_ALLOWED_CONVERSIONS_FOR_PARAMS).
_PARAMS = {"integer": {"long", "float", "double"}, "long": {"float", "double"}, "float": {"double"}}
# The V2 server decodes these by the declared type (MLServer, ``mlserver_mlflow/metadata.py``); an ``any`` comes raw.
_DECODED = {"string", "binary", "datetime"}


@dataclass(frozen=True)
class _Taking:
    """What is compared: which scalars take which, and by which rules differences are told."""

    scalars: Mapping[str, set[str]]
    widened: Rule
    retyped: Rule

    def compare(self, old: Type, new: Type, where: str) -> Iterator[SignatureChange]:
        """Yield how what is taken differs."""
        if old == new:
            return
        if isinstance(new, AnyType) or (isinstance(old, Scalar) and str(new) in self.scalars.get(old.name, ())):
            yield self.widened.at(where, old=old, new=new)
        elif isinstance(old, Array) and isinstance(new, Array):
            yield from self._arrays(old, new, where)
        elif isinstance(old, Map) and isinstance(new, Map):
            yield from self.compare(old.values, new.values, f"{where}{{}}")
        elif isinstance(old, Object) and isinstance(new, Object):
            yield from self._objects(old, new, where)
        else:
            yield self.retyped.at(where, old=old, new=new)

    def _arrays(self, old: Array, new: Array, where: str) -> Iterator[SignatureChange]:
        if old.items == new.items:
            # A vector of Spark ML is checked as the list of double that it is.
            yield self.widened.at(where, old=old, new=new)
        else:
            yield from self.compare(old.items, new.items, f"{where}[]")

    def _objects(self, old: Object, new: Object, where: str) -> Iterator[SignatureChange]:
        """Compare properties; other than with columns, MLflow refuses an object with one that it does not know."""
        for name, was in old.properties.items():
            path = f"{where}.{name}"
            now = new.properties.get(name)
            if now is None:
                yield rules.PROPERTY_REMOVED.at(path)
                continue
            if was.required != now.required:
                yield (rules.PROPERTY_NOW_REQUIRED if now.required else rules.PROPERTY_NOW_OPTIONAL).at(path)
            yield from self.compare(was.type, now.type, path)
        for name, now in new.properties.items():
            if name not in old.properties:
                rule = rules.PROPERTY_ADDED_REQUIRED if now.required else rules.PROPERTY_ADDED_OPTIONAL
                yield rule.at(f"{where}.{name}", new=now.type)


_INPUT = _Taking(_COLUMNS, rules.INPUT_WIDENED, rules.INPUT_RETYPED)
_NESTED_PARAM = _Taking(_COLUMNS, rules.PARAM_WIDENED, rules.PARAM_RETYPED)
_PARAM = _Taking(_PARAMS, rules.PARAM_WIDENED, rules.PARAM_RETYPED)


def input_types(old: Type, new: Type, where: str) -> Iterator[SignatureChange]:
    """Yield how a column takes other values than before."""
    if isinstance(new, AnyType) and isinstance(old, Scalar) and old.name in _DECODED:
        yield rules.INPUT_UNDECODED.at(where, old=old, new=new)
    else:
        yield from _INPUT.compare(old, new, where)


def param_types(old: Type, new: Type, where: str) -> Iterator[SignatureChange]:
    """Yield how a parameter takes other values than before."""
    taking = _NESTED_PARAM if isinstance(old, Object) else _PARAM
    yield from taking.compare(old, new, where)


def output_types(old: Type, new: Type, where: str) -> Iterator[SignatureChange]:
    """Yield how an output gives other values than before. A caller may have relied on each type to the letter."""
    if old == new:
        return
    if isinstance(old, AnyType):
        yield rules.OUTPUT_SPECIFIED.at(where, old=old, new=new)
    elif isinstance(old, Array) and isinstance(new, Array) and old.items != new.items:
        yield from output_types(old.items, new.items, f"{where}[]")
    elif isinstance(old, Map) and isinstance(new, Map):
        yield from output_types(old.values, new.values, f"{where}{{}}")
    elif isinstance(old, Object) and isinstance(new, Object):
        yield from _output_properties(old, new, where)
    else:
        yield rules.OUTPUT_RETYPED.at(where, old=old, new=new)


def _output_properties(old: Object, new: Object, where: str) -> Iterator[SignatureChange]:
    for name, was in old.properties.items():
        path = f"{where}.{name}"
        now = new.properties.get(name)
        if now is None:
            yield rules.OUTPUT_REMOVED.at(path)
            continue
        if was.required != now.required:
            yield (rules.OUTPUT_NOW_REQUIRED if now.required else rules.OUTPUT_NOW_OPTIONAL).at(path)
        yield from output_types(was.type, now.type, path)
    for name, now in new.properties.items():
        if name not in old.properties:
            yield rules.OUTPUT_ADDED.at(f"{where}.{name}", new=now.type)
