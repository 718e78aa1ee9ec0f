"""The keys that everything is encrypted with, one a purpose: who may use one of them may not use the others."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi
from pulumi_aws import kms

from components.aws.iam import key_policies
from components.aws.iam.size import text
from components.aws.log_groups import log_groups
from components.aws.names import flow_log_group, key_alias
from components.aws.stack import aws_settings
from components.aws.tags import tags
from components.resource_options import stateful

if TYPE_CHECKING:
    from components.aws.iam.shape import Document
    from mlplatform.config import Settings

# What an account has to notice that a key is still needed; the longest that KMS offers.
# https://docs.aws.amazon.com/kms/latest/developerguide/deleting-keys.html
DELETION_DAYS = 30
PURPOSES = {
    "secrets": "Secrets of the Kubernetes API, envelope encryption of EKS",
    "data": "Buckets and database",
    "volumes": "EBS volumes of nodes and pods",
    "logs": "CloudWatch log groups",
}


@dataclass(frozen=True, kw_only=True)
class KeysArgs:
    """Arguments of the keys.

    Attributes:
        settings: the stack's settings, with ``aws``.

    """

    settings: Settings


class Keys(pulumi.ComponentResource):
    """The stack's KMS keys; or one key outside this stack for everything.

    Attributes:
        secrets: ARN of the key of Kubernetes Secrets.
        data: ARN of the key of buckets and database.
        volumes: ARN of the key of EBS volumes.
        logs: ARN of the key of log groups.

    """

    secrets: pulumi.Input[str]
    data: pulumi.Input[str]
    volumes: pulumi.Input[str]
    logs: pulumi.Input[str]

    def __init__(self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the keys, or take the existing one.

        Args:
            name: first part of all names.
            args: the settings.
            opts: options of the component.

        """
        existing = aws_settings(args.settings).keys.existing
        super().__init__("mlplatform:aws:Keys", name, {"existing": existing}, opts)
        self._name, self._settings = name, args.settings
        arns = {
            purpose: self._create(purpose, policy) if existing is None else existing
            for purpose, policy in policies(args.settings).items()
        }
        self.secrets, self.data = arns["secrets"], arns["data"]
        self.volumes, self.logs = arns["volumes"], arns["logs"]
        self.register_outputs(arns)

    def _create(self, purpose: str, policy: Document) -> pulumi.Output[str]:
        key = kms.Key(
            f"{self._name}-{purpose}",
            description=f"{self._name}: {PURPOSES[purpose]}",
            policy=text(policy),
            enable_key_rotation=True,
            deletion_window_in_days=DELETION_DAYS,
            tags=tags(self._settings, f"{self._name}-{purpose}"),
            opts=stateful(self, production=self._settings.production),
        )
        # Goes with the stack also where the key stays, so that the next stack of this name can have it.
        kms.Alias(
            f"{self._name}-{purpose}",
            name=key_alias(aws_settings(self._settings), purpose),
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn


def policies(settings: Settings) -> dict[str, Document]:
    """Return the policy of each key: purpose -> document. Pure.

    Args:
        settings: the stack's settings, with ``aws``.

    """
    aws = aws_settings(settings)
    # None for a bucket outside this stack: its policy and its key are its owner's.
    readers = {
        aws.bucket("artifacts"): aws.buckets.artifacts.readers,
        aws.bucket("releases"): aws.buckets.releases.readers,
    }
    groups = [*log_groups(settings), *([flow_log_group(aws)] if aws.network.existing is None else [])]
    return {
        "secrets": key_policies.account_key_policy(aws.account_id),
        "data": key_policies.data_key_policy(aws.account_id, aws.region, readers),
        "volumes": key_policies.volumes_key_policy(aws.account_id, aws.region),
        "logs": key_policies.logs_key_policy(aws.account_id, aws.region, groups),
    }
