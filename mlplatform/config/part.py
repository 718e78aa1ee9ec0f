"""What is known of a part of the platform before anything of it is made: its descriptor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pydantic.alias_generators import to_camel

from mlplatform.config.versions import chart as pinned_chart

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mlplatform.config.fields import Section
    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding
    from mlplatform.config.versions import Chart, VersionRow


@dataclass(frozen=True, kw_only=True)
class Part:
    """The descriptor of a part: everything about it that is no resource.

    The functions get the stack's settings, or, for the rules, a draft of them (:func:`mlplatform.config.draft.draft`).

    Attributes:
        name: name of its two modules, ``mlplatform.config.parts.<name>`` and ``components.parts.<name>``, and of its
            field in the settings.
        section: its section of the settings, ``None`` where it is asked for in another part's.
        description: what the section is, for errors and the reference of the settings.
        asked_for_in: top-level key that asks for it, where that is not its own section.
        condition: whether the settings ask for it; by default, whether its section is there.
        charts: names, in ``versions.yaml``, of all charts that it may install; the Kubernetes versions that it supports
            are theirs.
        needed_charts: which of those the settings ask for; by default all.
        chart_versions: chart -> version where the settings choose one; by default the row's.
        namespaces: namespaces that it creates, or may create.
        namespace_field: field of its section that names one more.
        images: images that it takes beside its charts', name -> reference: names of ``versions.yaml``, or its own for
            what the settings themselves name.
        crds: component of the CRD catalogue (a folder without its version) -> the chart that installs those.
        secrets: secrets that it generates, the keys of ``rotations``.
        needs: parts that are made before it, where the stack has them: it is handed them.
        rules: yields (key path, message) for every broken rule of its section.

    """

    name: str
    section: type[Section] | None = None
    description: str | None = None
    asked_for_in: str | None = None
    condition: Callable[[Settings], bool] | None = None
    charts: tuple[str, ...] = ()
    needed_charts: Callable[[Settings], Iterable[str]] | None = None
    chart_versions: Callable[[Settings], Mapping[str, str]] | None = None
    namespaces: tuple[str, ...] = ()
    namespace_field: str | None = None
    images: Callable[[Settings, VersionRow], Mapping[str, str]] | None = None
    crds: Mapping[str, str] | None = None
    secrets: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    rules: Callable[[Settings], Iterable[Finding]] | None = None

    @property
    def key(self) -> str:
        """The top-level key, as users write it, that asks for it."""
        return self.asked_for_in or to_camel(self.name)

    def is_installed(self, settings: Settings) -> bool:
        """Tell whether the settings ask for it."""
        return self.condition(settings) if self.condition else getattr(settings, self.name) is not None

    def chart_names(self, settings: Settings) -> tuple[str, ...]:
        """Return the charts that the settings ask for, by their names in ``versions.yaml``."""
        if not self.is_installed(settings):
            return ()
        return self.charts if self.needed_charts is None else tuple(self.needed_charts(settings))

    def chart(self, name: str, settings: Settings, row: VersionRow) -> Chart:
        """Return a chart in the version that the settings choose, by default the row's.

        Raises:
            KeyError: ``versions.yaml`` does not have it; the part's rules say so before.

        """
        versions = self.chart_versions(settings) if self.chart_versions else {}
        return pinned_chart(name, versions[name]) if name in versions else row.charts[name]

    def installed_images(self, settings: Settings, row: VersionRow) -> Mapping[str, str]:
        """Return the images that the settings ask for beside those of charts, name -> reference."""
        return self.images(settings, row) if self.images and self.is_installed(settings) else {}

    def installed_charts(self, settings: Settings, row: VersionRow) -> list[Chart]:
        """Return the charts that the settings ask for; raises as :meth:`chart`."""
        return [self.chart(name, settings, row) for name in self.chart_names(settings)]
