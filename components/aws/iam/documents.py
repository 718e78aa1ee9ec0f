"""What the roles of a stack may do: permission documents. Pure.

Every document names single actions. A resource is ``*`` only where the service knows no resource for the action; the
comment beside it says so. Source of both: Service Authorization Reference
(https://docs.aws.amazon.com/service-authorization/latest/reference/), one page a service.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from components.aws.iam.key_policies import KEY_USE
from components.aws.iam.shape import Document, document, exact, folder, through_s3
from components.aws.iam.size import POLICIES_PER_ROLE, split
from components.s3_policies import bucket_statements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from components.s3_policies import Rights


def artifact_store_document(bucket: str, prefix: str) -> Document:
    """Return the rights of MLflow on its artifacts: all of reading, writing and deleting below the prefix.

    Deleting is part of it: ``mlflow gc`` takes away the artifacts of deleted runs.

    Args:
        bucket: name of the artifact bucket.
        prefix: folder that the artifacts lie under, ``""`` for the whole bucket.

    """
    return _bucket_document(bucket, "write", prefix)


def artifact_writer_document(bucket: str, prefix: str) -> Document:
    """Return the rights of who trains and writes artifacts itself: all of MLflow's, but deleting."""
    return _bucket_document(bucket, "upload", prefix)


def artifact_reader_document(bucket: str, prefix: str) -> Document:
    """Return the rights of a reader of all artifacts: model servers of a stack that locks nothing."""
    return _bucket_document(bucket, "read", prefix)


def model_reader_documents(bucket: str, prefix: str, folders: Sequence[str]) -> list[Document]:
    """Return the rights to read some registered models' releases, split to IAM's size.

    KServe's storage initializer lists by ``<folder>/sha256-<hex>`` and rclone by ``<folder>/sha256-<hex>/...``; both
    begin with the folder, and neither asks for the bucket itself.

    Args:
        bucket: name of the release bucket.
        prefix: folder of the releases in it, ``""`` for the whole bucket.
        folders: the models' folders, :func:`.location.model_folder` of each; none gives no document.

    Raises:
        ValueError: more models than the policies of one role have room for, or a folder that is a pattern.

    """
    exact("the model's folder", *folders)
    exact("the bucket", bucket)
    begin = folder(prefix)
    places = sorted({f"{begin}{name.strip('/')}/" for name in folders})
    documents = split(places, lambda some: document(bucket_statements(bucket, "read", some)))
    # One policy is left for the key.
    if len(documents) > POLICIES_PER_ROLE - 1:
        raise ValueError(
            f"{len(places)} registered models take {len(documents)} policies, and a role has room for "
            f"{POLICIES_PER_ROLE - 1}; serve some of them from another namespace"
        )
    return documents


def releaser_document(bucket: str, prefix: str) -> Document:
    """Return the rights of who runs ``lock``: to write releases, and to go on where an upload broke off.

    That a write overwrites nothing is up to the bucket's policy (:mod:`components.aws.iam.bucket_policies`).
    """
    return _bucket_document(bucket, "release", prefix)


def backup_document(bucket: str, prefix: str) -> Document:
    """Return the rights of who keeps the database's backups; retention deletes old ones.

    barman-cloud asks whether the bucket is there (``HeadBucket``) before it does anything, which a condition on the
    prefix would refuse; so it may list the names of the whole bucket, which holds nothing but backups.
    """
    return _bucket_document(bucket, "write", prefix, lists_whole_bucket=True)


def bucket_key_document(bucket: str, key_arn: str, region: str, *, writes: bool = False) -> Document:
    """Return the rights to decrypt what lies in one bucket, and to encrypt it, through S3 and in no other way.

    Apart from the rights to the bucket itself, which are known before the key's ARN is: a preview shows them, and how
    many documents they take.

    Args:
        bucket: its name.
        key_arn: the key that the bucket is encrypted with.
        region: of both.
        writes: whether its role writes to the bucket. Uploads in parts read what they wrote, so it decrypts, too.
            Source: Amazon S3 User Guide, "Uploading and copying objects using multipart upload", permissions.

    """
    return document(
        [
            {
                "Effect": "Allow",
                "Action": ["kms:Decrypt", *(["kms:GenerateDataKey"] if writes else [])],
                "Resource": [key_arn],
                "Condition": through_s3(bucket, region),
            }
        ]
    )


