"""Rules of the mlflow settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.draft import draft
from mlplatform.config.engines import engine_facts
from mlplatform.config.mlflow import ArtifactsSection, BackupSection, DatabaseSection, MlflowSection
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.rules.namespaces import namespace_faults
from mlplatform.config.rules.resources import amount, count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

_ROOM = ("mlflow",)
_DATABASE: Path = ("mlflow", "database")
_BACKUP: Path = (*_DATABASE, "backup")
_ARTIFACTS: Path = ("mlflow", "artifacts")
_EXPOSURE: Path = ("mlflow", "exposure")


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    yield from _across(raw)
    mlflow = section(raw, "mlflow")
    if mlflow is None:
        return
    # MLflow's own entry there must not refuse it.
    others = {**raw, "mlflow": {"namespace": None}}
    yield from namespace_faults(others, (*_ROOM, "namespace"), mlflow.get("namespace"), example="mlflow")
    yield from _server(mlflow)
    yield from _resources(_ROOM, mlflow, limit=draft(MlflowSection, mlflow).memory_limit)
    yield from _service(mlflow)
    if (artifacts := section(mlflow, "artifacts")) is not None:
        yield from _artifacts(artifacts)
        if raw.get("aws") is None:
            yield from _access(artifacts)
    yield from _database(raw, mlflow, section(mlflow, "database") or {})
    if (exposure := section(mlflow, "exposure")) is not None:
        yield from _exposure(raw, mlflow, exposure)
        yield from _host(raw, exposure.get("host"))


def _across(raw: dict[str, Any]) -> Iterator[Finding]:
    store = section(raw, "objectStore") or {}
    # What the section aws decides is refused in mlplatform.config.rules.aws_stores, and asks for nothing else.
    if store.get("minio") is True and raw.get("aws") is None and section(raw, "mlflow", "artifacts", "minio") is None:
        yield ("objectStore", "minio"), "needs mlflow.artifacts.minio: the stack has no MinIO of its own"


def _server(mlflow: dict[str, Any]) -> Iterator[Finding]:
    fewest, most = count(draft(MlflowSection, mlflow).replicas), count(mlflow.get("maxReplicas"))
    if fewest is not None and most is not None and most < fewest:
        yield (*_ROOM, "maxReplicas"), f"{most} is below replicas ({fewest}); use at least {fewest}"
    hosts = mlflow.get("allowedHosts")
    for index, host in enumerate(hosts if isinstance(hosts, list) else []):
        if isinstance(host, str) and not host.strip("*.:"):
            yield (
                (*_ROOM, "allowedHosts", index),
                f"'{host}' would let every host name in, and with it DNS rebinding; name the hosts",
            )


def _resources(path: Path, server: dict[str, Any], *, limit: Any) -> Iterator[Finding]:
    requests = server.get("requests")
    if not isinstance(requests, dict):
        return
    for name, example in (("cpu", "500m"), ("memory", "1Gi")):
        if name not in requests:
            yield (*path, "requests", name), f"is required where requests are given; add {name}: {example} or more"
    asked, most = amount(requests.get("memory")), amount(limit)
    if asked is not None and most is not None and asked > most:
        yield (
            (*path, "memoryLimit"),
            f"{limit} is below the request ({requests['memory']}); a limit must be at least the request",
        )


def _service(mlflow: dict[str, Any]) -> Iterator[Finding]:
    ranges = (*_ROOM, "loadBalancerSourceRanges")
    if mlflow.get("serviceType") != "LoadBalancer":
        if mlflow.get("loadBalancerSourceRanges"):
            yield ranges, "needs serviceType: LoadBalancer; remove it"
    elif mlflow.get("variant") == "communityChart":
        yield (
            (*_ROOM, "serviceType"),
            "LoadBalancer needs variant: own; the chart cannot limit its load balancer to loadBalancerSourceRanges",
        )
    elif not mlflow.get("loadBalancerSourceRanges"):
        yield (
            ranges,
            (
                "is required with serviceType: LoadBalancer, which hands on plain HTTP: list the networks that may "
                "reach it, such as 10.0.0.0/8, or use exposure"
            ),
        )


def _artifacts(artifacts: dict[str, Any]) -> Iterator[Finding]:
    s3 = section(artifacts, "s3")
    if s3 is not None and artifacts.get("minio") is not None:
        yield (*_ARTIFACTS, "s3"), "cannot be combined with minio; keep one store"
    elif artifacts.get("s3") is None and artifacts.get("minio") is None:
        yield (*_ARTIFACTS, "s3"), "is required unless minio is given: where artifacts are kept"


def _access(artifacts: dict[str, Any]) -> Iterator[Finding]:
    s3 = section(artifacts, "s3") or {}
    if s3.get("roleArn") and s3.get("existingSecret"):
        yield (*_ARTIFACTS, "s3", "existingSecret"), "cannot be combined with roleArn; keep one way of access"
    if s3.get("endpoint") and s3.get("roleArn"):
        yield (
            (*_ARTIFACTS, "s3", "endpoint"),
            "cannot be combined with roleArn: an IAM role works with AWS S3 only; remove one of the two",
        )
    elif s3.get("endpoint") and not s3.get("existingSecret"):
        yield (
            (*_ARTIFACTS, "s3", "existingSecret"),
            "is required beside endpoint: such a store has no other way of access",
        )


def _database(raw: dict[str, Any], mlflow: dict[str, Any], database: dict[str, Any]) -> Iterator[Finding]:
    if database.get("kind") == "rds":
        # mlplatform.config.rules.aws_stores
        return
    yield from _resources(_DATABASE, database, limit=draft(DatabaseSection, database).memory_limit)
    external = section(database, "external")
    if database.get("kind") == "external":
        if external is None:
            yield (*_DATABASE, "external"), "is required with kind external: host and credentials of the server"
        else:
            yield from _external(external)
        for key in ("backup", "restore"):
            if section(database, key) is not None:
                yield (*_DATABASE, key), "needs kind cloudNativePg: whoever runs an external server backs it up"
        return
    if external is not None:
        yield (*_DATABASE, "external"), "needs kind external; remove it or change the kind"
    if (backup := section(database, "backup")) is not None:
        yield from _backup(raw, mlflow, backup)
    if (restore := section(database, "restore")) is not None:
        yield from _restore(database, restore)


def _restore(database: dict[str, Any], restore: dict[str, Any]) -> Iterator[Finding]:
    cluster = restore.get("cluster")
    if section(database, "backup") is None:
        yield _BACKUP, "is required beside restore: it says where the backups are"
    if cluster == draft(DatabaseSection, database).name:
        reason = f"is the name of the new database itself; give that another one, such as database.name: {cluster}-2"
        yield (*_DATABASE, "restore", "cluster"), reason


def _backup(raw: dict[str, Any], mlflow: dict[str, Any], backup: dict[str, Any]) -> Iterator[Finding]:
    if not isinstance(raw.get("certManager"), dict):
        yield _BACKUP, "needs certManager: the backup plugin and the operator know each other by its certificates"
    if raw.get("aws") is None:
        yield from _backup_access(mlflow, backup)


def _backup_access(mlflow: dict[str, Any], backup: dict[str, Any]) -> Iterator[Finding]:
    ways = [key for key in ("roleArn", "existingSecret") if backup.get(key)]
    if section(mlflow, "artifacts", "minio") is not None:
        for key in ways:
            yield (*_BACKUP, key), "cannot be combined with artifacts.minio, where backups get a user of their own"
    elif len(ways) > 1:
        yield (*_BACKUP, "existingSecret"), "cannot be combined with roleArn; keep one way of access"
    elif not ways:
        yield (
            (*_BACKUP, "roleArn"),
            "is required with artifacts.s3 (or existingSecret instead of it): backups have a credential of their own",
        )
    s3 = section(mlflow, "artifacts", "s3") or {}
    if s3.get("endpoint") and backup.get("roleArn"):
        yield (
            (*_BACKUP, "roleArn"),
            "cannot be combined with artifacts.s3.endpoint: an IAM role works with AWS S3 only; use existingSecret",
        )
    artifacts = draft(ArtifactsSection, section(mlflow, "artifacts") or {})
    if draft(BackupSection, backup).bucket == artifacts.bucket:
        yield (*_BACKUP, "bucket"), "is the bucket of the artifacts, which MLflow may delete from; use another one"


def _external(external: dict[str, Any]) -> Iterator[Finding]:
    path = (*_DATABASE, "external")
    if external.get("existingSecret"):
        for key in ("username", "password"):
            if external.get(key):
                yield (*path, key), "cannot be combined with existingSecret, which says that itself; remove it"
    else:
        for key in ("username", "password"):
            if not external.get(key):
                yield (*path, key), "is required unless existingSecret is given"
    if external.get("sslMode") in ("verify-ca", "verify-full") and not external.get("caSecret"):
        yield (*path, "caSecret"), f"is required with sslMode {external['sslMode']}: what the server is verified by"


def _exposure(raw: dict[str, Any], mlflow: dict[str, Any], exposure: dict[str, Any]) -> Iterator[Finding]:
    kind = exposure.get("kind")
    if kind == "gateway":
        if not isinstance(raw.get("istio"), dict):
            yield (*_EXPOSURE, "kind"), "gateway needs istio, which brings the gateway; or use ingress"
        elif not isinstance(raw.get("ingress"), dict):
            yield (*_EXPOSURE, "kind"), "gateway needs the section ingress: without it there is no gateway"
        elif raw["ingress"].get("tls") is False and draft(MlflowSection, mlflow).auth != "none":
            yield (
                (*_EXPOSURE, "kind"),
                (
                    "gateway with ingress.tls: false would send passwords in plain text; set ingress.tls: true, or use "
                    "kind: ingress, which has TLS of its own"
                ),
            )
        for key in ("className", "controllerNamespace", "tlsSecret", "annotations"):
            if exposure.get(key):
                yield (*_EXPOSURE, key), "belongs to an Ingress; remove it or use kind: ingress"
    elif kind == "ingress" and not exposure.get("tlsSecret") and not isinstance(raw.get("certManager"), dict):
        yield (
            (*_EXPOSURE, "tlsSecret"),
            "is required without certManager: passwords must not cross the network in plain text",
        )


def _host(raw: dict[str, Any], host: Any) -> Iterator[Finding]:
    domain = (section(raw, "ingress") or {}).get("domain")
    if not isinstance(host, str) or not isinstance(domain, str):
        return
    path, advice = (*_EXPOSURE, "host"), f"use another one, such as mlflow.{domain}"
    if host == domain:
        yield path, f"'{host}' is ingress.domain itself, under which models are reached; {advice}"
    for index, model in entries(raw, "models"):
        engine = engine_facts(model.get("serving"))
        if engine and host in engine.hosts(str(model.get("name")), str(model.get("namespace")), domain):
            yield path, f"'{host}' is the host of models[{index}]; {advice}"
