"""Buckets and what is said of each."""

import re

from tests.aws.documents import listed, resource_policy, statements
from tests.aws.inputs import UnknownInputError, pascal, present, tag_list
from tests.aws.kinds.iam import principals_exist

# Amazon S3 User Guide, "General purpose bucket naming rules".
_NAME = re.compile(r"(?!xn--|sthree-|amzn-s3-demo-)(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](?<!-s3alias)(?<!--ol-s3)")


def bucket(account, given):
    name, tags = given.pop("bucket"), given.pop("tags", None)
    if not _NAME.fullmatch(name):
        raise UnknownInputError(f"bucket: {name} is no name of a bucket")
    given.pop("forceDestroy", None)  # What a destroy does.
    account.s3.create_bucket(
        Bucket=name,
        CreateBucketConfiguration={"LocationConstraint": account.region},
        **present(ObjectLockEnabledForBucket=given.pop("objectLockEnabled", None)),
    )
    if tags:
        account.s3.put_bucket_tagging(Bucket=name, Tagging={"TagSet": tag_list(tags)})
    arn = f"arn:aws:s3:::{name}"
    domain = f"{name}.s3.{account.region}.amazonaws.com"
    return name, {"arn": arn, "bucket": name, "bucketRegionalDomainName": domain, "region": account.region}


def _of_bucket(put):
    """Make a kind of what is said of one bucket, which must be there."""

    def kind(account, given):
        name = given.pop("bucket")
        account.s3.head_bucket(Bucket=name)
        put(account, name, given)
        return name, {"bucket": name}

    return kind


def versioning(account, name, given):
    account.s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=pascal(given.pop("versioningConfiguration")))


def encryption(account, name, given):
    rules = []
    for rule in given.pop("rules"):
        default = rule.pop("applyServerSideEncryptionByDefault")
        key = default.pop("kmsMasterKeyId", None)
        if key:
            account.kms.describe_key(KeyId=key)
        by_default = {"SSEAlgorithm": default.pop("sseAlgorithm"), **present(KMSMasterKeyID=key), **default}
        rules.append({"ApplyServerSideEncryptionByDefault": by_default, **pascal(rule)})
    account.s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration={"Rules": rules})


def public_access_block(account, name, given):
    kept = {key: given.pop(key, False) for key in ("blockPublicAcls", "ignorePublicAcls")}
    kept |= {key: given.pop(key, False) for key in ("blockPublicPolicy", "restrictPublicBuckets")}
    given.pop("skipDestroy", None)
    account.s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=pascal(kept))


def ownership_controls(account, name, given):
    account.s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls={"Rules": [pascal(given.pop("rule"))]})


def lifecycle(account, name, given):
    rules = [{"ID": rule.pop("id"), **pascal({"filter": {}, **rule})} for rule in given.pop("rules")]
    account.s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})


def policy(account, name, given):
    text = given.pop("policy")
    document = resource_policy(text)
    principals_exist(account, document)
    for statement in statements(document):
        for arn in listed(statement.get("Resource", statement.get("NotResource"))):
            if arn != f"arn:aws:s3:::{name}" and not arn.startswith(f"arn:aws:s3:::{name}/"):
                raise UnknownInputError(f"policy: {arn} is no resource of the bucket {name}")
    account.s3.put_bucket_policy(Bucket=name, Policy=text)


KINDS = {
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketVersioning:BucketVersioning": _of_bucket(versioning),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": _of_bucket(encryption),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _of_bucket(public_access_block),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _of_bucket(ownership_controls),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _of_bucket(lifecycle),
    "aws:s3/bucketPolicy:BucketPolicy": _of_bucket(policy),
}
NAMED = {"aws:s3/bucket:Bucket": "bucket"}
