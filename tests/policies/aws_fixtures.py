"""Resources on AWS as a stack has them, and ways to spoil them."""

import json

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
TAGS = {"Environment": "production", "Owner": "ml-platform", "CostCentre": "4711"}
ROOT = "arn:aws:iam::123456789012:root"
ISSUER = "oidc.eks.eu-central-1.amazonaws.com/id/1"
KEY = "arn:aws:kms:eu-central-1:123456789012:key/1"


def document(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(action, resource="arn:aws:s3:::artifacts/*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource, **more}


def trust(**conditions):
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Federated": f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"},
            "Action": "sts:AssumeRoleWithWebIdentity",
            "Condition": conditions,
        }
    )


NO_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::artifacts", "arn:aws:s3:::artifacts/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
READ = allow(["s3:GetObject"])
LOOK = allow(["autoscaling:DescribeTags", "ec2:DescribeInstanceTypes"], "*")
HERE = {"Condition": {"StringEquals": {"kms:CallerAccount": "123456789012"}}}
MINE = allow(["kms:Decrypt"], "*", Principal={"AWS": ROOT})
OURS = allow(["kms:Decrypt"], "*", Principal={"AWS": "*"}, **HERE)
SUB, AUD = {f"{ISSUER}:sub": "system:serviceaccount:mlflow:mlflow"}, {f"{ISSUER}:aud": "sts.amazonaws.com"}

GOOD = {
    "bucket": ("aws:s3/bucket:Bucket", {"bucket": "artifacts", "tags": TAGS}),
    "bucket-block": (
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        {
            "bucket": UNKNOWN,
            "blockPublicAcls": True,
            "blockPublicPolicy": True,
            "ignorePublicAcls": True,
            "restrictPublicBuckets": True,
        },
    ),
    "bucket-encryption": (
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        {
            "bucket": UNKNOWN,
            "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms", "kmsMasterKeyId": UNKNOWN}}],
        },
    ),
    "bucket-policy": (
        "aws:s3/bucketPolicy:BucketPolicy",
        {"bucket": UNKNOWN, "policy": document(NO_HTTP, READ | {"Principal": {"AWS": "arn:aws:iam::1:role/reader"}})},
    ),
    "policy": ("aws:iam/policy:Policy", {"policy": document(READ, LOOK), "tags": TAGS}),
    "attachment": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": UNKNOWN, "policyArn": "arn:aws:iam::aws:policy/AmazonEKSWorkerNodePolicy"},
    ),
    "own-attachment": (
        "aws:iam/rolePolicyAttachment:RolePolicyAttachment",
        {"role": UNKNOWN, "policyArn": UNKNOWN},
    ),
    "role": (
        "aws:iam/role:Role",
        {
            "assumeRolePolicy": trust(StringEquals=SUB | AUD),
            "inlinePolicies": [{"name": "a", "policy": document(READ)}],
            "tags": TAGS,
        },
    ),
    "key": ("aws:kms/key:Key", {"policy": document(MINE, OURS), "tags": TAGS}),
    "cluster": (
        "aws:eks/cluster:Cluster",
        {
            "vpcConfig": {
                "subnetIds": [UNKNOWN],
                "endpointPrivateAccess": True,
                "endpointPublicAccess": True,
                "publicAccessCidrs": ["203.0.113.0/24"],
            },
            "encryptionConfig": {"provider": {"keyArn": UNKNOWN}, "resources": ["secrets"]},
            "deletionProtection": True,
            "tags": TAGS,
        },
    ),
    "private-cluster": (
        "aws:eks/cluster:Cluster",
        {
            "vpcConfig": {"endpointPrivateAccess": True, "endpointPublicAccess": False},
            "encryptionConfig": {"provider": {"keyArn": KEY}, "resources": ["secrets"]},
            "deletionProtection": True,
            "tags": TAGS,
        },
    ),
    "launch-template": (
        "aws:ec2/launchTemplate:LaunchTemplate",
        {
            "blockDeviceMappings": [{"deviceName": "/dev/xvda", "ebs": {"encrypted": "true", "kmsKeyId": UNKNOWN}}],
            "metadataOptions": {"httpTokens": "required", "httpPutResponseHopLimit": 1},
            "tagSpecifications": [{"resourceType": kind, "tags": TAGS} for kind in ("instance", "volume")],
            "tags": TAGS,
        },
    ),
    "database": (
        "aws:rds/instance:Instance",
        {
            "storageEncrypted": True,
            "kmsKeyId": UNKNOWN,
            "publiclyAccessible": False,
            "deletionProtection": True,
            "skipFinalSnapshot": False,
            "tags": TAGS,
        },
    ),
    "log-group": ("aws:cloudwatch/logGroup:LogGroup", {"kmsKeyId": UNKNOWN, "tags": TAGS}),
    "route": ("aws:ec2/route:Route", {"destinationCidrBlock": "0.0.0.0/0", "natGatewayId": UNKNOWN}),
}

