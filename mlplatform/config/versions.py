"""The third-party versions that the platform is made of, read from ``mlplatform/config/versions.yaml``."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML

from mlplatform.config.problems import Problem, ProblemsError

if TYPE_CHECKING:
    from datetime import date

FILE = Path(__file__).with_name("versions.yaml")


@dataclass(frozen=True, kw_only=True)
class Chart:
    """One version of a third-party Helm chart.

    Attributes:
        key: its name in ``versions.yaml``, unique (``istio-cni``).
        name: its name in the repository (``cni``).
        version: the chart's version.
        app_version: version of what it installs.
        repository: upstream's chart repository, ``https://`` or ``oci://``.
        kubernetes_from: oldest Kubernetes minor version that upstream supports, ``None`` where it states none.
        kubernetes_to: newest one.
        licence: SPDX identifier.
        images: path of a value (``image.registry``) -> the image, or registry, that upstream has there.
        operands: container -> image, of what an operator starts by itself.

    """

    key: str
    name: str
    version: str
    app_version: str
    repository: str
    kubernetes_from: str | None
    kubernetes_to: str | None
    licence: str
    images: dict[str, str] = field(default_factory=dict)
    operands: dict[str, str] = field(default_factory=dict)

    def supports(self, kubernetes: str) -> bool:
        """Tell whether upstream supports a Kubernetes minor version such as ``1.36``."""
        minor = _minor(kubernetes)
        oldest = _minor(self.kubernetes_from) if self.kubernetes_from else minor
        newest = _minor(self.kubernetes_to) if self.kubernetes_to else minor
        return oldest <= minor <= newest


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A set of chart versions and images that were tried together.

    Attributes:
        name: name of the row, for example ``2026-11``.
        charts: key -> chart.
        images: name -> pinned image of an own object.

    """

    name: str
    charts: dict[str, Chart]
    images: dict[str, str]


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
        for version, facts in _data()["eks"].items()
    }


@functools.cache
def _data() -> dict[str, Any]:
    data: dict[str, Any] = YAML(typ="safe", pure=True).load(FILE.read_text(encoding="utf-8"))
    return data


def rows() -> tuple[str, ...]:
    """Return the names of all rows."""
    return tuple(_data()["rows"])


def versions_of(key: str) -> tuple[str, ...]:
    """Return the known versions of a chart."""
    return tuple(_data()["charts"][key]["versions"])


def chart(key: str, version: str) -> Chart:
    """Return one version of a chart.

    Raises:
        KeyError: ``versions.yaml`` does not have it.

    """
    entry = _data()["charts"][key]
    facts = entry["versions"][version]
    return Chart(
        key=key,
        name=entry.get("chart", key),
        version=version,
        app_version=facts["app"],
        repository=entry["repository"],
        kubernetes_from=facts.get("from"),
        kubernetes_to=facts.get("to"),
        licence=facts["licence"],
        images={path: image.replace("{app}", facts["app"]) for path, image in entry.get("images", {}).items()},
        operands=dict(facts.get("operands", {})),
    )


def version_row(name: str | None = None) -> VersionRow:
    """Return a row, by default the newest.

    Raises:
        ProblemsError: there is no such row.

    """
    data = _data()
    name = name or data["newest"]
    if name not in data["rows"]:
        known = ", ".join(data["rows"])
        raise ProblemsError(
            [Problem(file=FILE.name, key="rows", message=f"there is no row '{name}'; known here: {known}")]
        )
    charts = {key: chart(key, version) for key, version in data["rows"][name].items()}
    return VersionRow(name=name, charts=charts, images=dict(data["images"]))


def eks_versions() -> tuple[str, ...]:
    """Return the Kubernetes minor versions that EKS add-ons are known for, the oldest first."""
    return tuple(sorted((version for version, facts in eks_calendar().items() if facts.addons), key=_minor))


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


def unsupported(charts: list[Chart], kubernetes: str) -> str | None:
    """Return which charts upstream does not support on a Kubernetes version, ``None`` where it supports all."""
    keys_by_range: dict[str, list[str]] = {}
    for helm_chart in charts:
        if not helm_chart.supports(kubernetes):
            between = f"{helm_chart.kubernetes_from or 'the oldest'} to {helm_chart.kubernetes_to or 'the newest'}"
            keys_by_range.setdefault(f"{helm_chart.version} supports {between}", []).append(helm_chart.key)
    return "; ".join(f"{', '.join(keys)} {supported}" for supported, keys in keys_by_range.items()) or None


def _minor(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))
