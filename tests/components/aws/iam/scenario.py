"""Everybody that has to do with a stack, with the documents that each holds together, and how AWS would judge them."""

from components.aws.iam import documents
from tests.aws.iam_evaluator import Request, decide
from tests.components.aws.iam.catalogue import (
    ACCOUNT,
    ARTIFACTS,
    BACKUPS,
    KEY,
    PERMISSIONS,
    READER,
    REGION,
    RELEASER,
    RELEASES,
    role,
)

EVERYTHING = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
YES, NO, NEVER = "allow", "implicit deny", "explicit deny"


def key_of(bucket, *, writes=False):
    """What a role holds beside its rights to a bucket."""
    return documents.bucket_key_document(bucket, KEY, REGION, writes=writes)


# Each with its ARN and all the documents of its role.
WHO = {
    "mlflow": (role("mlflow"), [PERMISSIONS["mlflow"], key_of(ARTIFACTS, writes=True)]),
    "training": (role("training"), [PERMISSIONS["artifact-writer"], key_of(ARTIFACTS, writes=True)]),
    "server-a": (role("a"), [*documents.model_reader_documents(RELEASES, "prod/", ["iris"]), key_of(RELEASES)]),
    "server-b": (role("b"), [*documents.model_reader_documents(RELEASES, "prod/", ["wine"]), key_of(RELEASES)]),
    "live-server": (role("live"), [PERMISSIONS["artifact-reader"], key_of(ARTIFACTS)]),
    "releaser": (RELEASER, [PERMISSIONS["releaser"], key_of(RELEASES, writes=True)]),
    "backup": (role("backup"), [PERMISSIONS["backup"], key_of(BACKUPS, writes=True)]),
    "admin": (role("admin"), [EVERYTHING]),
    # Of another account, with the rights that it gives.
    "reader": (READER, [documents.artifact_reader_document(RELEASES, "prod/"), key_of(RELEASES)]),
    "stranger": (role("stranger", "999999999999"), [EVERYTHING]),
    "autoscaler": (role("autoscaler"), [PERMISSIONS["autoscaler"]]),
    "dns": (role("dns"), [PERMISSIONS["dns01"]]),
    "flow-logs": (role("flow-logs"), [PERMISSIONS["flow-logs"]]),
    "csi": (role("csi"), [PERMISSIONS["volumes-key"]]),
    "nobody": (role("nobody"), []),
}


def asked(who, action, resource, context, policy=None):
    """Judge a request; ``policy``: that of the bucket or key."""
    principal, identity = WHO[who]
    request = Request(action=action, resource=resource, principal=principal, context=context)
    return decide(request, identity=identity, resource=policy, resource_account=ACCOUNT)
