"""What AWS would refuse in the middle of an update, known before the first resource: names, sizes of policies. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.iam import size
from components.aws.iam.bucket_policies import private_bucket_policy, release_bucket_policy
from components.aws.iam.documents import dns01_document, model_reader_documents
from components.aws.iam.key_policies import data_key_policy
from components.aws.iam.trust import principals_trust
from components.aws.names import name_problems, releaser_role, role_arn
from components.aws.rds_certificates import region_certificates
from mlplatform.config import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlplatform.config import Settings
    from mlplatform.config.aws import AwsSection


def aws_problems(settings: Settings, served: Mapping[str, Sequence[str]] | None, *, file: str) -> list[Problem]:
    """Return everything that AWS is known to refuse, one problem each; none without ``aws``.

    Args:
        settings: the stack's settings.
        served: namespace -> folders of releases that are served there; ``None`` where models are read live.
        file: name of the stack file.

    """
    if settings.aws is None:
        return []
    return [
        *name_problems(settings, file),
        *_readers(settings, settings.aws, served, file),
        *_policies(settings, settings.aws, file),
        *_zone(settings, file),
        *_certificates(settings, settings.aws, file),
    ]


def _readers(
    settings: Settings, aws: AwsSection, served: Mapping[str, Sequence[str]] | None, file: str
) -> Iterator[Problem]:
    if served is None:
        has_bucket = settings.mlflow is not None and settings.mlflow.artifacts.s3 is not None
        if settings.models and not has_bucket:
            message = (
                "live needs mlflow.artifacts.s3: model servers read the stack's own bucket of artifacts, and there is "
                "none; add it, or use locked with a release store"
            )
            yield Problem(file=file, key="registry.mode", message=message)
        return
    store = settings.release_store
    for namespace, folders in sorted(served.items()) if store else ():
        try:
            model_reader_documents(aws.bucket("releases"), store.prefix if store else "", folders)
        except ValueError as error:
            yield Problem(file=file, key="models", message=f"in namespace {namespace}: {error}")


def _policies(settings: Settings, aws: AwsSection, file: str) -> Iterator[Problem]:
    """Yield where more principals are named than a document has room for."""
    buckets = aws.buckets
    if buckets.releases.releasers:
        taken = size.length(principals_trust(buckets.releases.releasers))
        yield from _too_long(taken, size.TRUST_POLICY, "aws.buckets.releases.releasers", file)
    prefix = settings.release_store.prefix if settings.release_store else ""
    releaser = role_arn(aws, releaser_role(aws))
    artifacts = private_bucket_policy(aws.bucket("artifacts"), buckets.artifacts.readers, buckets.artifacts.prefix)
    releases = release_bucket_policy(aws.bucket("releases"), releaser, buckets.releases.readers, prefix)
    for key, policy in (("artifacts", artifacts), ("releases", releases)):
        yield from _too_long(size.length(policy), size.BUCKET_POLICY, f"aws.buckets.{key}.readers", file)
    readers = {aws.bucket("artifacts"): buckets.artifacts.readers, aws.bucket("releases"): buckets.releases.readers}
    decrypting = data_key_policy(aws.account_id, aws.region, readers)
    yield from _too_long(size.length(decrypting), size.KEY_POLICY, "aws.buckets", file)


def _too_long(taken: int, most: int, key: str, file: str) -> Iterator[Problem]:
    if taken > most:
        message = (
            f"names more roles than a policy has room for: it would have {taken} characters, and AWS takes {most}; "
            "name one role that the others may take on"
        )
        yield Problem(file=file, key=key, message=message)


def _zone(settings: Settings, file: str) -> Iterator[Problem]:
    dns01 = settings.cert_manager.issuer.dns01 if settings.cert_manager else None
    if dns01 is None:
        return
    try:
        dns01_document(dns01.hosted_zone_id)
    except ValueError as error:
        yield Problem(file=file, key="certManager.issuer.dns01.hostedZoneId", message=str(error))


def _certificates(settings: Settings, aws: AwsSection, file: str) -> Iterator[Problem]:
    if settings.mlflow is not None and settings.mlflow.database.kind == "rds":
        try:
            region_certificates(aws.region)
        except ValueError as error:
            yield Problem(file=file, key="aws.region", message=str(error))
