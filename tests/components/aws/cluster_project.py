"""Programs with cluster, database and roles of workloads, on a network and keys that are only named."""

from tests.components.aws.project import ACCOUNT, REGION, ZONES

KEYS = {
    purpose: f"arn:aws:kms:{REGION}:{ACCOUNT}:key/{number}1234567-89ab-cdef-0123-456789abcdef"
    for number, purpose in enumerate(("secrets", "data", "volumes", "logs"))
}
PRIVATE = ["subnet-0000000000000000a", "subnet-0000000000000000b"]
DATABASE = ["subnet-0000000000000001a", "subnet-0000000000000001b"]
AROUND = f"""
from types import SimpleNamespace
from pulumi_aws import ec2

keys = SimpleNamespace(**{KEYS!r})
route = ec2.Route("way-out", route_table_id="rtb-1", destination_cidr_block="0.0.0.0/0", opts=on_aws)
network = SimpleNamespace(
    vpc_id="vpc-1", private_subnet_ids={PRIVATE!r}, database_subnet_ids={DATABASE!r}, ready=[route]
)
"""
CLUSTER = f"""{AROUND}
from components.aws.eks_cluster import EksCluster, EksClusterArgs

cluster = EksCluster(
    settings.aws.prefix, EksClusterArgs(settings=settings, keys=keys, network=network), opts=on_aws
)
"""
# What makes a stack of tests.components.aws.project one of production.
PRODUCTION = {"environment": "production", "aws": {"network": {"cidr": "10.40.0.0/16", "zones": ZONES}}}
