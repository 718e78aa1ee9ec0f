"""Where third-party charts and images come from: upstream, or an air-gapped site's mirror, for all of them at once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pulumi_kubernetes as kubernetes

from components.kubernetes.chart_values import image_values, merged, under_prefix
from mlplatform.config import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    import pulumi

    from mlplatform.config.mirror import MirrorSection
    from mlplatform.config.versions import Chart, VersionRow

# A chart's own hooks and roll-outs are waited for this long, in seconds.
RELEASE_TIMEOUT = 600


@dataclass(frozen=True, kw_only=True)
class ThirdParty:
    """The stack's row of versions, and where charts and images come from.

    Attributes:
        row: charts and images with their versions.
        mirror: own sources, upstream's where it says nothing.

    """

    row: VersionRow
    mirror: MirrorSection

    def image(self, name: str) -> str:
        """Return the image of one of this project's objects: a name of ``versions.yaml``, for example ``mlflow``."""
        return self.mirrored(self.row.images[name])

    def mirrored(self, image: str) -> str:
        """Return where an image is pulled from: under the mirror's prefix, its whole name is kept."""
        return under_prefix(image, self.mirror.images)

    def operands(self, chart: Chart) -> dict[str, str]:
        """Return where the images are pulled from that an operator starts by itself, container -> image.

        With a mirror those are all of them, otherwise those whose names upstream does not pin: the operator knows the
        others.
        """
        return {
            container: self.mirrored(image)
            for container, image in chart.operands.items()
            if self.mirror.images or container in chart.operands_pinned
        }

    def values(self, chart: Chart, values: Mapping[str, Any]) -> dict[str, Any]:
        """Return a chart's values with its images: from the mirror, or as pinned here; otherwise the chart's own."""
        images = chart.images if self.mirror.images or chart.images_pinned else {}
        return merged(image_values(images, self.mirror.images), values)

    def source(self, chart: Chart) -> dict[str, Any]:
        """Return the inputs of a Helm Release that say where its chart is."""
        mirror = self.mirror.charts
        if mirror is None:
            return _from_repository(chart, chart.repository)
        if "://" in mirror:
            return _from_repository(chart, mirror)
        return {"chart": archive(mirror, chart), "version": chart.version}

    def missing_archives(self, charts: Iterable[Chart], *, folder: Path, file: str) -> Iterator[Problem]:
        """Yield a problem for each chart that a mirror folder does not hold, one alone where there is no such folder.

        Args:
            charts: the charts that the stack installs.
            folder: the project's folder, which a relative mirror starts from.
            file: name of the stack file, for the problems.

        """
        mirror = self.mirror.charts
        if mirror is None or "://" in mirror:
            return
        if not (folder / mirror).is_dir():
            message = f"'{mirror}' is no folder; name one with the charts' .tgz files, or an oci:// or https:// mirror"
            yield Problem(file=file, key="mirror.charts", message=message)
            return
        for chart in charts:
            if not (folder / archive(mirror, chart)).is_file():
                yield Problem(
                    file=file,
                    key="mirror.charts",
                    message=f"has no {Path(archive(mirror, chart)).name}; "
                    f"get it with: helm pull {_pull_name(chart)} --version {chart.version} -d {mirror}",
                )

    def create_release(
        self,
        name: str,
        chart: Chart,
        *,
        namespace: str,
        values: Mapping[str, Any],
        opts: pulumi.ResourceOptions,
    ) -> kubernetes.helm.v3.Release:
        """Install a chart; its images come from the mirror without further ado.

        Args:
            name: name of the resource and of the Helm release.
            chart: the chart, for example ``self.row.charts["istiod"]``.
            namespace: an existing namespace.
            values: the chart's values; only keys that it knows.
            opts: options of the resource, with its parent and what it depends on.

        """
        return kubernetes.helm.v3.Release(
            name,
            name=name,
            namespace=namespace,
            values=self.values(chart, values),
            **self.source(chart),
            # A failed first installation is rolled back by Helm, so that the next `pulumi up` can start again.
            atomic=True,
            timeout=RELEASE_TIMEOUT,
            opts=opts,
        )


def archive(folder: str, chart: Chart) -> str:
    """Return the path of a chart in a mirror folder, named as ``helm pull`` names it."""
    return f"{folder}/{chart.name}-{chart.version}.tgz"


def _from_repository(chart: Chart, repository: str) -> dict[str, Any]:
    if repository.startswith("oci://"):
        return {"chart": f"{repository}/{chart.name}", "version": chart.version}
    return {"chart": chart.name, "version": chart.version, "repository_opts": {"repo": repository}}


def _pull_name(chart: Chart) -> str:
    if chart.repository.startswith("oci://"):
        return f"{chart.repository}/{chart.name}"
    return f"{chart.name} --repo {chart.repository}"
