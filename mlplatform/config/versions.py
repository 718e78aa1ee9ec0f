"""The third-party versions that the platform is made of, read from ``mlplatform/config/versions.yaml``."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.support import Support, support_from
from mlplatform.config.versions_file import FILE, versions_data


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
        kubernetes_tested: newest one that upstream's tests run on, where it supports no newest one by word.
        licence: SPDX identifier.
        support: until when upstream supports it.
        images: path of a value (``image.registry``) -> the image, or registry, that upstream has there.
        images_pinned: whether those values are set even without a mirror.
        operands: container -> image, of what an operator starts by itself.
        operands_pinned: containers whose image the stack names even without a mirror.

    """

    key: str
    name: str
    version: str
    app_version: str
    repository: str
    kubernetes_from: str | None
    kubernetes_to: str | None
    kubernetes_tested: str | None = None
    licence: str
    support: Support
    images: dict[str, str] = field(default_factory=dict)
    images_pinned: bool = False
    operands: dict[str, str] = field(default_factory=dict)
    operands_pinned: tuple[str, ...] = ()

    def supports(self, kubernetes: str) -> bool:
        """Tell whether upstream supports a Kubernetes minor version such as ``1.36``."""
        version = minor(kubernetes)
        oldest = minor(self.kubernetes_from) if self.kubernetes_from else version
        newest = minor(self.kubernetes_to) if self.kubernetes_to else version
        return oldest <= version <= newest

    def is_tested_on(self, kubernetes: str) -> bool:
        """Tell whether a Kubernetes minor version is none beyond upstream's own tests."""
        return self.kubernetes_tested is None or minor(kubernetes) <= minor(self.kubernetes_tested)

    @property
    def kubernetes_words(self) -> str:
        """Upstream's Kubernetes versions in words, for tables."""
        oldest, newest = self.kubernetes_from, self.kubernetes_to
        if oldest and newest:
            return f"{oldest} to {newest}"
        tested = f", tested to {self.kubernetes_tested}" if self.kubernetes_tested else ""
        return f"from {oldest}{tested}" if oldest else f"up to {newest}" if newest else "not stated"


@dataclass(frozen=True, kw_only=True)
class VersionRow:
    """A set of chart versions and images that were tried together.

    Attributes:
        name: name of the row, for example ``2026-11``.
        charts: key -> chart.
        images: name -> pinned image of an own object.
        image_support: name -> until when upstream supports what is in that image.

    """

    name: str
    charts: dict[str, Chart]
    images: dict[str, str]
    image_support: dict[str, Support]


def rows() -> tuple[str, ...]:
    """Return the names of all rows."""
    return tuple(versions_data()["rows"])


def versions_of(key: str) -> tuple[str, ...]:
    """Return the known versions of a chart."""
    return tuple(versions_data()["charts"][key]["versions"])


def chart(key: str, version: str) -> Chart:
    """Return one version of a chart.

    Raises:
        KeyError: ``versions.yaml`` does not have it.

    """
    entry = versions_data()["charts"][key]
    facts = entry["versions"][version]
    return Chart(
        key=key,
        name=entry.get("chart", key),
        version=version,
        app_version=facts["app"],
        repository=entry["repository"],
        kubernetes_from=facts.get("from"),
        kubernetes_to=facts.get("to"),
        kubernetes_tested=facts.get("tested"),
        licence=facts["licence"],
        support=support_from(facts["support"]),
        images_pinned=entry.get("pinned", False),
        operands_pinned=tuple(facts.get("pinned", ())),
        images={path: image.replace("{app}", facts["app"]) for path, image in entry.get("images", {}).items()},
        operands=dict(facts.get("operands", {})),
    )


def version_row(name: str | None = None) -> VersionRow:
    """Return a row, by default the newest.

    Raises:
        ProblemsError: there is no such row.

    """
    data = versions_data()
    name = name or data["newest"]
    if name not in data["rows"]:
        known = ", ".join(data["rows"])
        raise ProblemsError(
            [Problem(file=FILE.name, key="rows", message=f"there is no row '{name}'; known here: {known}")]
        )
    charts = {key: chart(key, version) for key, version in data["rows"][name].items()}
    return VersionRow(
        name=name,
        charts=charts,
        images={image: facts["image"] for image, facts in data["images"].items()},
        image_support={image: support_from(facts["support"]) for image, facts in data["images"].items()},
    )


def beyond_tests(charts: list[Chart], kubernetes: str) -> str | None:
    """Return which charts upstream's own tests do not reach on a Kubernetes version, ``None`` where they reach all."""
    keys_by_version: dict[str, list[str]] = {}
    for helm_chart in charts:
        if helm_chart.supports(kubernetes) and not helm_chart.is_tested_on(kubernetes):
            version = f"{helm_chart.version} up to {helm_chart.kubernetes_tested}"
            keys_by_version.setdefault(version, []).append(helm_chart.key)
    return "; ".join(f"{', '.join(keys)} {version}" for version, keys in keys_by_version.items()) or None


def unsupported(charts: list[Chart], kubernetes: str) -> str | None:
    """Return which charts upstream does not support on a Kubernetes version, ``None`` where it supports all."""
    keys_by_range: dict[str, list[str]] = {}
    for helm_chart in charts:
        if not helm_chart.supports(kubernetes):
            between = f"{helm_chart.kubernetes_from or 'the oldest'} to {helm_chart.kubernetes_to or 'the newest'}"
            keys_by_range.setdefault(f"{helm_chart.version} supports {between}", []).append(helm_chart.key)
    return "; ".join(f"{', '.join(keys)} {supported}" for supported, keys in keys_by_range.items()) or None


def minor(version: str) -> tuple[int, ...]:
    """Return a Kubernetes minor version such as ``1.36`` as numbers that can be compared."""
    return tuple(int(part) for part in version.split("."))
