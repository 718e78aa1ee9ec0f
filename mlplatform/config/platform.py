"""Settings of the platform: what it stands on, and the sections of its parts, derived from their descriptors.

A part's section is the field of the part's name: ``settings.istio``. For the type checker, those that other rooms read
by name stand below; :meth:`Basis.section_of` reads any of them by its type, a new part's among them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypeVar

from pydantic import Field, create_model

from mlplatform.config.aws import AwsSection
from mlplatform.config.cluster import ClusterSection
from mlplatform.config.fields import Count, Label, Section, Text
from mlplatform.config.ingress import IngressSection
from mlplatform.config.mirror import MirrorSection
from mlplatform.config.parts import parts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mlplatform.config.mlflow import MlflowSection
    from mlplatform.config.part import Part
    from mlplatform.config.parts.cert_manager import CertManagerSection
    from mlplatform.config.parts.istio import IstioSection
    from mlplatform.config.parts.knative import KnativeSection
    from mlplatform.config.parts.kserve import KServeSection
    from mlplatform.config.parts.monitoring import MonitoringSection
    from mlplatform.config.parts.seldon import SeldonSection

S = TypeVar("S", bound=Section)


class Basis(Section):
    """What all parts of the platform stand on."""

    environment: Literal["development", "production"] = Field(
        default="development", description="production: stateful resources are protected and outlive the stack"
    )
    versions: Text | None = Field(
        default=None,
        description="row of mlplatform/config/versions.yaml; the default is its newest",
    )
    mirror: MirrorSection = Field(default_factory=MirrorSection, description="own sources of charts and images")
    rotations: dict[Label, Count] = Field(
        default_factory=dict,
        description="generated secret -> how often it was rotated; raise the number to rotate it",
    )
    cluster: ClusterSection = Field(
        discriminator="kind", description="the cluster, for example {kind: existing, context: mlplatform-dev}"
    )
    aws: AwsSection | None = Field(
        default=None, description="what the stack brings along on AWS, with cluster.kind eks; none: nothing"
    )
    ingress: IngressSection | None = Field(default=None, description="how requests come in: class, domain, TLS")

    @property
    def production(self) -> bool:
        """Whether stateful resources are protected and outlive the stack."""
        return self.environment == "production"

    def section_of(self, kind: type[S]) -> S:
        """Return the section of a type, for example of a part that the settings ask for.

        Raises:
            LookupError: the settings have none.

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
    return create_model("PlatformSettings", __base__=base, __module__=__name__, __doc__=base.__doc__, **fields)


if TYPE_CHECKING:

    class PlatformSettings(Basis):
        """What the platform stands on, and the sections of its parts."""

        cert_manager: CertManagerSection | None
        istio: IstioSection | None
        knative: KnativeSection | None
        kserve: KServeSection | None
        seldon: SeldonSection | None
        monitoring: MonitoringSection | None
        mlflow: MlflowSection | None

else:
    PlatformSettings = with_sections(Basis, parts())
