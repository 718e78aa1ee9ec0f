"""What the rules share: finding containers and texts in the inputs of any Kubernetes resource."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Found = tuple[str, Any]
_POD_OWNERS = ("spec", "template", "items")
_CONTAINER_LISTS = ("containers", "initContainers", "ephemeralContainers")


def is_kubernetes_object(resource_type: str) -> bool:
    """Whether a resource type token names an object of the Kubernetes API (no Helm release, no provider)."""
    package, _, rest = resource_type.partition(":")
    return package == "kubernetes" and not rest.startswith(("helm.sh/", "yaml", "kustomize"))


def containers(properties: Mapping[str, Any]) -> Iterator[Found]:
    """Yield (path, container) for every container of an object, of any kind, at any depth.

    Besides ``containers`` lists that is the model of a KServe component (``predictor.model``), which is a container
    with a runtime instead of an image.
    """
    # Pods hang below these; a value elsewhere that is not known yet says nothing about containers.
    for path, value in walk({key: properties[key] for key in _POD_OWNERS if key in properties}):
        key = path.rpartition(".")[2]
        if key in _CONTAINER_LISTS and _is_list(value):
            for index, container in enumerate(value):
                if isinstance(container, Mapping):
                    yield f"{path}[{index}]", container
        elif key == "model" and isinstance(value, Mapping) and "modelFormat" in value:
            yield path, value


def texts(properties: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (path, text) for every text of an object."""
    for path, value in walk(properties):
        if isinstance(value, str):
            yield path, value


def walk(value: Any, path: str = "") -> Iterator[Found]:
    """Yield (path, value) of everything below a value, parents first."""
    if isinstance(value, Mapping):
        for key in value:
            inner = f"{path}.{key}" if path else str(key)
            yield inner, value[key]
            yield from walk(value[key], inner)
    elif _is_list(value):
        for index in range(len(value)):
            inner = f"{path}[{index}]"
            yield inner, value[index]
            yield from walk(value[index], inner)


def items(value: Any) -> list[Any]:
    """Return what a list holds, as it is or as the engine hands it to a rule; nothing of what is no list."""
    return list(value) if _is_list(value) else []


def _is_list(value: Any) -> bool:
    return isinstance(value, Sequence) and not isinstance(value, str | bytes)
