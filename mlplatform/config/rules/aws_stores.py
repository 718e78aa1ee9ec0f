"""Rules of the stack's own buckets and database on AWS: what the stack decides, and what the settings may say."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import TypeAdapter, ValidationError

from mlplatform.config.addresses import RELEASE_PLACE
from mlplatform.config.aws import ArtifactsBucketSection, bucket_name
from mlplatform.config.aws_fields import AccountId, Prefix, Region
from mlplatform.config.draft import draft
from mlplatform.config.models import RegistrySection
from mlplatform.config.rds import RdsSection
from mlplatform.config.rules.finding import section
from mlplatform.config.rules.resources import count

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.config.aws import Purpose
    from mlplatform.config.rules.finding import Finding, Path

_OWN = "is the stack's own with the section aws; remove it"
_ELSEWHERE = "cannot be combined with the section aws, with which everything is on S3; remove it"
# Section -> keys there that the section aws decides.
_DECIDED: dict[tuple[str, ...], tuple[str, ...]] = {
    ("mlflow", "artifacts"): ("bucket", "minio"),
    ("mlflow", "artifacts", "s3"): ("region", "roleArn", "endpoint", "existingSecret"),
    ("mlflow", "database", "backup"): ("bucket", "roleArn", "existingSecret"),
    ("objectStore",): ("endpoint", "credentials", "roleArn", "existingSecret", "minio"),
    ("releaseStore",): ("endpoint",),
    ("certManager", "issuer", "dns01"): ("roleArn",),
}
_DATABASE = ("mlflow", "database")
# Of a database in the cluster or outside this stack.
_NOT_OF_RDS = ("instances", "storage", "storageClass", "requests", "memoryLimit", "backup", "restore", "external")
_FEWEST_DAYS_IN_PRODUCTION = 7
# What the name of a bucket is made of: of a wrong part, no name follows.
_PARTS: dict[str, TypeAdapter[str]] = {
    "prefix": TypeAdapter(Prefix),
    "accountId": TypeAdapter(AccountId),
    "region": TypeAdapter(Region),
}
# Where the file says nothing.
_STORAGE_GIB = RdsSection.model_fields["storage_gib"].default


def without_aws(raw: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule of a database on RDS, with and without ``aws``."""
    database = section(raw, *_DATABASE)
    if database is None:
        return
    rds = section(database, "rds")
    if database.get("kind") != "rds":
        if rds is not None:
            yield (*_DATABASE, "rds"), "needs kind rds; remove it or change the kind"
        return
    if raw.get("aws") is None:
        yield (*_DATABASE, "kind"), "rds needs the section aws, whose network it stands in; use another kind, or add it"
    if database.get("rds") is None:
        yield (*_DATABASE, "rds"), "is required with kind rds; write for example {instanceClass: db.m7g.large}"
    for key in _NOT_OF_RDS:
        if database.get(key) is not None:
            yield (*_DATABASE, key), "cannot be combined with kind rds, whose settings are under rds; remove it"
    name = database.get("name")
    if isinstance(name, str) and "--" in name:
        # API reference, CreateDBInstance: DBInstanceIdentifier.
        yield (*_DATABASE, "name"), f"'{name}' has two '-' side by side, which RDS refuses in a name; use one"
    if rds is not None:
        yield from _rds(rds, production=raw.get("environment") == "production")