def volumes_key_document(key_arn: str, region: str) -> Document:
    """Return the rights of the EBS CSI driver to the key of its volumes: by way of EC2 and in no other way.

    Source: Amazon EKS User Guide, "Store Kubernetes volumes with Amazon EBS", encryption with a key of one's own.
    """
    via = {"kms:ViaService": f"ec2.{region}.amazonaws.com"}
    return document(
        [
            {
                "Effect": "Allow",
                "Action": KEY_USE,
                "Resource": [key_arn],
                "Condition": {"StringEquals": via},
            },
            {
                # For EC2 to attach the volume; never for another principal.
                "Effect": "Allow",
                "Action": ["kms:CreateGrant"],
                "Resource": [key_arn],
                "Condition": {"StringEquals": via, "Bool": {"kms:GrantIsForAWSResource": "true"}},
            },
        ]
    )


def autoscaler_document(cluster_name: str, region: str, account: str) -> Document:
    """Return the rights of the cluster autoscaler: to see groups, and to change those of its own cluster.

    EKS tags the Auto Scaling group of a managed node group with ``k8s.io/cluster-autoscaler/<cluster>: owned``.

    Sources: https://github.com/kubernetes/autoscaler/blob/master/cluster-autoscaler/cloudprovider/aws/README.md;
    Amazon EKS User Guide, "Simplify node lifecycle with managed node groups".
    """
    exact("the cluster", cluster_name)
    groups = f"arn:aws:autoscaling:{region}:{account}:autoScalingGroup:*:autoScalingGroupName/*"
    return document(
        [
            {
                "Effect": "Allow",
                "Action": [
                    "autoscaling:DescribeAutoScalingGroups",
                    "autoscaling:DescribeAutoScalingInstances",
                    "autoscaling:DescribeScalingActivities",
                    "autoscaling:DescribeTags",
                    "ec2:DescribeInstanceTypes",
                    "ec2:DescribeLaunchTemplateVersions",
                ],
                # None of them knows a resource.
                "Resource": ["*"],
            },
            {
                # Labels and taints of a group that has no node yet.
                "Effect": "Allow",
                "Action": ["eks:DescribeNodegroup"],
                "Resource": [f"arn:aws:eks:{region}:{account}:nodegroup/{cluster_name}/*"],
            },
            {
                "Effect": "Allow",
                "Action": ["autoscaling:SetDesiredCapacity", "autoscaling:TerminateInstanceInAutoScalingGroup"],
                "Resource": [groups],
                "Condition": {
                    "StringEquals": {f"aws:ResourceTag/k8s.io/cluster-autoscaler/{cluster_name}": "owned"},
                },
            },
        ]
    )


def dns01_document(zone_id: str) -> Document:
    """Return the rights of cert-manager to answer DNS-01 challenges in one hosted zone, and write nothing else there.

    The issuer names the zone, so no right to search for zones is needed.

    Sources: cert-manager, "Route53" (https://cert-manager.io/docs/configuration/acme/dns01/route53/); Amazon Route 53
    Developer Guide, "Using IAM policy conditions for fine-grained access control".

    Args:
        zone_id: ``Z0123456789ABCDEFGHIJ``.

    """
    exact("the hosted zone", zone_id)
    zone = f"arn:aws:route53:::hostedzone/{zone_id}"
    names, types = (
        "route53:ChangeResourceRecordSetsNormalizedRecordNames",
        "route53:ChangeResourceRecordSetsRecordTypes",
    )
    return document(
        [
            # Changes have ids of their own that nobody knows beforehand.
            {"Effect": "Allow", "Action": ["route53:GetChange"], "Resource": ["arn:aws:route53:::change/*"]},
            {"Effect": "Allow", "Action": ["route53:ListResourceRecordSets"], "Resource": [zone]},
            {
                "Effect": "Allow",
                "Action": ["route53:ChangeResourceRecordSets"],
                "Resource": [zone],
                "Condition": {
                    "ForAllValues:StringEquals": {types: ["TXT"]},
                    "ForAllValues:StringLike": {names: ["_acme-challenge.*"]},
                    # All of no values is true: a request that named none would pass.
                    "Null": {names: "false", types: "false"},
                },
            },
        ]
    )


def flow_logs_document(region: str, account: str, log_group: str) -> Document:
    """Return the rights of VPC flow logs to write to one log group.

    Source: Amazon VPC User Guide, "IAM role for publishing flow logs to CloudWatch Logs".
    """
    exact("the log group", log_group)
    groups = f"arn:aws:logs:{region}:{account}:log-group:"
    return document(
        [
            {
                "Effect": "Allow",
                "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
                "Resource": [f"{groups}{log_group}:*"],
            },
            # Of a listing of groups, only the account and the region can be said.
            {"Effect": "Allow", "Action": ["logs:DescribeLogGroups"], "Resource": [f"{groups}*"]},
        ]
    )


def _bucket_document(bucket: str, rights: Rights, prefix: str, *, lists_whole_bucket: bool = False) -> Document:
    exact("the bucket", bucket)
    return document(bucket_statements(bucket, rights, [folder(prefix)], lists_whole_bucket=lists_whole_bucket))
