"""Kubernetes on EKS as data, read from ``mlplatform/config/versions.yaml``: calendar and add-ons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.versions import minor
from mlplatform.config.versions_file import FILE, versions_data

if TYPE_CHECKING:
    from datetime import date


@dataclass(frozen=True, kw_only=True)
class EksVersion:
    """A Kubernetes minor version on EKS.

    Attributes:
        version: ``1.36``.
        standard: first day without standard support, UTC: from here on it costs more, or AWS upgrades the cluster.
        extended: first day without extended support: AWS upgrades the cluster.
        addons: add-on -> version; none where the version is not used here.

    """

    version: str
    standard: date
    extended: date
    addons: dict[str, str]


def eks_calendar() -> dict[str, EksVersion]:
    """Return what is known of EKS's Kubernetes versions, by version."""
    return {
        version: EksVersion(
            version=version, standard=facts["standard"], extended=facts["extended"], addons=facts.get("addons", {})
        )
        for version, facts in versions_data()["eks"].items()
    }


def eks_versions() -> tuple[str, ...]:
    """Return the Kubernetes minor versions that EKS add-ons are known for, the oldest first."""
    return tuple(sorted((version for version, facts in eks_calendar().items() if facts.addons), key=minor))


def eks_addons(kubernetes: str) -> dict[str, str]:
    """Return the versions of the EKS add-ons of a Kubernetes minor version, add-on -> version.

    Raises:
        ProblemsError: there are none of this version.

    """
    facts = eks_calendar().get(kubernetes)
    if facts is None or not facts.addons:
        known = ", ".join(eks_versions())
        message = f"there are no add-ons of EKS for Kubernetes {kubernetes}; known here: {known}"
        raise ProblemsError([Problem(file=FILE.name, key="eks", message=message)])
    return dict(facts.addons)
