"""What an account says of itself, as somebody reads it who did not make it."""

import json

from tests.aws.iam_evaluator import Request, decide

ANNOTATION = "eks.amazonaws.com/role-arn"


def role_documents(account, arn):
    """Return the documents of the policies that are attached to a role."""
    found = []
    name = arn.rpartition("/")[2]
    for attached in account.iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
        policy = account.iam.get_policy(PolicyArn=attached["PolicyArn"])["Policy"]
        version = account.iam.get_policy_version(PolicyArn=policy["Arn"], VersionId=policy["DefaultVersionId"])
        found.append(version["PolicyVersion"]["Document"])
    return found


def may(account, role_arn, action, place, **context):
    """Return how AWS decides a role's request to a place in a bucket, over TLS: by its policies and the bucket's."""
    bucket = place.partition("/")[0]
    policy = json.loads(account.s3.get_bucket_policy(Bucket=bucket)["Policy"])
    named = {f"s3:{key.replace('_', '-')}": value for key, value in context.items()}
    request = Request(
        action=action,
        resource=f"arn:aws:s3:::{place}",
        principal=role_arn,
        context={"aws:SecureTransport": "true", **named},
    )
    return decide(request, identity=role_documents(account, role_arn), resource=policy, resource_account=account.id)


def may_use_key(account, role_arn, action, bucket):
    """Return how AWS decides a role's use of a bucket's key through S3."""
    (rule,) = account.s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    key = rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"]
    policy = json.loads(account.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"])
    context = {
        "kms:ViaService": f"s3.{account.region}.amazonaws.com",
        "kms:CallerAccount": account.id,
        # With a bucket key, the bucket alone is what S3 names.
        "kms:EncryptionContext:aws:s3:arn": f"arn:aws:s3:::{bucket}",
    }
    request = Request(action=action, resource=key, principal=role_arn, context=context)
    return decide(request, identity=role_documents(account, role_arn), resource=policy, resource_account=account.id)


def takes(account, role_arn, namespace, service_account, *, audience="sts.amazonaws.com"):
    """Return how AWS decides that a pod with a token of the cluster's issuer takes a role."""
    trust = account.iam.get_role(RoleName=role_arn.rpartition("/")[2])["Role"]["AssumeRolePolicyDocument"]
    (provider,) = account.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    issuer = provider["Arn"].partition("oidc-provider/")[2]
    request = Request(
        action="sts:AssumeRoleWithWebIdentity",
        resource=role_arn,
        principal=provider["Arn"],
        context={
            f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
            f"{issuer}:aud": audience,
        },
    )
    return decide(request, resource=trust, resource_account=account.id)


def annotated(objects):
    """Return (namespace, service account) -> role of all that a stack annotates.

    Service accounts as objects of the stack, those that CloudNativePG makes for a database, and those of charts, which
    are called like their release.

    Args:
        objects: type and inputs of each resource.

    """
    found = {}
    for type_, inputs in objects:
        if type_ == "kubernetes:helm.sh/v3:Release":
            place, values = (inputs["namespace"], inputs["name"]), inputs.get("values", {})
        elif type_.endswith((":ServiceAccount", "postgresql.cnpg.io/v1:Cluster")):
            metadata = inputs["metadata"]
            place, values = (metadata["namespace"], metadata["name"]), inputs
        else:
            continue
        role = next(_annotations(values), None)
        if role is not None:
            found[place] = role
    return found


def _annotations(value):
    if isinstance(value, dict):
        if ANNOTATION in value:
            yield value[ANNOTATION]
        for item in value.values():
            yield from _annotations(item)
    elif isinstance(value, list):
        for item in value:
            yield from _annotations(item)
