"""The stack's buckets: artifacts, releases and backups, and who alone may write releases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import pulumi
from pulumi_aws import iam

from components.aws.bucket import Bucket, BucketArgs
from components.aws.iam.bucket_policies import private_bucket_policy, release_bucket_policy
from components.aws.iam.documents import bucket_key_document, releaser_document
from components.aws.iam.size import text
from components.aws.iam.trust import principals_trust
from components.aws.names import releaser_role, role_arn
from components.aws.stack import aws_settings
from components.aws.tags import tags

if TYPE_CHECKING:
    from components.aws.iam.shape import Document
    from components.aws.keys import Keys
    from mlplatform.config import Settings
    from mlplatform.config.aws import Purpose

# Where the database's backups lie in their bucket.
BACKUPS_PREFIX: Final = "postgresql/"
# Barman deletes backups that are older than their retention: this long, a deletion by mistake can be undone.
BACKUPS_NONCURRENT_DAYS = 14


@dataclass(frozen=True, kw_only=True)
class BucketRef:
    """A bucket, by what is known of it beforehand.

    Attributes:
        name: its name.
        prefix: ``folder/`` that everything lies under, empty for the whole bucket.
        key_arn: ARN of the key that its objects are encrypted with; ``None`` where S3's own key does it.
        ready: what has to be there before anything is put in; empty for a bucket of somebody else.

    """

    name: str
    prefix: str
    key_arn: pulumi.Input[str] | None
    ready: tuple[pulumi.Resource, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BucketsArgs:
    """What the buckets are made for.

    Attributes:
        settings: the stack's settings, with ``aws``.
        keys: the keys; objects are encrypted with that of data.

    """

    settings: Settings
    keys: Keys


class Buckets(pulumi.ComponentResource):
    """The buckets that the settings ask for, each the stack's own or somebody else's.

    Attributes:
        artifacts: where MLflow keeps artifacts; ``None`` where the stack's MLflow keeps none on S3.
        releases: where locked models are served from; ``None`` without a release store.
        backups: where the database's backups lie; ``None`` without backups to S3.
        releaser_arn: ARN of the role that ``lock`` takes on; ``None`` where nobody may take it.

    """

    artifacts: BucketRef | None = None
    releases: BucketRef | None = None
    backups: BucketRef | None = None
    releaser_arn: str | None = None

    def __init__(self, name: str, args: BucketsArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the buckets.

        Args:
            name: first part of all logical names.
            args: what they are made for.
            opts: options of the component.

        """
        super().__init__("mlplatform:aws:Buckets", name, {}, opts)
        self._name, self._args, self._aws = name, args, aws_settings(args.settings)
        self._inside = pulumi.ResourceOptions(parent=self)
        mlflow = args.settings.mlflow
        if mlflow is not None and mlflow.artifacts.s3 is not None:
            self.artifacts = self._artifacts()
            if mlflow.database.kind == "cloudNativePg" and mlflow.database.backup is not None:
                self.backups = self._backups()
        if args.settings.release_store is not None:
            self.releases = self._releases(args.settings.release_store.prefix)
        references = {"artifacts": self.artifacts, "releases": self.releases, "backups": self.backups}
        buckets = {purpose: reference.name for purpose, reference in references.items() if reference is not None}
        self.register_outputs({**buckets, "releaserArn": self.releaser_arn})

    def _artifacts(self) -> BucketRef:
        section, name = self._aws.buckets.artifacts, self._aws.bucket("artifacts")
        return self._bucket(
            "artifacts",
            prefix=f"{section.prefix}/",
            policy=private_bucket_policy(name, section.readers, section.prefix),
            noncurrent_days=section.noncurrent_days,
            existing=section.existing,
        )

    def _backups(self) -> BucketRef:
        return self._bucket(
            "backups",
            prefix=BACKUPS_PREFIX,
            policy=private_bucket_policy(self._aws.bucket("backups")),
            noncurrent_days=BACKUPS_NONCURRENT_DAYS,
            existing=self._aws.buckets.backups.existing,
        )

    def _releases(self, prefix: str) -> BucketRef:
        """Create the release bucket: no version of it ever goes by itself."""
        section, name = self._aws.buckets.releases, self._aws.bucket("releases")
        # The role's name is known, and so the whole policy: a preview shows it, and rules can judge it. Where nobody
        # may take the role there is none of this name, and nobody writes.
        releaser = role_arn(self._aws, releaser_role(self._aws))
        releases = self._bucket(
            "releases",
            prefix=prefix,
            policy=release_bucket_policy(name, releaser, section.readers, prefix),
            noncurrent_days=None,
            existing=section.existing,
        )
        if section.releasers:
            self._releaser(releases, section.releasers)
            self.releaser_arn = releaser
        return releases

    def _releaser(self, releases: BucketRef, releasers: tuple[str, ...]) -> None:
        name, region = f"{self._name}-releaser", self._aws.region
        role = iam.Role(
            name,
            name=releaser_role(self._aws),
            assume_role_policy=text(principals_trust(releasers)),
            description=f"lock writes releases to {releases.name}",
            tags=tags(self._args.settings),
            opts=self._inside,
        )
        rights: dict[str, pulumi.Input[str]] = {name: text(releaser_document(releases.name, releases.prefix))}
        if releases.key_arn is not None:
            # Apart from the others: the key is not known before it is there, and a preview shows all that is.
            rights[f"{name}-key"] = pulumi.Output.from_input(releases.key_arn).apply(
                lambda key_arn: text(bucket_key_document(releases.name, key_arn, region, writes=True))
            )
        for policy_name, document in rights.items():
            policy = iam.Policy(
                policy_name,
                policy=document,
                description=f"Writing releases to {releases.name}",
                tags=tags(self._args.settings),
                opts=pulumi.ResourceOptions(parent=self, depends_on=list(releases.ready)),
            )
            iam.RolePolicyAttachment(policy_name, role=role.name, policy_arn=policy.arn, opts=self._inside)

    def _bucket(
        self, purpose: Purpose, *, prefix: str, policy: Document, noncurrent_days: int | None, existing: str | None
    ) -> BucketRef:
        name = self._aws.bucket(purpose)
        if existing is not None:
            # Whoever hands in a key for everything encrypts such a bucket with it, unless they say otherwise.
            key_arn = getattr(self._aws.buckets, purpose).key_arn or self._aws.keys.existing
            return BucketRef(name=name, prefix=prefix, key_arn=key_arn)
        bucket = Bucket(
            f"{self._name}-{purpose}",
            BucketArgs(
                settings=self._args.settings,
                name=name,
                key_arn=self._args.keys.data,
                policy=policy,
                noncurrent_days=noncurrent_days,
            ),
            opts=self._inside,
        )
        return BucketRef(name=name, prefix=prefix, key_arn=self._args.keys.data, ready=tuple(bucket.ready))
