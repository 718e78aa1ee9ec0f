"""What the rules share: containers and texts in the inputs of any Kubernetes object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

# A path in the properties, and the value there.
Item = tuple[str, Any]
Unknowns = list[UnknownValueError]

# Types of objects of the Kubernetes API, custom resources included; what renders objects in the provider is none.
KUBERNETES_OBJECTS = ("kubernetes:*",)
NOT_OBJECTS = ("kubernetes:helm.sh/*", "kubernetes:yaml*", "kubernetes:kustomize*")
_POD_OWNERS = ("spec", "template", "items")
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def containers(properties: Mapping[str, Any]) -> Iterator[Item]:
    """Yield (path, container) for every container of an object, of any kind, at any depth.

    Besides ``containers`` lists that is the model of a KServe component (``predictor.model``), which is a container
    with a runtime instead of an image. What is in a container is left to the caller: a variable there that is not known
    yet says nothing about its image.
    """
    # Pods hang below these; a value elsewhere that is not known yet says nothing about containers.
    yield from _containers({key: properties[key] for key in _POD_OWNERS if key in properties}, "")


def _containers(value: Any, path: str) -> Iterator[Item]:
    for child, inner in _children(value, path):
        key = child.rpartition(".")[2]
        if key in _CONTAINER_LISTS and _is_list(inner):
            yield from (
                (f"{child}[{index}]", container)
                for index, container in enumerate(inner)
                if isinstance(container, Mapping)
            )
        elif key == "model" and isinstance(inner, Mapping) and "modelFormat" in inner:
            yield child, inner
        else:
            yield from _containers(inner, child)


def texts(properties: Mapping[str, Any], unknowns: Unknowns | None = None) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text of an object; see :func:`walk`."""
    for path, value in walk(properties, unknowns=unknowns):
        if isinstance(value, str):
            yield path, value


def walk(value: Any, path: str = "", *, unknowns: Unknowns | None = None) -> Iterator[Item]:
    """Yield (path, value) of everything below a value, parents first.

    Args:
        value: a mapping or a list; nothing is below anything else.
        path: its path.
        unknowns: takes what is not known yet, so that the walk goes on behind it; the caller raises one of these at
            the end. Without it, the first such value ends the walk.

    Raises:
        UnknownValueError: a value is not known yet.

    """
    for child, inner in _children(value, path, unknowns):
        yield child, inner
        yield from walk(inner, child, unknowns=unknowns)


def _children(value: Any, path: str, unknowns: Unknowns | None = None) -> Iterator[Item]:
    if isinstance(value, Mapping):
        paths = {key: f"{path}.{key}" if path else str(key) for key in value}
    else:
        paths = {index: f"{path}[{index}]" for index in range(len(value) if _is_list(value) else 0)}
    for key, child in paths.items():
        try:
            inner = value[key]
        except UnknownValueError as error:
            if unknowns is None:
                raise
            unknowns.append(error)
        else:
            yield child, inner


def items(value: Any) -> list[Any]:
    """Return the items of a list, plain or as the engine hands it to a rule; none of what is no list."""
    return list(value) if _is_list(value) else []


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
