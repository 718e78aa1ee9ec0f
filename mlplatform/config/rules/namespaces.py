"""Namespaces that are not for teams, models and training jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.draft import draft
from mlplatform.config.parts import parts
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.part import Part
    from mlplatform.config.rules.finding import Finding, Path

_KUBERNETES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


def namespace_faults(raw: dict[str, Any], path: Path, namespace: Any, *, example: str = "models") -> Iterator[Finding]:
    """Yield a finding where a namespace belongs to Kubernetes, or to a part of the platform that the stack installs."""
    if not isinstance(namespace, str):
        return
    advice = f"use a namespace of your own, such as {example}"
    if namespace in _KUBERNETES or namespace.startswith("kube-"):
        yield path, f"'{namespace}' belongs to Kubernetes; {advice}"
    for part in parts():
        given = section(raw, part.key)
        if given is not None and namespace in _namespaces(part, given):
            yield path, f"'{namespace}' belongs to the platform ({part.key}); {advice}"


def _namespaces(part: Part, given: dict[str, Any]) -> tuple[Any, ...]:
    """Return the namespaces of a part, those among them that a change of its section would create."""
    if part.section is None or part.namespace_field is None:
        return part.namespaces
    return (*part.namespaces, getattr(draft(part.section, given), part.namespace_field))
