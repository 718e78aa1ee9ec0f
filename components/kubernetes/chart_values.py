"""Values of Helm charts as plain data: merged, and with their images under a mirror's prefix. Pure functions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_DOCKER_HUB = "docker.io"


def full_name(image: str) -> str:
    """Return an image with its registry: ``kserve/agent`` and ``busybox`` are Docker Hub's.

    Source: https://github.com/distribution/reference (the first part is a registry if it could be a host).
    """
    first, separator, _ = image.partition("/")
    if separator and ("." in first or ":" in first or first == "localhost"):
        return image
    return f"{_DOCKER_HUB}/{image}" if separator else f"{_DOCKER_HUB}/library/{image}"


def under_prefix(image: str, prefix: str | None) -> str:
    """Return where an image is pulled from: its full name below the prefix, unchanged where there is none."""
    return f"{prefix}/{full_name(image)}" if prefix else image


def image_and_tag(image: str) -> tuple[str, str]:
    """Return an image in two parts, as some charts ask for it; a digest stays with the tag."""
    path, separator, last = image.rpartition("/")
    name, _, tag = last.partition(":")
    return f"{path}{separator}{name}", tag


def image_values(images: Mapping[str, str], prefix: str | None) -> dict[str, Any]:
    """Return the values that name a chart's images.

    Args:
        images: path of a value (``image.registry``) -> what upstream has there, with its registry.
        prefix: a mirror's prefix, for example ``registry.example.org/mirror``; ``None`` without one.

    """
    values: dict[str, Any] = {}
    for path, image in images.items():
        *above, last = path.split(".")
        mapping = values
        for key in above:
            mapping = mapping.setdefault(key, {})
        mapping[last] = f"{prefix}/{image}" if prefix else image
    return values


def merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    """Return two sets of values as one, as Helm merges them: mappings key by key, everything else as a whole.

    Args:
        below: values that hold where the others say nothing.
        above: values that win.

    """
    result = dict(below)
    for key, value in above.items():
        former = result.get(key)
        result[key] = merged(former, value) if isinstance(former, dict) and isinstance(value, dict) else value
    return result
