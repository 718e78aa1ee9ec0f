"""One of each document, for what holds of all of them."""

from components.aws.iam import bucket_policies, documents, key_policies, trust
from mlplatform.registry.release.location import model_folder

REGION, ACCOUNT, ZONE, CLUSTER = "eu-central-1", "123456789012", "Z0123456789ABCDEFGHIJ", "mlplatform-prod"
ARTIFACTS, RELEASES, BACKUPS = "prod-artifacts", "prod-releases", "prod-backups"
KEY = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/11111111-2222-3333-4444-555555555555"
ISSUER = f"oidc.eks.{REGION}.amazonaws.com/id/0123456789ABCDEF0123456789ABCDEF"
OIDC = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
CLUSTER_ARN = f"arn:aws:eks:{REGION}:{ACCOUNT}:cluster/{CLUSTER}"
LOG_GROUP = f"/aws/vpc-flow-logs/{CLUSTER}"


def role(name, account=ACCOUNT):
    return f"arn:aws:iam::{account}:role/{name}"


RELEASER, READER = role("releaser"), role("reader", "999999999999")

PERMISSIONS = {
    "mlflow": documents.artifact_store_document(ARTIFACTS, "mlflow/"),
    "artifact-writer": documents.artifact_writer_document(ARTIFACTS, "mlflow/"),
    "artifact-reader": documents.artifact_reader_document(ARTIFACTS, "mlflow/"),
    "model-reader": documents.model_reader_documents(RELEASES, "prod/", ["iris", model_folder("Wein & Käse")])[0],
    "releaser": documents.releaser_document(RELEASES, "prod/"),
    "backup": documents.backup_document(BACKUPS, "postgresql/"),
    "bucket-key": documents.bucket_key_document(RELEASES, KEY, REGION),
    "bucket-key-writes": documents.bucket_key_document(RELEASES, KEY, REGION, writes=True),
    "volumes-key": documents.volumes_key_document(KEY, REGION),
    "autoscaler": documents.autoscaler_document(CLUSTER, REGION, ACCOUNT),
    "dns01": documents.dns01_document(ZONE),
    "flow-logs": documents.flow_logs_document(REGION, ACCOUNT, LOG_GROUP),
}
TRUSTS = {
    "service-account": trust.service_account_trust(
        oidc_arn=OIDC, issuer=ISSUER, namespace="mlflow", service_account="mlflow"
    ),
    "node": trust.service_trust("ec2.amazonaws.com"),
    "cluster": trust.service_trust("eks.amazonaws.com", account=ACCOUNT, source_arn=CLUSTER_ARN),
    "flow-logs": trust.flow_logs_trust(REGION, ACCOUNT),
    "releaser": trust.principals_trust([role("ci"), role("admin")]),
}
BUCKETS = {
    "private": bucket_policies.private_bucket_policy(ARTIFACTS, [READER], "mlflow/"),
    "unshared": bucket_policies.private_bucket_policy(BACKUPS),
    "releases": bucket_policies.release_bucket_policy(RELEASES, RELEASER, [READER], "prod/"),
}
KEYS = {
    "secrets": key_policies.account_key_policy(ACCOUNT),
    "data": key_policies.data_key_policy(ACCOUNT, REGION, {RELEASES: [READER], ARTIFACTS: []}),
    "volumes": key_policies.volumes_key_policy(ACCOUNT, REGION),
    "logs": key_policies.logs_key_policy(ACCOUNT, REGION, [LOG_GROUP, f"/aws/eks/{CLUSTER}/cluster"]),
}
ALL = {
    f"{kind}/{name}": each
    for kind, group in (("permissions", PERMISSIONS), ("trusts", TRUSTS), ("buckets", BUCKETS), ("keys", KEYS))
    for name, each in group.items()
}
