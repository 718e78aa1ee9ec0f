"""The sandbox's own certificate authority, and the certificates of its processes and users."""

from __future__ import annotations

import datetime as dt
import ipaddress
from typing import TYPE_CHECKING

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from mlplatform.private_files import write_private

if TYPE_CHECKING:
    from pathlib import Path

SERVICE_ACCOUNT_KEY = "service-account.key"
_VALID = dt.timedelta(days=365)
# Issued anew when less is left, so that a sandbox never stops working while it runs.
_RENEW_BEFORE = dt.timedelta(days=30)
# Clocks of virtual machines lag after a sleep.
_SKEW = dt.timedelta(minutes=10)
_RSA_BITS = 2048
_RSA_EXPONENT = 65537

# The first address of the service network is that of the service "kubernetes".
SERVICE_NETWORK = "10.96.0.0/16"
_SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")
_SERVER_ADDRESSES = ("127.0.0.1", "10.96.0.1")

# Name of a certificate -> user and groups, as the API server reads them from a client certificate.
_CLIENTS = {
    "admin": ("sandbox-admin", "system:masters"),
    "etcd-client": ("kube-apiserver", None),
    "kube-controller-manager": ("system:kube-controller-manager", "system:masters"),
    "kube-scheduler": ("system:kube-scheduler", None),
    # It plays every kubelet, storage driver and load balancer.
    "kwok": ("sandbox-kwok", "system:masters"),
}
_SERVERS = ("etcd", "kube-apiserver")


def ensure_certificates(folder: Path) -> None:
    """Make all certificates and keys below a folder, unless they are there and valid for another month.

    Files: ``ca.crt``, and ``<name>.crt`` and ``<name>.key`` for each process and user; ``service-account.key``, which
    signs the tokens of service accounts and stays the same. All may be read by their owner only.
    """
    key = folder / SERVICE_ACCOUNT_KEY
    if not key.is_file():
        write_private(key, _private(rsa.generate_private_key(_RSA_EXPONENT, _RSA_BITS)))
    names = ("ca", *_SERVERS, *_CLIENTS)
    if all(_still_valid(folder / f"{name}.crt") for name in names):
        return
    # First gone and last written: a run that was interrupted starts over.
    (folder / "ca.crt").unlink(missing_ok=True)
    authority = _Authority()
    for name in _SERVERS:
        authority.issue(folder, name, _name(name), server=True)
    for name, (user, group) in _CLIENTS.items():
        authority.issue(folder, name, _name(user, group))
    write_private(folder / "ca.crt", authority.certificate.public_bytes(serialization.Encoding.PEM))


def placeholder() -> tuple[str, str]:
    """Return a certificate and its key as PEM text, of use to nobody: the server looks into Secrets of that type."""
    authority = _Authority()
    certificate = authority.certificate.public_bytes(serialization.Encoding.PEM)
    return certificate.decode(), _private(authority.key).decode()


def _still_valid(path: Path) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
    except (OSError, ValueError):
        return False
    return certificate.not_valid_after_utc - dt.datetime.now(dt.UTC) > _RENEW_BEFORE


class _Authority:
    """The certificate authority of one set; its key is never written, so that nobody can issue more later."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        name = _name("mlplatform sandbox")
        usage = x509.KeyUsage(
            digital_signature=True, key_cert_sign=True, crl_sign=True, content_commitment=False,
            key_encipherment=False, data_encipherment=False, key_agreement=False, encipher_only=False,
            decipher_only=False,
        )  # fmt: skip
        self.certificate = (
            _builder(name, name, self.key)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(self.key.public_key()), critical=False)
            .sign(self.key, hashes.SHA256())
        )

    def issue(self, folder: Path, file: str, subject: x509.Name, *, server: bool = False) -> None:
        """Write ``<file>.key`` and ``<file>.crt``."""
        key = ec.generate_private_key(ec.SECP256R1())
        # etcd's one certificate is both sides of its connections to itself.
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, *([ExtendedKeyUsageOID.SERVER_AUTH] if server else [])]
        issuer_key = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = (
            _builder(subject, self.certificate.subject, key)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usages), critical=False)
            .add_extension(issuer_key, critical=False)
        )
        if server:
            names: list[x509.GeneralName] = [x509.DNSName(name) for name in _SERVER_NAMES]
            names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _SERVER_ADDRESSES]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self.key, hashes.SHA256())
        write_private(folder / f"{file}.key", _private(key))
        write_private(folder / f"{file}.crt", certificate.public_bytes(serialization.Encoding.PEM))


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _SKEW)
        .not_valid_after(now + _VALID)
    )


def _name(user: str, group: str | None = None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.COMMON_NAME, user)]
    if group:
        attributes.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
    return x509.Name(attributes)


def _private(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
