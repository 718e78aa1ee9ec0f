"""The sections of the parts as fields of the settings, derived from their descriptors.

A part's section is the field of the part's name: ``settings.istio``. For the type checker, those that other rooms read
by name stand below; :meth:`SectionsByType.section_of` reads any of them by its type, a new part's among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import Field, create_model

from mlplatform.config.fields import Section
from mlplatform.config.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.config.mlflow import Mlflow
    from mlplatform.config.part import Part
    from mlplatform.config.parts.cert_manager import CertManagerSection
    from mlplatform.config.parts.istio import IstioSection
    from mlplatform.config.parts.knative import KnativeSection
    from mlplatform.config.parts.kserve import KServeSection
    from mlplatform.config.parts.monitoring import MonitoringSection
    from mlplatform.config.parts.seldon import SeldonSection

S = TypeVar("S", bound=Section)


class SectionsByType(Section):
    """Settings whose sections are found by their types."""

    def section_of(self, kind: type[S]) -> S:
        """Return the section of a part that the settings ask for.

        Raises:
            LookupError: they do not.

        """
        section = next((value for _, value in self if isinstance(value, kind)), None)
        if section is None:
            raise LookupError(f"the settings have no {kind.__name__}")
        return section


def with_sections(base: type[Section], described: Iterable[Part]) -> type[Section]:
    """Return settings with an optional field for the section of every part that has one."""
    fields: dict[str, Any] = {
        part.name: (part.section | None, Field(default=None, description=part.description))
        for part in described
        if part.section
    }
    return create_model("PartSections", __base__=base, __module__=__name__, __doc__="Sections of the parts.", **fields)


if TYPE_CHECKING:

    class PartSections(SectionsByType):
        """Sections of the parts."""

        cert_manager: CertManagerSection | None
        istio: IstioSection | None
        knative: KnativeSection | None
        kserve: KServeSection | None
        seldon: SeldonSection | None
        monitoring: MonitoringSection | None
        mlflow: Mlflow | None

else:
    PartSections = with_sections(SectionsByType, parts())
