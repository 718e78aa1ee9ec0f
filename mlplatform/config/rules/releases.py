"""Rules of the locked mode: where its releases lie, who can write there, and what is verified."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.addresses import RELEASE_PLACE
from mlplatform.config.draft import draft
from mlplatform.config.mlflow import ArtifactsSection, BackupSection
from mlplatform.config.rules.finding import section

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.rules.finding import Finding, Path

_STORE: Path = ("releaseStore",)


def findings(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule."""
    locked = (section(raw, "registry") or {}).get("mode") == "locked"
    store = section(raw, "releaseStore")
    if locked and raw.get("releaseStore") is None:
        yield (
            _STORE,
            (
                "is required with registry.mode locked: the bucket and prefix that locked models are served from, for "
                "example {uri: s3://model-releases/prod}"
            ),
        )
    yield from _verification(raw, locked=locked)
    if store is not None:
        yield from _bucket(raw, store)
        # With the section aws, both are on S3, in its region (mlplatform.config.rules.aws_stores).
        if raw.get("aws") is None:
            yield from _reach(raw, store)


def _verification(raw: dict[str, Any], *, locked: bool) -> Iterator[Finding]:
    if locked:
        return
    for key, what in (("registry", "the registry is always read"), ("releaseStore", "no release is served")):
        if (section(raw, key) or {}).get("verify") == "whenReachable":
            yield (key, "verify"), f"whenReachable needs registry.mode locked: in live mode {what}; remove it"


def _bucket(raw: dict[str, Any], store: dict[str, Any]) -> Iterator[Finding]:
    uri = store.get("uri")
    match = RELEASE_PLACE.fullmatch(uri) if isinstance(uri, str) else None
    if match is None:
        return
    bucket = match["bucket"]
    taken = next((whose for name, whose in _written_buckets(raw) if name == bucket), None)
    if taken:
        yield (*_STORE, "uri"), f"'{bucket}' is the bucket of {taken}; use another bucket, that nobody else writes to"


def _written_buckets(raw: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the buckets that have another writer, and who that is."""
    written = "where MLflow can overwrite what was reviewed"
    for prefix, target in (section(raw, "registry", "artifactStores") or {}).items():
        # The prefix may be anything, credentials included: the key is enough.
        if isinstance(prefix, str) and isinstance(target, str) and target.startswith("s3://"):
            yield target.removeprefix("s3://").partition("/")[0], f"registry.artifactStores, {written}"
    mlflow = section(raw, "mlflow")
    if mlflow is None:
        return
    yield draft(ArtifactsSection, section(mlflow, "artifacts") or {}).bucket, f"mlflow.artifacts, {written}"
    if (backup := section(mlflow, "database", "backup")) is not None:
        yield draft(BackupSection, backup).bucket, "mlflow.database.backup, whose old objects are deleted"


def _reach(raw: dict[str, Any], store: dict[str, Any]) -> Iterator[Finding]:
    """Yield where this machine would write to another store than the one that model servers read."""
    readers = section(raw, "objectStore") or {}
    path, endpoint = (*_STORE, "endpoint"), store.get("endpoint")
    if readers.get("minio") is True:
        if not endpoint:
            yield (
                path,
                (
                    "is required with objectStore.minio: model servers read the stack's own MinIO; write its URL as "
                    "this machine reaches it, for example http://127.0.0.1:9000 behind kubectl port-forward"
                ),
            )
    elif readers.get("existingSecret"):
        # What the Secret says is not known here.
        return
    elif readers.get("endpoint") and not endpoint:
        yield (
            path,
            (
                f"is required beside objectStore.endpoint ({_plain(readers['endpoint'])}), where model servers read: "
                "the same store as this machine reaches it"
            ),
        )
    elif endpoint and not readers.get("endpoint"):
        yield (
            path,
            "is no store that model servers read: without objectStore.endpoint they read AWS S3; remove it, or add one",
        )
    here, there = store.get("region"), readers.get("region")
    if isinstance(here, str) and isinstance(there, str) and here and there and here != there:
        yield (
            (*_STORE, "region"),
            f"'{here}' differs from objectStore.region ('{there}'), where model servers look for the bucket; use one",
        )


def _plain(url: Any) -> Any:
    return "[not shown]" if "@" in str(url) else url
