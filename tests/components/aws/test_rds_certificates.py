"""The certificates of RDS: whole, of the right subjects, and verified by themselves."""

import ssl

import pytest
from cryptography import x509
from cryptography.x509.oid import NameOID

from components.aws import rds_certificates
from components.aws.rds_certificates import FILE, region_certificates


def test_each_region_has_its_own_root_certificate():
    found = rds_certificates._all()
    assert len(found) == FILE.read_text().count("BEGIN CERTIFICATE") == 27
    for region, text in found.items():
        (certificate,) = x509.load_pem_x509_certificates(text.encode())
        (name,) = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
        assert name.value == f"Amazon RDS {region} Root CA RSA2048 G1"
        certificate.verify_directly_issued_by(certificate)
        assert certificate.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
        assert certificate.not_valid_after_utc.year >= 2061


def test_openssl_takes_it_as_an_authority():
    context = ssl.create_default_context(cadata=region_certificates("eu-central-1"))
    assert "Amazon RDS eu-central-1 Root CA RSA2048 G1" in str(context.get_ca_certs())


def test_a_region_without_one_is_refused():
    with pytest.raises(ValueError, match=r"no certificate of RDS in moon-west-1 .* use one of .*eu-central-1"):
        region_certificates("moon-west-1")
