"""A model signature as types: the inputs, outputs and parameters that MLflow writes into an MLmodel file.

Reads the JSON of MLflow's ``mlflow/types/schema.py`` (``Schema``, ``ColSpec``, ``TensorSpec``, ``ParamSpec``, 3.17), of
older releases too, without MLflow: a report must not need two seconds to import it. Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

SCALARS = frozenset({"boolean", "integer", "long", "float", "double", "string", "binary", "datetime"})


class UnreadableError(ValueError):
    """Something that is no signature of MLflow's; the text says why."""


@dataclass(frozen=True)
class Scalar:
    """One of :data:`SCALARS`."""

    name: str

    def __str__(self) -> str:
        """Return MLflow's name of it."""
        return self.name


@dataclass(frozen=True)
class AnyType:
    """Whatever JSON can hold; MLflow checks nothing."""

    def __str__(self) -> str:
        """Return MLflow's name of it."""
        return "any"


@dataclass(frozen=True)
class Array:
    """A list of one type; ``vector`` for a vector of Spark ML, which MLflow checks as a list of ``double``."""

    items: Type
    vector: bool = False

    def __str__(self) -> str:
        """Return it in words."""
        return "vector" if self.vector else f"array of {self.items}"


@dataclass(frozen=True)
class Map:
    """Text keys, values of one type."""

    values: Type

    def __str__(self) -> str:
        """Return it in words."""
        return f"map of {self.values}"


@dataclass(frozen=True)
class Property:
    """One property of an object."""

    type: Type
    required: bool


@dataclass(frozen=True)
class Object:
    """Named properties."""

    properties: Mapping[str, Property]

    def __str__(self) -> str:
        """Return it in a word; its properties are compared one by one."""
        return "object"


Type = Scalar | AnyType | Array | Map | Object


@dataclass(frozen=True)
class Column:
    """A column of a table; ``name`` is ``None`` where columns have none."""

    name: str | None
    type: Type
    required: bool


@dataclass(frozen=True)
class Tensor:
    """An array of numbers: numpy's name of the type, and the shape with ``-1`` for any size."""

    name: str | None
    dtype: str
    shape: tuple[int, ...]
    required: bool = True

    def __str__(self) -> str:
        """Return it in words."""
        return f"{self.dtype} ({', '.join(map(str, self.shape))})"


@dataclass(frozen=True)
class Param:
    """A parameter of an inference request; ``shape`` is ``(-1,)`` for a list, ``None`` for a single value."""

    name: str
    type: Type
    shape: tuple[int, ...] | None
    default: Any


def read_schema(part: Any) -> tuple[Column, ...] | tuple[Tensor, ...] | None:
    """Return the inputs or outputs of a signature, ``None`` where it does not declare any.

    Raises:
        UnreadableError: not a list, a type that MLflow does not know, or what its ``Schema`` refuses: tensors and
            columns mixed, names for some only, one name for two.

    """
    if part is None or part == []:
        return None
    specs = [_mapping(spec) for spec in _list(part)]
    names = [spec.get("name") for spec in specs]
    if len({name is None for name in names}) > 1:
        raise UnreadableError("names for some only")
    named = [str(name) for name in names if name is not None]
    if len(set(named)) < len(named):
        # MLflow lets that pass, and then checks one value by two types.
        raise UnreadableError("one name for two")
    tensors = [spec for spec in specs if spec.get("type") == "tensor"]
    if not tensors:
        return tuple(
            Column(_name(spec.get("name")), type_, _required(spec, default=isinstance(type_, Scalar)))
            for spec, type_ in ((spec, _type(spec)) for spec in specs)
        )
    if len(tensors) < len(specs):
        raise UnreadableError("tensors and columns mixed")
    return tuple(_tensor(spec) for spec in tensors)


def read_params(part: Any) -> dict[str, Param]:
    """Return the parameters of a signature by name; no declaration is the same as none.

    Raises:
        UnreadableError: not a list, one without name or known type, or one name for two.

    """
    params: dict[str, Param] = {}
    for spec in [] if part is None else map(_mapping, _list(part)):
        # MLflow wrote "dtype" before it wrote "type".
        type_ = _type({"type": spec.get("dtype"), **spec})
        name = _name(spec.get("name"))
        if name is None or not isinstance(type_, Scalar | Object):
            raise UnreadableError("a parameter without name, or of a type that parameters cannot have")
        if name in params:
            raise UnreadableError("one name for two")
        shape = spec.get("shape")
        params[name] = Param(name, type_, None if shape is None else _shape(shape), spec.get("default"))
    return params


def _tensor(spec: Mapping[str, Any]) -> Tensor:
    info = _mapping(spec.get("tensor-spec"))
    dtype = info.get("dtype")
    if not isinstance(dtype, str):
        raise UnreadableError("a tensor without dtype")
    return Tensor(_name(spec.get("name")), dtype, _shape(info.get("shape")))


def _type(spec: Mapping[str, Any]) -> Type:
    kind = spec.get("type")
    if isinstance(kind, str):
        if kind in SCALARS:
            return Scalar(kind)
        if kind in _NESTED:
            return _NESTED[kind](spec)
    raise UnreadableError(f"a type that MLflow does not have: {kind!r}")


def _inner_type(spec: Mapping[str, Any]) -> Type:
    """Return a type inside a map or an object, where MLflow (3.17) loses the map, or fails, at a vector of Spark ML."""
    parsed = _type(spec)
    if isinstance(parsed, Array) and parsed.vector:
        raise UnreadableError("a vector inside a map or an object")
    return parsed


def _object(spec: Mapping[str, Any]) -> Object:
    properties = {}
    for name, item in _mapping(spec.get("properties")).items():
        prop = _mapping(item)
        properties[str(name)] = Property(_inner_type(prop), _required(prop, default=True))
    return Object(properties)


_NESTED: dict[str, Callable[[Mapping[str, Any]], Type]] = {
    "any": lambda _spec: AnyType(),
    "sparkml_vector": lambda _spec: Array(Scalar("double"), vector=True),
    "array": lambda spec: Array(_type(_mapping(spec.get("items")))),
    "map": lambda spec: Map(_inner_type(_mapping(spec.get("values")))),
    "object": _object,
}


def _required(spec: Mapping[str, Any], *, default: bool) -> bool:
    """Return whether it must be there. Without a word on it, MLflow reads a column that is no scalar as optional."""
    if "required" in spec:
        return bool(spec["required"])
    # MLflow before 2.10 wrote it the other way round.
    return not spec["optional"] if "optional" in spec else default


def _name(name: Any) -> str | None:
    if isinstance(name, dict | list):
        raise UnreadableError("a name that is no text")
    return None if name is None else str(name)


def _shape(shape: Any) -> tuple[int, ...]:
    if not isinstance(shape, list | tuple) or any(
        isinstance(size, bool) or not isinstance(size, int) for size in shape
    ):
        raise UnreadableError("a shape that is no list of whole numbers")
    return tuple(shape)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise UnreadableError("no list")
    return list(value)


def _mapping(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise UnreadableError("no mapping")
    return value