def findings(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    """Yield (key path, message) for every broken rule of the stores with the section ``aws``."""
    for path, keys in _DECIDED.items():
        given = section(raw, *path) or {}
        for key in keys:
            if given.get(key) is not None and given[key] is not False:
                yield (*path, key), _ELSEWHERE if key in {"minio", "endpoint"} else _OWN
    yield from _regions(raw, aws.get("region"))
    yield from _releases(raw, aws)
    yield from _backups(raw, aws)
    yield from _read_live(raw, aws)


def bucket(aws: dict[str, Any], purpose: Purpose) -> str | None:
    """Return the name of the bucket of a purpose, ``None`` where what it is made of is missing or wrong."""
    existing = (section(aws, "buckets", purpose) or {}).get("existing")
    if existing is not None:
        return existing if isinstance(existing, str) else None
    prefix, account, region = (_valid(form, aws.get(key)) for key, form in _PARTS.items())
    return bucket_name(prefix, purpose, account, region) if prefix and account and region else None


def _valid(form: TypeAdapter[str], value: Any) -> str | None:
    try:
        return form.validate_python(value)
    except ValidationError:
        return None


def _regions(raw: dict[str, Any], region: Any) -> Iterator[Finding]:
    for key in ("objectStore", "releaseStore"):
        given = (section(raw, key) or {}).get("region")
        if isinstance(given, str) and isinstance(region, str) and given != region:
            yield (key, "region"), f"'{given}' differs from aws.region ({region}), where the buckets are; remove it"


def _releases(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    store, releases = section(raw, "releaseStore"), bucket(aws, "releases")
    if store is None:
        if raw.get("releaseStore") is None and (section(aws, "buckets", "releases") or {}):
            yield ("aws", "buckets", "releases"), "needs releaseStore, which says that there are releases; or remove it"
        return
    uri = store.get("uri")
    match = RELEASE_PLACE.fullmatch(uri.removesuffix("/")) if isinstance(uri, str) else None
    if match is not None and releases is not None and match["bucket"] != releases:
        yield (
            ("releaseStore", "uri"),
            (
                f"'{match['bucket']}' is not the stack's bucket of releases; write s3://{releases}{match['folders']}, "
                "or name that bucket in aws.buckets.releases.existing"
            ),
        )


def _backups(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    """Yield where a bucket is described that nothing is written to."""
    database = section(raw, *_DATABASE) or {}
    if section(aws, "buckets", "backups") and (database.get("kind") == "rds" or database.get("backup") is None):
        reason = (
            "needs mlflow.database.backup, which says that there are backups to S3 (RDS keeps its own elsewhere); "
            "remove it"
        )
        yield ("aws", "buckets", "backups"), reason


def _read_live(raw: dict[str, Any], aws: dict[str, Any]) -> Iterator[Finding]:
    """Yield where live models would lie outside of what model servers may read."""
    registry, artifacts = section(raw, "registry") or {}, bucket(aws, "artifacts")
    prefix = draft(ArtifactsBucketSection, section(aws, "buckets", "artifacts") or {}).prefix
    if draft(RegistrySection, registry).mode != "live" or artifacts is None or not isinstance(prefix, str):
        return
    readable = f"s3://{artifacts}/{prefix}/"
    for store, target in (section(registry, "artifactStores") or {}).items():
        plain = isinstance(store, str) and isinstance(target, str) and "@" not in target
        if plain and not f"{target.rstrip('/')}/".startswith(readable):
            yield (
                ("registry", "artifactStores", store),
                f"'{target}' is nothing that the role of model servers may read; write {readable}",
            )


def _rds(rds: dict[str, Any], *, production: bool) -> Iterator[Finding]:
    path: Path = (*_DATABASE, "rds")
    days, storage, most = (count(rds.get(key)) for key in ("backupRetentionDays", "storageGib", "maxStorageGib"))
    if production and days is not None and 1 <= days < _FEWEST_DAYS_IN_PRODUCTION:
        yield (
            (*path, "backupRetentionDays"),
            (
                f"{days} is too few in production; use at least {_FEWEST_DAYS_IN_PRODUCTION}: who finds a mistake on "
                "Monday goes back to before the weekend"
            ),
        )
    storage = _STORAGE_GIB if rds.get("storageGib") is None else storage
    # Amazon RDS User Guide, "Managing capacity automatically with Amazon RDS storage autoscaling": 10% more at least.
    if storage is not None and most is not None and most * 10 < storage * 11:
        yield (*path, "maxStorageGib"), f"{most} is not 10% above storageGib ({storage}), which RDS asks for; use more"