PRIVATE, NO_STAR, ENCRYPTED = "data-is-private", "iam-policy-has-no-wildcard", "storage-is-encrypted"
ENDPOINT, METADATA = "eks-endpoint-is-restricted", "instance-metadata-is-protected"
TAGGED, PROTECTED = "aws-resource-is-tagged", "stateful-resource-is-protected"

# fixture, path to what is spoilt, new value (None removes it), the rule that must break, part of its message
SPOILT = [
    ("bucket-block", "blockPublicPolicy", False, PRIVATE, "blockPublicPolicy is not true"),
    ("bucket-block", "restrictPublicBuckets", None, PRIVATE, "restrictPublicBuckets is not true"),
    ("bucket-block", "blockPublicAcls", False, PRIVATE, "blockPublicAcls is not true"),
    ("bucket-block", "ignorePublicAcls", False, PRIVATE, "ignorePublicAcls is not true"),
    ("bucket", "acl", "public-read", PRIVATE, "acl 'public-read'"),
    ("bucket-policy", "policy", document(READ | {"Principal": "*"}), PRIVATE, "Statement[0] makes the bucket public"),
    ("bucket-policy", "policy", document(READ | {"Principal": {"AWS": ["*"]}, "Sid": "All"}), PRIVATE, "All makes"),
    (
        "bucket-policy",
        "policy",
        document(READ | {"NotPrincipal": {"AWS": ROOT}}),
        PRIVATE,
        "makes the bucket public",
    ),
    (
        "bucket-policy",
        "policy",
        document(READ | {"Principal": "*", "Condition": {"StringNotEquals": {"aws:PrincipalAccount": "1"}}}),
        PRIVATE,
        "makes the bucket public",
    ),
    (
        "bucket-policy",
        "policy",
        document(READ | {"Principal": "*", "Condition": {"StringLike": {"aws:PrincipalArn": "*"}}}),
        PRIVATE,
        "makes the bucket public",
    ),
    ("database", "publiclyAccessible", True, PRIVATE, "publiclyAccessible"),
    ("bucket-policy", "policy", "{", NO_STAR, "policy is no JSON"),
    ("bucket-policy", "policy", "[]", NO_STAR, "policy has no statements"),
    (
        "bucket-policy",
        "policy",
        document(allow("s3:*", Principal={"AWS": ROOT})),
        NO_STAR,
        "Statement[0] permits actions by a star",
    ),
    ("policy", "policy", document(READ, allow("s3:Get*")), NO_STAR, "Statement[1] permits actions by a star"),
    ("policy", "policy", document(allow(["*"])), NO_STAR, "permits actions by a star"),
    (
        "policy",
        "policy",
        document({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::a"}),
        NO_STAR,
        "name each action",
    ),
    (
        "policy",
        "policy",
        document({"Effect": "Allow", "Action": "s3:GetObject", "NotResource": "arn:aws:s3:::a"}),
        NO_STAR,
        "name the resources",
    ),
    ("policy", "policy", document(allow(["ec2:DescribeTags", "s3:PutObject"], "*")), NO_STAR, "more than to look"),
    # As a mapping, which the provider makes JSON of.
    ("policy", "policy", {"Version": "2012-10-17", "Statement": allow("s3:*")}, NO_STAR, "permits actions by a star"),
    ("role", "assumeRolePolicy", trust(StringEquals=AUD), NO_STAR, "compare :sub and :aud"),
    ("role", "assumeRolePolicy", trust(StringEquals=SUB), NO_STAR, "compare :sub and :aud"),
    ("role", "assumeRolePolicy", trust(StringLike=SUB | AUD), NO_STAR, "compare :sub and :aud"),
    (
        "role",
        "assumeRolePolicy",
        document({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}),
        NO_STAR,
        "is for everybody",
    ),
    ("role", "inlinePolicies.0.policy", document(allow("s3:*")), NO_STAR, "inlinePolicies[0].policy: Statement[0]"),
    ("key", "policy", document(allow("kms:*", "*", Principal={"AWS": ROOT})), NO_STAR, "permits actions by a star"),
    ("key", "policy", document(allow("kms:Decrypt", "*", Principal="*")), NO_STAR, "is for everybody"),
    ("attachment", "policyArn", "arn:aws:iam::aws:policy/AdministratorAccess", NO_STAR, "AdministratorAccess"),
    ("attachment", "policyArn", "arn:aws:iam::aws:policy/AmazonS3FullAccess", NO_STAR, "AmazonS3FullAccess"),
    ("bucket-encryption", "rules.0.applyServerSideEncryptionByDefault.sseAlgorithm", "AES256", ENCRYPTED, "rules[0]"),
    ("launch-template", "blockDeviceMappings.0.ebs.encrypted", None, ENCRYPTED, "ebs.encrypted is not true"),
    ("launch-template", "blockDeviceMappings.0.ebs.encrypted", "false", ENCRYPTED, "ebs.encrypted is not true"),
    ("launch-template", "blockDeviceMappings", None, ENCRYPTED, "names no volume"),
    ("database", "storageEncrypted", None, ENCRYPTED, "storageEncrypted is not true"),
    ("cluster", "encryptionConfig", None, ENCRYPTED, "lacks secrets"),
    ("cluster", "encryptionConfig.resources", [], ENCRYPTED, "lacks secrets"),
    ("log-group", "kmsKeyId", None, ENCRYPTED, "kmsKeyId is missing"),
    ("cluster", "vpcConfig.publicAccessCidrs", ["203.0.113.0/24", "0.0.0.0/0"], ENDPOINT, "'0.0.0.0/0'"),
    ("cluster", "vpcConfig.publicAccessCidrs", ["::/0"], ENDPOINT, "'::/0'"),
    ("cluster", "vpcConfig.publicAccessCidrs", ["0.0.0.0/1"], ENDPOINT, "'0.0.0.0/1'"),
    ("cluster", "vpcConfig.publicAccessCidrs", ["10.0.0.0/7"], ENDPOINT, "'10.0.0.0/7'"),
    ("cluster", "vpcConfig.publicAccessCidrs", ["fc00::/15"], ENDPOINT, "'fc00::/15'"),
    ("cluster", "vpcConfig.publicAccessCidrs", None, ENDPOINT, "publicAccessCidrs is missing"),
    ("private-cluster", "vpcConfig.endpointPublicAccess", None, ENDPOINT, "publicAccessCidrs is missing"),
    ("private-cluster", "vpcConfig.endpointPrivateAccess", None, ENDPOINT, "endpointPrivateAccess is not true"),
    ("launch-template", "metadataOptions.httpTokens", "optional", METADATA, "IMDSv1"),
    ("launch-template", "metadataOptions.httpPutResponseHopLimit", 2, METADATA, "httpPutResponseHopLimit is not 1"),
    ("bucket", "tags.Owner", None, TAGGED, "tags lacks Owner;"),
    ("log-group", "tags", None, TAGGED, "tags lacks Environment, Owner, CostCentre;"),
    ("policy", "tags.CostCentre", "", TAGGED, "tags lacks CostCentre;"),
    ("launch-template", "tagSpecifications.1", None, TAGGED, "tagSpecifications of volume lack Environment"),
    ("launch-template", "tagSpecifications.0.tags.Owner", None, TAGGED, "tagSpecifications of instance lack Owner;"),
    ("database", "deletionProtection", None, PROTECTED, "deletionProtection is not true"),
    ("database", "skipFinalSnapshot", True, PROTECTED, "skipFinalSnapshot"),
    ("cluster", "deletionProtection", False, PROTECTED, "deletionProtection is not true"),
    ("bucket", "forceDestroy", True, PROTECTED, "forceDestroy"),
]
# What production's data is kept in.
STATEFUL = ("bucket", "key", "cluster", "database")
