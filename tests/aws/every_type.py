"""A program with a resource of every type that the adapter knows."""

import json
import textwrap

from tests.aws.run import run_stack

TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": f"{name}.amazonaws.com"}}
        for name in ("eks", "ec2", "vpc-flow-logs")
    ],
}
ROOT = {"AWS": "arn:aws:iam::111122223333:root"}
KEY_POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Principal": ROOT, "Action": "kms:*", "Resource": "*"},
        {
            "Effect": "Allow",
            "Principal": {"Service": "logs.eu-central-1.amazonaws.com"},
            "Action": ["kms:Encrypt", "kms:Decrypt", "kms:ReEncrypt*", "kms:GenerateDataKey*"],
            "Resource": "*",
            "Condition": {
                "ArnLike": {
                    "kms:EncryptionContext:aws:logs:arn": "arn:aws:logs:eu-central-1:111122223333:log-group:flows*"
                }
            },
        },
    ],
}
READING = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::case-111122223333/*"}],
}
ELSEWHERE = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "arn:aws:s3:::elsewhere/*"}],
}
FOR_NOBODY = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111122223333:role/nobody"},
            "Action": "s3:GetObject",
            "Resource": "arn:aws:s3:::case-111122223333/*",
        }
    ],
}
# A resource of every type, each made of the one before.
PROGRAM = """
    import json
    import pulumi
    import pulumi_random
    from pulumi_aws import cloudwatch, ec2, eks, iam, kms, rds, s3, vpc

    tags = {"Owner": "somebody"}
    key = kms.Key("key", policy=KEY_POLICY, enable_key_rotation=True, deletion_window_in_days=30, tags=tags)
    kms.Alias("alias", name="alias/case", target_key_id=key.key_id)

    network = ec2.Vpc("net", cidr_block="10.0.0.0/16", enable_dns_hostnames=True, tags=tags)
    ec2.DefaultSecurityGroup("default", vpc_id=network.id)
    gateway = ec2.InternetGateway("igw", vpc_id=network.id)
    public = ec2.Subnet(
        "public", vpc_id=network.id, cidr_block="10.0.0.0/24", availability_zone="eu-central-1a",
        map_public_ip_on_launch=False,
    )
    address = ec2.Eip("address", domain="vpc", tags=tags)
    nat = ec2.NatGateway(
        "nat", allocation_id=address.id, subnet_id=public.id, opts=pulumi.ResourceOptions(depends_on=[gateway]),
    )
    table = ec2.RouteTable("table", vpc_id=network.id, tags=tags)
    ec2.Route("out", route_table_id=table.id, destination_cidr_block="0.0.0.0/0", nat_gateway_id=nat.id)
    subnets = [
        ec2.Subnet(f"in-{zone}", vpc_id=network.id, cidr_block=f"10.0.{number}.0/24", availability_zone=zone)
        for number, zone in ((1, "eu-central-1a"), (2, "eu-central-1b"))
    ]
    for number, subnet in enumerate(subnets):
        ec2.RouteTableAssociation(f"way-{number}", route_table_id=table.id, subnet_id=subnet.id)
    ec2.VpcEndpoint(
        "s3", vpc_id=network.id, service_name="com.amazonaws.eu-central-1.s3", vpc_endpoint_type="Gateway",
        route_table_ids=[table.id],
    )

    role = iam.Role("role", assume_role_policy=TRUST, tags=tags)
    iam.Role("other", assume_role_policy=TRUST.replace("eks.", "rds."))
    policy = iam.Policy("policy", policy=READING)
    iam.RolePolicyAttachment("reads", role=role.name, policy_arn=policy.arn)
    first = [
        iam.RolePolicyAttachment(name, role=role.name, policy_arn=f"arn:aws:iam::aws:policy/{name}")
        for name in ("AmazonEKSClusterPolicy", "AmazonEKSWorkerNodePolicy")
    ]

    group = cloudwatch.LogGroup("flows", kms_key_id=key.arn, retention_in_days=365, tags=tags)
    ec2.FlowLog(
        "flow", vpc_id=network.id, traffic_type="ALL", iam_role_arn=role.arn, log_destination=group.arn, tags=tags,
    )

    bucket = s3.Bucket("bucket", bucket="case-111122223333", tags=tags)
    s3.BucketVersioning("versions", bucket=bucket.bucket, versioning_configuration={"status": "Enabled"})
    s3.BucketServerSideEncryptionConfiguration(
        "encryption", bucket=bucket.bucket,
        rules=[{
            "apply_server_side_encryption_by_default": {"sse_algorithm": "aws:kms", "kms_master_key_id": key.arn},
            "bucket_key_enabled": True,
        }],
    )
    s3.BucketPublicAccessBlock(
        "private", bucket=bucket.bucket, block_public_acls=True, block_public_policy=True,
        ignore_public_acls=True, restrict_public_buckets=True,
    )
    s3.BucketOwnershipControls("owner", bucket=bucket.bucket, rule={"object_ownership": "BucketOwnerEnforced"})
    s3.BucketLifecycleConfiguration(
        "lifecycle", bucket=bucket.bucket,
        rules=[{
            "id": "old", "status": "Enabled", "filter": {"prefix": "mlflow/"},
            "noncurrent_version_expiration": {"noncurrent_days": 90},
            "abort_incomplete_multipart_upload": {"days_after_initiation": 7},
        }],
    )
    s3.BucketPolicy(
        "policy", bucket=bucket.bucket,
        policy=role.arn.apply(lambda arn: json.dumps({
            "Version": "2012-10-17",
            "Statement": [{
                "Effect": "Allow", "Principal": {"AWS": arn}, "Action": "s3:GetObject",
                "Resource": "arn:aws:s3:::case-111122223333/*",
            }],
        })),
    )

    cluster = eks.Cluster(
        "cluster", name="case", version="1.36", role_arn=role.arn, tags=tags,
        vpc_config={
            "subnet_ids": [subnet.id for subnet in subnets], "endpoint_private_access": True,
            "public_access_cidrs": ["203.0.113.0/24"], "endpoint_public_access": True,
        },
        access_config={"authentication_mode": "API", "bootstrap_cluster_creator_admin_permissions": False},
        encryption_config={"provider": {"key_arn": key.arn}, "resources": ["secrets"]},
        enabled_cluster_log_types=["api", "audit"], upgrade_policy={"support_type": "STANDARD"},
        opts=pulumi.ResourceOptions(depends_on=first),
    )
    issuer = cluster.identities[0].oidcs[0].issuer
    provider = iam.OpenIdConnectProvider("oidc", url=issuer, client_id_lists=["sts.amazonaws.com"], tags=tags)
    template = ec2.LaunchTemplate(
        "template",
        block_device_mappings=[{
            "device_name": "/dev/xvda",
            "ebs": {"encrypted": "true", "kms_key_id": key.arn, "volume_size": 100, "volume_type": "gp3"},
        }],
        metadata_options={"http_tokens": "required", "http_put_response_hop_limit": 1},
        tag_specifications=[{"resource_type": "instance", "tags": tags}],
    )
    eks.NodeGroup(
        "nodes", cluster_name=cluster.name, node_role_arn=role.arn, subnet_ids=[subnet.id for subnet in subnets],
        scaling_config={"min_size": 1, "max_size": 3, "desired_size": 1}, instance_types=["m7i.large"],
        ami_type="AL2023_x86_64_STANDARD",
        launch_template={"id": template.id, "version": template.latest_version.apply(str)},
        taints=[{"key": "nvidia.com/gpu", "value": "present", "effect": "NO_SCHEDULE"}],
    )
    eks.Addon(
        "vpc-cni", cluster_name=cluster.name, addon_name="vpc-cni", configuration_values="{}",
        resolve_conflicts_on_create="OVERWRITE",
    )
    entry = eks.AccessEntry("admin", cluster_name=cluster.name, principal_arn=role.arn)
    eks.AccessPolicyAssociation(
        "admin", cluster_name=cluster.name, principal_arn=entry.principal_arn, access_scope={"type": "cluster"},
        policy_arn="arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy",
    )

    databases = ec2.SecurityGroup("db", vpc_id=network.id, description="databases")
    vpc.SecurityGroupIngressRule(
        "nodes-to-db", security_group_id=databases.id, ip_protocol="tcp", from_port=5432, to_port=5432,
        referenced_security_group_id=cluster.vpc_config.cluster_security_group_id,
    )
    vpc.SecurityGroupEgressRule("db-out", security_group_id=databases.id, ip_protocol="-1", cidr_ipv4="10.0.0.0/16")
    password = pulumi_random.RandomPassword("db", length=32)
    rds.Instance(
        "db", engine="postgres", engine_version="17.5", instance_class="db.m7g.large", allocated_storage=50,
        db_subnet_group_name=rds.SubnetGroup("db", subnet_ids=[subnet.id for subnet in subnets]).name,
        parameter_group_name=rds.ParameterGroup(
            "db", family="postgres17", parameters=[{"name": "rds.force_ssl", "value": "1"}]
        ).name,
        username="mlflow", password=password.result, kms_key_id=key.arn, storage_encrypted=True, multi_az=True,
        final_snapshot_identifier="case-final", vpc_security_group_ids=[databases.id], skip_final_snapshot=False,
    )
"""


def run_program(account, folder, program):
    """Make what a program in a folder of its own registers; it knows the documents above by their names."""
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n")
    (folder / "Pulumi.case.yaml").write_text("config: {}\n")
    texts = {"KEY_POLICY": KEY_POLICY, "TRUST": TRUST, "READING": READING}
    head = "".join(f"{name} = {json.dumps(document)!r}\n" for name, document in texts.items())
    (folder / "__main__.py").write_text(head + textwrap.dedent(program))
    return run_stack(account, folder, "case")
