"""What the rules share: finding containers and texts in the inputs of any Kubernetes resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pulumi_policy.proxy import UnknownValueError

Found = tuple[str, Any]
Unknown = list[UnknownValueError]
_POD_OWNERS = ("spec", "template", "items")
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def is_kubernetes_object(resource_type: str) -> bool:
    """Whether a resource type token names an object of the Kubernetes API (no Helm release, no provider)."""
    package, _, rest = resource_type.partition(":")
    return package == "kubernetes" and not rest.startswith(("helm.sh/", "yaml", "kustomize"))


def containers(properties: Mapping[str, Any]) -> Iterator[Found]:
    """Yield (path, container) for every container of an object, of any kind, at any depth.

    Besides ``containers`` lists that is the model of a KServe component (``predictor.model``), which is a container
    with a runtime instead of an image. What is in a container is left to who asks: a variable there that is not known
    yet says nothing about its image.
    """
    # Pods hang below these; a value elsewhere that is not known yet says nothing about containers.
    yield from _containers({key: properties[key] for key in _POD_OWNERS if key in properties}, "")


def _containers(value: Any, path: str) -> Iterator[Found]:
    for place, inner in _children(value, path):
        key = place.rpartition(".")[2]
        if key in _CONTAINER_LISTS and _is_list(inner):
            yield from ((f"{place}[{at}]", each) for at, each in enumerate(inner) if isinstance(each, Mapping))
        elif key == "model" and isinstance(inner, Mapping) and "modelFormat" in inner:
            yield place, inner
        else:
            yield from _containers(inner, place)


def texts(properties: Mapping[str, Any], unknown: Unknown | None = None) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text of an object; see :func:`walk`."""
    for path, value in walk(properties, unknown=unknown):
        if isinstance(value, str):
            yield path, value


def walk(value: Any, path: str = "", *, unknown: Unknown | None = None) -> Iterator[Found]:
    """Yield (path, value) of everything below a value, parents first.

    Args:
        value: a mapping or a list; nothing is below anything else.
        path: its path.
        unknown: takes what is not known yet, so that everything else is found all the same; whoever passes it raises
            one of these at the end. Without it, the first such value ends the walk.

    Raises:
        UnknownValueError: a value is not known yet.

    """
    for place, inner in _children(value, path, unknown):
        yield place, inner
        yield from walk(inner, place, unknown=unknown)


def _children(value: Any, path: str, unknown: Unknown | None = None) -> Iterator[Found]:
    if isinstance(value, Mapping):
        places = {key: f"{path}.{key}" if path else str(key) for key in value}
    else:
        places = {index: f"{path}[{index}]" for index in range(len(value) if _is_list(value) else 0)}
    for key, place in places.items():
        try:
            inner = value[key]
        except UnknownValueError as error:
            if unknown is None:
                raise
            unknown.append(error)
        else:
            yield place, inner


def items(value: Any) -> list[Any]:
    """Return what a list holds, as it is or as the engine hands it to a rule; nothing of what is no list."""
    return list(value) if _is_list(value) else []


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
