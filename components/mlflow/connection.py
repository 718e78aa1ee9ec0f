"""How MLflow's pods reach the database: plain data to environment and volumes. Pure.

The database's URI names a driver and nothing else (``postgresql+psycopg2://``): host, user and password come from
libpq's own environment variables, the password out of a Secret. So no URI with a password exists anywhere, not even in
the pod's arguments, and a password may hold any character.

Source: https://www.postgresql.org/docs/current/libpq-envars.html
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from components.mlflow import pods

if TYPE_CHECKING:
    import pulumi

Manifest = dict[str, Any]

# The driver is named: SQLAlchemy 2.1 takes psycopg 3 for a bare postgresql://, earlier ones psycopg2.
BACKEND_URI = "postgresql+psycopg2://"
CONNECT_TIMEOUT_SECONDS = 10
_CA_VOLUME = "database-ca"
_CA_PATH = "/etc/mlflow/database-ca"


@dataclass(frozen=True, kw_only=True)
class DatabaseConnection:
    """A PostgreSQL database and the Secret that lets in.

    Attributes:
        host: host name of the server; that of one that the stack makes outside of the cluster is not known before.
        port: its port.
        database: name of the database.
        ssl_mode: libpq's ``sslmode``.
        secret: Secret with the user and the password.
        ca_secret: Secret with the key ``ca.crt`` that the server is verified by, ``None`` without verification.
        pod_labels: labels of its pods in MLflow's namespace, ``None`` for a server elsewhere.
        networks: where a server elsewhere is, in CIDR notation; empty where nobody knows.

    """

    host: pulumi.Input[str]
    port: int
    database: str
    ssl_mode: Literal["require", "verify-ca", "verify-full"]
    secret: str
    ca_secret: str | None = None
    pod_labels: dict[str, str] | None = None
    networks: tuple[str, ...] = ()

    def environment(self) -> list[Manifest]:
        """Return libpq's variables."""
        variables = [
            pods.plain("PGHOST", self.host),
            pods.plain("PGPORT", str(self.port)),
            pods.plain("PGDATABASE", self.database),
            pods.from_secret("PGUSER", self.secret, "username"),
            pods.from_secret("PGPASSWORD", self.secret, "password"),
            pods.plain("PGSSLMODE", self.ssl_mode),
            pods.plain("PGCONNECT_TIMEOUT", str(CONNECT_TIMEOUT_SECONDS)),
            pods.plain("PGAPPNAME", "mlflow"),
            pods.plain("MLFLOW_BACKEND_STORE_URI", BACKEND_URI),
        ]
        return [*variables, pods.plain("PGSSLROOTCERT", f"{_CA_PATH}/ca.crt")] if self.ca_secret else variables

    def volumes(self) -> list[Manifest]:
        """Return the volume of the CA; the Secret of one may hold its key too, which stays out."""
        if not self.ca_secret:
            return []
        items = [{"key": "ca.crt", "path": "ca.crt"}]
        return [{"name": _CA_VOLUME, "secret": {"secretName": self.ca_secret, "items": items, "defaultMode": 0o444}}]

    def mounts(self) -> list[Manifest]:
        """Return where it is mounted."""
        return [pods.read_only(_CA_VOLUME, _CA_PATH)] if self.ca_secret else []


@dataclass(frozen=True, kw_only=True)
class ManagedServer:
    """A PostgreSQL that the stack makes outside of the cluster, for MLflow alone.

    Attributes:
        host: its host name, not known before it is there.
        port: its port.
        database: name of the database.
        username: its only user.
        password: the password of that user, a secret Output.
        rotation: how often the password was rotated.
        certificates: PEM text of the authorities that its certificate is verified by.
        networks: where it is, in CIDR notation; empty where nobody knows.

    """

    host: pulumi.Input[str]
    port: int
    database: str
    username: str
    password: pulumi.Input[str] = field(repr=False)
    rotation: str
    certificates: pulumi.Input[str]
    networks: tuple[str, ...] = ()
