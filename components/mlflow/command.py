"""The tracking server's command line and environment. Pure; tests run the very same against a real server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from components.mlflow import names, pods
from components.mlflow.stores import artifact_arguments, store_environment

if TYPE_CHECKING:
    from components.mlflow.plan import ServerPlan
    from mlplatform.config.mlflow import MlflowSection

Manifest = dict[str, Any]

METRICS_FOLDER = "/var/lib/mlflow/metrics"
AUTH_FOLDER = "/etc/mlflow/auth"
AUTH_FILE = "basic_auth.ini"
# Connections that SQLAlchemy keeps open in each pool, and how many more it opens for a while.
_POOL_SIZE, _OVERFLOW = 5, 5
# Of each worker: runs, registered models, users.
_POOLS = 3
# MLflow's jobs, each like one worker.
_JOBS = 2


def allowed_hosts(settings: MlflowSection) -> list[str]:
    """Return the Host headers that the server answers to, each once.

    The names of its Service with the port, as clients in the cluster send them; a port-forward; the public host; the
    configured ones. The kubelet's probes need none: MLflow answers ``/health`` under any host.

    Args:
        settings: MLflow's settings.

    """
    service, namespace = names.SERVER, settings.namespace
    inside = (
        service,
        f"{service}.{namespace}",
        f"{service}.{namespace}.svc",
        f"{service}.{namespace}.svc.cluster.local",
    )
    hosts = [f"{name}:{names.SERVER_PORT}" for name in inside]
    hosts += ["localhost:*", "127.0.0.1:*"]
    if settings.exposure:
        hosts.append(settings.exposure.host)
    return list(dict.fromkeys([*hosts, *settings.allowed_hosts]))


def allowed_origins(settings: MlflowSection, public_url: str | None) -> list[str]:
    """Return the origins of browsers that may change something.

    MLflow takes a POST of its own pages for a foreign one unless their origin is named here.

    Args:
        settings: MLflow's settings.
        public_url: its URL from outside, ``None`` where it is not exposed.

    """
    exposed = [public_url] if public_url else []
    named = [host for host in settings.allowed_hosts if "*" not in host]
    return list(dict.fromkeys([*exposed, *(f"{scheme}://{host}" for host in named for scheme in ("https", "http"))]))


def server_arguments(plan: ServerPlan) -> list[str]:
    """Return the arguments of ``mlflow``, without a secret in them."""
    settings = plan.settings
    arguments = [
        "server",
        "--host", "0.0.0.0",  # noqa: S104 - a pod's address is not known before it starts
        "--port", str(names.SERVER_PORT),
        "--workers", str(settings.workers),
        "--allowed-hosts", ",".join(allowed_hosts(settings)),
        "--expose-prometheus", METRICS_FOLDER,
        *artifact_arguments(plan.store, settings.artifacts.access),
    ]  # fmt: skip
    if origins := allowed_origins(settings, plan.public_url):
        arguments += ["--cors-allowed-origins", ",".join(origins)]
    return [*arguments, "--app-name", "basic-auth"] if settings.auth == "basic" else arguments


def server_environment(plan: ServerPlan) -> list[Manifest]:
    """Return the environment of the server; every secret is a reference."""
    variables = [
        *mlflow_environment(),
        *plan.database.environment(),
        *store_environment(plan.store),
        # Encrypts what MLflow keeps for its AI gateway; without it MLflow uses a key that everybody knows.
        pods.from_secret("MLFLOW_CRYPTO_KEK_PASSPHRASE", names.SERVER_SECRET, "MLFLOW_CRYPTO_KEK_PASSPHRASE"),
        pods.plain("MLFLOW_CRYPTO_KEK_VERSION", str(plan.encryption_version)),
    ]
    return [*variables, *auth_environment()] if plan.settings.auth == "basic" else variables


def mlflow_environment() -> list[Manifest]:
    """Return the environment of every process of MLflow in the cluster."""
    return [
        # Its home; the root file system is read-only.
        pods.plain("HOME", pods.SCRATCH),
        pods.plain("MLFLOW_DISABLE_TELEMETRY", "true"),
        # Judges of language models; they would start more processes in the server's pod.
        pods.plain("MLFLOW_SERVER_ENABLE_JOB_EXECUTION", "false"),
        # The database's connections follow from these: see database_connections.
        pods.plain("MLFLOW_SQLALCHEMYSTORE_POOL_SIZE", str(_POOL_SIZE)),
        pods.plain("MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW", str(_OVERFLOW)),
        pods.plain("MLFLOW_SQLALCHEMYSTORE_POOL_RECYCLE", "1800"),
        pods.plain("PYTHONUNBUFFERED", "1"),
    ]


def database_connections(settings: MlflowSection) -> int:
    """Return how many connections MLflow opens at most: all workers of all pods, one more during a roll-out, and jobs.

    Args:
        settings: MLflow's settings.

    """
    most = max(settings.replicas, settings.max_replicas or 0) + 1
    return (most * settings.workers + _JOBS) * _POOLS * (_POOL_SIZE + _OVERFLOW)


def auth_environment() -> list[Manifest]:
    """Return what basic auth needs: its configuration, and one secret key for all replicas.

    No password is among it: the job before the roll-out has created the users.
    """
    return [
        pods.plain("MLFLOW_AUTH_CONFIG_PATH", f"{AUTH_FOLDER}/{AUTH_FILE}"),
        pods.from_secret("MLFLOW_FLASK_SERVER_SECRET_KEY", names.SERVER_SECRET, "MLFLOW_FLASK_SERVER_SECRET_KEY"),
    ]


def auth_configuration(database_uri: str) -> str:
    """Return MLflow's auth configuration; the database's URI holds no password, so it holds none either."""
    lines = ("[mlflow]", "default_permission = READ", f"database_uri = {database_uri}")
    return "\n".join([*lines, f"admin_username = {names.ADMIN_USER}"]) + "\n"
