"""What is third-party in a row of versions or in a stack: how long it is supported, where, with which known holes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from mlplatform.config.advisories import advisories_of_chart, advisories_of_image
from mlplatform.config.eks_versions import eks_calendar
from mlplatform.config.parts import parts
from mlplatform.config.support import Support, name_and_version, support_of_image
from mlplatform.config.versions import beyond_tests

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date

    from mlplatform.config.advisories import Advisory
    from mlplatform.config.models import Settings
    from mlplatform.config.versions import Chart, VersionRow

_EKS_SOURCE = "https://docs.aws.amazon.com/eks/latest/userguide/kubernetes-versions.html"
_UNKNOWN = "not known here"


@dataclass(frozen=True, kw_only=True)
class Component:
    """One third-party thing at the version that is pinned.

    Attributes:
        name: its name in ``versions.yaml``, or what it is called in the settings.
        pinned: version of the chart, with what it installs where that differs, or tag of the image.
        version: what advisories speak of: the chart's version, or the tag.
        kubernetes: Kubernetes versions that upstream supports, in words; ``None`` where that says nothing (images).
        support: until when upstream supports it, ``None`` where nothing is known.
        advisories: its known holes.

    """

    name: str
    pinned: str
    version: str
    kubernetes: str | None
    support: Support | None
    advisories: tuple[Advisory, ...]

    @property
    def support_words(self) -> str:
        """The end of its support, in words."""
        return str(self.support) if self.support else _UNKNOWN


def components_of_row(row: VersionRow) -> tuple[Component, ...]:
    """Return everything that a row of versions pins."""
    images = {name: _image(name, image, row) for name, image in row.images.items()}
    return (*(_chart(chart) for chart in row.charts.values()), *_operands(row.charts.values()), *images.values())


def components_of_stack(settings: Settings, row: VersionRow) -> tuple[Component, ...]:
    """Return what a stack runs that is third-party: its Kubernetes on EKS, its charts, and the images that it names."""
    charts = installed_charts(settings, row)
    images: dict[str, str] = {}
    for part in parts():
        images |= part.installed_images(settings, row)
    return (
        *_kubernetes(settings),
        *map(_chart, charts),
        *_operands(charts if settings.ingress and settings.ingress.ingress_class == "kourier" else ()),
        *(_image(name, image, row) for name, image in images.items()),
    )


def installed_charts(settings: Settings, row: VersionRow) -> list[Chart]:
    """Return the charts that a stack installs."""
    return [chart for part in parts() for chart in part.installed_charts(settings, row)]


def version_notices(settings: Settings, row: VersionRow, *, today: date) -> tuple[str, ...]:
    """Return what a preview has to say of the versions of a stack, a sentence for each kind; mostly nothing.

    Args:
        settings: the stack's settings.
        row: its row of versions.
        today: the day.

    """
    # The version of EKS has notices of its own: mlplatform.config.eks_support.
    components = [part for part in components_of_stack(settings, row) if part.name != "kubernetes-eks"]
    ended = _ends(components, "ended", today)
    ending = _ends(components, "ending", today)
    kubernetes = settings.cluster.kubernetes_version
    beyond = beyond_tests(installed_charts(settings, row), kubernetes) if kubernetes else None
    raise_it = "see mlplatform versions, and docs/journeys/upgrade-a-component.md"
    return tuple(
        notice
        for notice in (
            f"upstream's support has ended: {ended}; {raise_it}" if ended else None,
            f"upstream's support ends soon: {ending}; {raise_it}" if ending else None,
            f"Kubernetes {kubernetes} is beyond what upstream itself tests: {beyond}" if beyond else None,
        )
        if notice
    )


def _ends(components: Iterable[Component], phase: str, today: date) -> str:
    names_by_end: dict[str, list[str]] = {}
    for component in components:
        if component.support and component.support.phase(today) == phase:
            names_by_end.setdefault(f"{component.pinned} on {component.support}", []).append(component.name)
    return "; ".join(f"{', '.join(names)} {end}" for end, names in names_by_end.items())


def _kubernetes(settings: Settings) -> Iterator[Component]:
    support = eks_calendar().get(settings.cluster.kubernetes_version or "")
    if settings.cluster.kind == "eks" and support is not None:
        ends = support.extended if settings.cluster.extended_support else support.standard
        yield Component(
            name="kubernetes-eks",
            pinned=support.version,
            version=support.version,
            kubernetes=None,
            support=Support(ends=ends, source=_EKS_SOURCE),
            advisories=(),
        )


def _chart(chart: Chart) -> Component:
    app = chart.app_version
    return Component(
        name=chart.key,
        pinned=chart.version
        if app.removeprefix("v") == chart.version.removeprefix("v")
        else f"{chart.version} ({app})",
        version=chart.version,
        kubernetes=chart.kubernetes_words,
        support=chart.support,
        advisories=advisories_of_chart(chart.key, chart.version),
    )


def _operands(charts: Iterable[Chart]) -> Iterator[Component]:
    """Yield the images that the stack itself names to an operator."""
    for chart in charts:
        for container in chart.operands_pinned:
            yield _image(container.rpartition("/")[2], chart.operands[container])


def _image(name: str, image: str, row: VersionRow | None = None) -> Component:
    support: Mapping[str, Support] = row.image_support if row else {}
    tag = name_and_version(image)[1]
    return Component(
        name=f"{name} (image)",
        pinned=tag or image.partition("@")[2],
        version=tag,
        kubernetes=None,
        support=support.get(name) or support_of_image(image),
        advisories=advisories_of_image(image),
    )
