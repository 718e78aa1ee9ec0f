"""Seldon Core v1."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from mlplatform.config.fields import Section, Text
from mlplatform.config.part import Part
from mlplatform.config.versions import chart, versions_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding
    from mlplatform.config.versions import VersionRow

NAMESPACE = "seldon-system"
CHART = "seldon-core-operator"
_FREE_LICENCE = "Apache-2.0"


class SeldonSection(Section):
    """Seldon Core v1."""

    version: Text | None = Field(default=None, description="chart version; the default is the row's, under Apache-2.0")
    accept_license: bool = Field(
        default=False, description="accept the Business Source License of Seldon Core 1.18 and later"
    )


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the version: unknown, or under a licence that nobody accepted."""
    version = settings.seldon.version if settings.seldon else None
    if settings.seldon is None or not isinstance(version, str) or not version:
        return
    if version not in versions_of(CHART):
        known = ", ".join(versions_of(CHART))
        yield ("seldon", "version"), f"'{version}' is not known, nor is its licence; known here: {known}"
        return
    licence = chart(CHART, version).licence
    if licence != _FREE_LICENCE and settings.seldon.accept_license is not True:
        reason = (
            f"must be true for Seldon Core {version}, which is under the Business Source License ({licence}); "
            "read it first, or use 1.17.1, the last release under Apache-2.0"
        )
        yield ("seldon", "acceptLicense"), reason


def chart_versions(settings: Settings) -> dict[str, str]:
    """Return the version that the settings choose, ``{}`` for the row's."""
    version = settings.seldon.version if settings.seldon else None
    return {CHART: version} if version else {}


def images(_settings: Settings, row: VersionRow) -> dict[str, str]:
    """Return the image of the model server of MLflow models, which is not the charts' own."""
    return {"mlserver": row.images["mlserver"]}


PART = Part(
    name="seldon",
    section=SeldonSection,
    description="Seldon Core; none: not installed",
    charts=(CHART,),
    chart_versions=chart_versions,
    namespaces=(NAMESPACE,),
    images=images,
    crds={"seldon-core": CHART},
    needs=("cert_manager", "istio"),
    rules=rules,
)
