"""cert-manager and the issuer that the platform's certificates come from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from mlplatform.config.fields import RoleArn, Section, Text
from mlplatform.config.part import Part

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.models import Settings
    from mlplatform.config.rules.finding import Finding

NAMESPACE = "cert-manager"


class Dns01Section(Section):
    """ACME's DNS-01 challenge, solved in Route 53."""

    hosted_zone_id: Text = Field(description="id of the hosted zone of the domain")
    region: Text = Field(description="AWS region, for example eu-central-1; with aws: aws.region")
    role_arn: RoleArn | None = Field(default=None, description="IAM role that may change only this zone")


class IssuerSection(Section):
    """Who signs the platform's certificates."""

    kind: Literal["selfSigned", "letsEncryptStaging", "letsEncryptProduction"] = Field(
        default="selfSigned", description="selfSigned (development), letsEncryptStaging or letsEncryptProduction"
    )
    email: Text | None = Field(default=None, description="contact of the ACME account; required with Let's Encrypt")
    dns01: Dns01Section | None = Field(default=None, description="Route 53 zone of the DNS-01 challenge; none: HTTP-01")


class CertManagerSection(Section):
    """cert-manager and the ClusterIssuer that the platform's certificates come from."""

    issuer: IssuerSection = Field(default_factory=IssuerSection, description="who signs the platform's certificates")


def rules(settings: Settings) -> Iterator[Finding]:
    """Yield what is wrong with the issuer."""
    if settings.cert_manager is None:
        return
    issuer = settings.cert_manager.issuer
    if issuer.kind in ("letsEncryptStaging", "letsEncryptProduction") and not issuer.email:
        reason = f"is required with {issuer.kind}: the contact of the ACME account"
        yield ("certManager", "issuer", "email"), reason
    if issuer.kind == "selfSigned":
        for key in ("dns01", "email"):
            if getattr(issuer, key):
                yield (
                    ("certManager", "issuer", key),
                    "belongs to Let's Encrypt and cannot be combined with selfSigned; remove it, or set kind",
                )


PART = Part(
    name="cert_manager",
    section=CertManagerSection,
    description="cert-manager and issuer; none: not installed",
    charts=("cert-manager",),
    namespaces=(NAMESPACE,),
    crds={"cert-manager": "cert-manager"},
    rules=rules,
)
