"""Known holes of third-party versions, read from ``mlplatform/config/versions.yaml``: a list, and no scanner."""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass, field

from mlplatform.config.support import name_and_version
from mlplatform.config.versions_file import versions_data

# A version's numbers, in order; MinIO's tags (RELEASE.2025-10-15T17-29-55Z) are moments, and compare the same way.
_NUMBERS = re.compile(r"\d+")


@dataclass(frozen=True, kw_only=True)
class AffectedVersions:
    """Versions that have a hole.

    Attributes:
        first: the oldest that has it, ``None`` for all before ``mended``.
        mended: the first that has it no more, ``None`` where there is none.

    """

    first: str | None = None
    mended: str | None = None

    def hold(self, version: str) -> bool:
        """Tell whether a version is among them; one without any number is, for nobody can say that it is not."""
        numbers = _numbers(version)
        if not numbers:
            return True
        if self.first is not None and numbers < _numbers(self.first):
            return False
        return self.mended is None or numbers < _numbers(self.mended)


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """A known hole.

    Attributes:
        name: how its publisher calls it, ``CVE-2025-62506``.
        severity: score, or the publisher's word where it is not known.
        title: what can happen, in a few words.
        source: URL of the publisher's page.
        charts: charts of ``versions.yaml`` that have it.
        image: end of the name of the image that has it, without its tag; ``None`` for a hole of charts.
        versions: those that have it, of the charts' or in the image's tag.

    """

    name: str
    severity: str
    title: str
    source: str
    charts: tuple[str, ...] = ()
    image: str | None = None
    versions: tuple[AffectedVersions, ...] = field(default=())

    def affects(self, version: str) -> bool:
        """Tell whether a version has it."""
        return any(versions.hold(version) for versions in self.versions)

    def mended_for(self, version: str) -> str | None:
        """Return the first version after one that has it no more, ``None`` where there is none."""
        return next((versions.mended for versions in self.versions if versions.hold(version)), None)

    def words(self, version: str) -> str:
        """Return what is to be said of a version that has it."""
        mended = self.mended_for(version)
        end = f"mended in {mended}" if mended else "mended in no version"
        return f"{self.name} ({self.severity}): {self.title}; {end}; {self.source}"


@functools.cache
def advisories() -> tuple[Advisory, ...]:
    """Return all that are known here."""
    return tuple(
        Advisory(
            name=name,
            severity=facts["severity"],
            title=facts["title"],
            source=facts["source"],
            charts=tuple(facts.get("charts", ())),
            image=facts.get("image"),
            versions=tuple(
                AffectedVersions(first=versions.get("from"), mended=versions.get("before"))
                for versions in facts["versions"]
            ),
        )
        for name, facts in versions_data()["advisories"].items()
    )


def advisories_of_chart(key: str, version: str) -> tuple[Advisory, ...]:
    """Return the known holes of a version of a chart, by its name in ``versions.yaml``."""
    return tuple(advisory for advisory in advisories() if key in advisory.charts and advisory.affects(version))


def advisories_of_image(image: str) -> tuple[Advisory, ...]:
    """Return the known holes of an image, by its reference; by digest alone, those of all its versions."""
    name, tag = name_and_version(image)
    return tuple(
        advisory
        for advisory in advisories()
        if advisory.image is not None
        and (name == advisory.image or name.endswith(f"/{advisory.image}"))
        and advisory.affects(tag)
    )


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, _NUMBERS.findall(version)))
