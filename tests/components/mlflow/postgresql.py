"""A real PostgreSQL server with TLS for a test, where the machine has one."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg2
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.components.mlflow.kubelet import program
from tests.servers import free_port

PASSWORD = "p/w@with:odd&characters%41"


@contextlib.contextmanager
def server():
    """Run a server with the user and database mlflow; yield its port and its certificate in PEM."""
    # A short path of its own: sockets have short names, and the server's user must be able to get there.
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    user = _unprivileged()
    try:
        port = free_port()
        data, login = folder / "data", folder / "password"
        data.mkdir()
        login.write_text("root-password")
        certificate = _certificate(folder)
        if user:
            for path in (folder, *folder.iterdir()):
                shutil.chown(path, user)
        _as(user, program("initdb"), "-D", data, "-U", "postgres", "-A", "scram-sha-256", f"--pwfile={login}")
        options = (
            f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off "
            f"-c ssl=on -c ssl_cert_file={folder}/server.crt -c ssl_key_file={folder}/server.key"
        )
        _as(user, program("pg_ctl"), "-D", data, "-w", "-l", folder / "log", "-o", options, "start")
        try:
            _create(port)
            yield port, certificate
        finally:
            _as(user, program("pg_ctl"), "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _create(port: int) -> None:
    with contextlib.closing(
        psycopg2.connect(host="127.0.0.1", port=port, user="postgres", password="root-password", dbname="postgres")
    ) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("CREATE ROLE mlflow LOGIN PASSWORD %s", [PASSWORD])
            cursor.execute("CREATE DATABASE mlflow OWNER mlflow")


def _unprivileged() -> str | None:
    """Return the user that the server runs as: PostgreSQL refuses root."""
    return "postgres" if os.geteuid() == 0 else None


def _as(user: str | None, *command: object) -> None:
    account = pwd.getpwnam(user) if user else None
    subprocess.run(
        [str(part) for part in command],
        check=True,
        stdout=subprocess.DEVNULL,
        cwd="/",
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C"},
    )


def _certificate(folder: Path) -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2120, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    text = certificate.public_bytes(serialization.Encoding.PEM).decode()
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    (folder / "server.crt").write_text(text)
    (folder / "server.key").write_bytes(private)
    (folder / "server.key").chmod(0o600)
    return text
