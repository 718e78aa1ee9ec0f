"""Rules of the training jobs."""

from __future__ import annotations

import zoneinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from mlplatform.config.draft import draft
from mlplatform.config.models import ObjectStoreSection
from mlplatform.config.rules.finding import entries, section
from mlplatform.config.rules.namespaces import namespace_faults
from mlplatform.config.rules.resources import request_and_limit, short_host, unique_names
from mlplatform.config.training import Training

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

# Kubernetes adds eleven characters to the name of a CronJob for each of its Jobs, which have 63 at most.
MAX_CRON_JOB_NAME = 52
# Of a job that states none.
DEFAULT_RESOURCES = draft(Training, {}).model_dump(include={"requests", "limits"})
# Variables that the stack sets for a job (components.training.environment).
STACK_VARIABLES = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_SECRET_ACCESS_KEY",
        "HOME",
        "MLFLOW_DISABLE_TELEMETRY",
        "MLFLOW_EXPERIMENT_NAME",
        "MLFLOW_REGISTRY_URI",
        "MLFLOW_S3_ENDPOINT_URL",
        "MLFLOW_TRACKING_PASSWORD",
        "MLFLOW_TRACKING_URI",
        "MLFLOW_TRACKING_USERNAME",
        "REGISTERED_MODEL_NAME",
        "TRAINING_JOB",
    }
)
_LOCAL = ("localhost", "127.0.0.1", "::1")


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    yield from unique_names(raw, "training", "job")
    yield from _registry(raw)
    roles: dict[tuple[str, str], Any] = {}
    for index, job in entries(raw, "training"):
        path: Path = ("training", index)
        yield from namespace_faults(raw, (*path, "namespace"), job.get("namespace"))
        yield from request_and_limit(path, {**DEFAULT_RESOURCES, **job})
        yield from _schedule(path, job)
        yield from _environment(path, job)
        yield from _data(path, job)
        yield from _account(path, job, raw)
        yield from _artifacts(path, job, raw)
        where = (str(job.get("namespace")), str(draft(Training, job).service_account))
        if roles.setdefault(where, job.get("roleArn")) != job.get("roleArn"):
            yield (
                (*path, "roleArn"),
                (
                    f"differs from that of another job with the service account '{where[1]}' in the same namespace; an "
                    "account has one role, so give this job a serviceAccount of its own"
                ),
            )


def _registry(raw: dict[str, Any]) -> Iterator[Finding]:
    registry = section(raw, "registry")
    if not entries(raw, "training") or section(raw, "mlflow") is not None or registry is None:
        return
    for key in ("uri", "trackingUri"):
        uri = registry.get(key)
        if not isinstance(uri, str) or "@" in uri:
            continue
        try:
            parts = urlsplit(uri)
        except ValueError:
            continue
        if parts.scheme == "sqlite" or parts.hostname in _LOCAL:
            yield (
                ("training",),
                (
                    f"cannot log to registry.{key} ({uri}), which pods do not reach; add the section mlflow, or use a "
                    "server's http:// or https:// address"
                ),
            )
            return


def _schedule(path: Path, job: dict[str, Any]) -> Iterator[Finding]:
    name, zone = job.get("name"), job.get("timeZone")
    if job.get("schedule") is not None and isinstance(name, str) and len(name) > MAX_CRON_JOB_NAME:
        yield (*path, "name"), f"is too long for a job with a schedule; use at most {MAX_CRON_JOB_NAME} characters"
    # A machine without time zone data knows none, and judges none.
    known = zoneinfo.available_timezones()
    if isinstance(zone, str) and zone and known and zone not in known:
        yield (*path, "timeZone"), f"'{zone}' is not a time zone; write for example Etc/UTC or Europe/Berlin"
    if zone is not None and job.get("schedule") is None:
        yield (*path, "timeZone"), "belongs to a schedule; add schedule, or remove it"


def _environment(path: Path, job: dict[str, Any]) -> Iterator[Finding]:
    for name in sorted(STACK_VARIABLES & set(section(job, "env") or {})):
        yield (*path, "env", name), "is what the stack sets itself; remove it"


def _data(path: Path, job: dict[str, Any]) -> Iterator[Finding]:
    sources = job.get("dataSources")
    for index, url in enumerate(sources if isinstance(sources, list) else []):
        if short_host(url):
            yield (
                (*path, "dataSources", index),
                f"'{url}' is another Service in each namespace; write http://minio.<namespace>.svc:9000",
            )


def _account(path: Path, job: dict[str, Any], raw: dict[str, Any]) -> Iterator[Finding]:
    account = draft(Training, job).service_account
    if account == "default":
        yield (*path, "serviceAccount"), "'default' is that of every pod; name an account for training"
    readers = draft(ObjectStoreSection, section(raw, "objectStore") or {}).service_account
    served = any(model.get("namespace") == job.get("namespace") for _, model in entries(raw, "models"))
    if served and account == readers:
        yield (
            (*path, "serviceAccount"),
            f"'{account}' is that of the model servers in this namespace (objectStore.serviceAccount); use another",
        )


def _artifacts(path: Path, job: dict[str, Any], raw: dict[str, Any]) -> Iterator[Finding]:
    if job.get("roleArn") and job.get("storeSecret"):
        yield (*path, "storeSecret"), "cannot be combined with roleArn; keep one way of access"
    artifacts = section(raw, "mlflow", "artifacts") or {}
    if artifacts.get("access") != "direct" or job.get("storeSecret"):
        return
    s3 = section(artifacts, "s3")
    if s3 is None:
        # The stack's own MinIO, whose keys it knows.
        return
    if s3.get("endpoint"):
        yield (
            (*path, "storeSecret"),
            (
                "is required: with mlflow.artifacts.access: direct the job writes to the store itself; name a Secret "
                "with keys of the store, or use proxied"
            ),
        )
    elif not job.get("roleArn") and section(raw, "aws") is None:
        # With aws, the stack makes the role.
        yield (
            (*path, "roleArn"),
            (
                "is required (or storeSecret): with mlflow.artifacts.access: direct the job writes to S3 itself; or "
                "use proxied"
            ),
        )
