"""Facts of AWS resources: which inputs cannot change in place, and which answers come when.

Facts of terraform-provider-aws 6.34 (``internal/service/*``: ``ForceNew``, ``RequiresReplace`` and ``CustomizeDiff``),
which pulumi-aws 7 maps to its types. A resource in another region is another resource, whatever its type.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

AWS_PREFIX = "aws:"
# Resources of no region: their type has no such input.
_GLOBAL = ("aws:iam/",)
_REGION = ("region",)
# Inputs that name a resource: Pulumi makes a name up where the program gives none, and keeps it.
NAMES: dict[str, str] = {
    "aws:s3/bucket:Bucket": "bucket",
    "aws:eks/nodeGroup:NodeGroup": "nodeGroupName",
    "aws:rds/instance:Instance": "identifier",
}
DEFAULT_NAME = "name"

# Type token -> paths; each includes everything below it. ``[0]`` is not written: Pulumi flattens blocks of one item.
FORCE_NEW_AWS: dict[str, tuple[str, ...]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("logGroupClass", "name", "namePrefix"),
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": ("vpcId",),
    "aws:ec2/eip:Eip": ("address", "domain", "ipamPoolId", "networkBorderGroup", "publicIpv4Pool"),
    "aws:ec2/flowLog:FlowLog": (
        "deliverCrossAccountRole",
        "destinationOptions",
        "eniId",
        "iamRoleArn",
        "logDestination",
        "logDestinationType",
        "logFormat",
        "maxAggregationInterval",
        "regionalNatGatewayId",
        "subnetId",
        "trafficType",
        "transitGatewayAttachmentId",
        "transitGatewayId",
        "vpcId",
    ),
    "aws:ec2/launchTemplate:LaunchTemplate": ("name", "namePrefix"),
    "aws:ec2/natGateway:NatGateway": (
        "allocationId",
        "availabilityMode",
        "connectivityType",
        "privateIp",
        "subnetId",
        "vpcId",
    ),
    "aws:ec2/route:Route": (
        "destinationCidrBlock",
        "destinationIpv6CidrBlock",
        "destinationPrefixListId",
        "routeTableId",
    ),
    "aws:ec2/routeTable:RouteTable": ("vpcId",),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": ("gatewayId", "subnetId"),
    "aws:ec2/securityGroup:SecurityGroup": ("description", "name", "namePrefix", "vpcId"),
    "aws:ec2/subnet:Subnet": (
        "availabilityZone",
        "availabilityZoneId",
        "cidrBlock",
        "ipv4IpamPoolId",
        "ipv4NetmaskLength",
        "ipv6IpamPoolId",
        "ipv6Native",
        "ipv6NetmaskLength",
        "outpostArn",
        "vpcId",
    ),
    "aws:ec2/vpc:Vpc": ("cidrBlock", "instanceTenancy", "ipv4IpamPoolId", "ipv4NetmaskLength"),
    "aws:ec2/vpcEndpoint:VpcEndpoint": (
        "dnsOptions.privateDnsPreference",
        "dnsOptions.privateDnsSpecifiedDomains",
        "privateDnsEnabled",
        "resourceConfigurationArn",
        "serviceName",
        "serviceNetworkArn",
        "serviceRegion",
        "vpcEndpointType",
        "vpcId",
    ),
    "aws:eks/accessEntry:AccessEntry": ("clusterName", "principalArn", "type"),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": (
        "accessScope",
        "clusterName",
        "policyArn",
        "principalArn",
    ),
    "aws:eks/addon:Addon": ("addonName", "clusterName"),
    "aws:eks/cluster:Cluster": (
        "accessConfig.bootstrapClusterCreatorAdminPermissions",
        "bootstrapSelfManagedAddons",
        "kubernetesNetworkConfig.ipFamily",
        "kubernetesNetworkConfig.serviceIpv4Cidr",
        "name",
        "outpostConfig.controlPlaneInstanceType",
        "outpostConfig.controlPlanePlacement.groupName",
        "roleArn",
    ),
    "aws:eks/nodeGroup:NodeGroup": (
        "amiType",
        "capacityType",
        "clusterName",
        "diskSize",
        "instanceTypes",
        "launchTemplate.id",
        "launchTemplate.name",
        "nodeGroupName",
        "nodeGroupNamePrefix",
        "nodeRoleArn",
        "remoteAccess",
        "subnetIds",
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ("url",),
    "aws:iam/policy:Policy": ("description", "name", "namePrefix", "path"),
    "aws:iam/role:Role": ("name", "namePrefix", "path"),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("policyArn", "role"),
    "aws:kms/alias:Alias": ("name", "namePrefix"),
    "aws:kms/key:Key": ("customKeyStoreId", "customerMasterKeySpec", "keyUsage", "multiRegion", "xksKeyId"),
    "aws:rds/instance:Instance": (
        "availabilityZone",
        "backupTarget",
        "characterSetName",
        "customIamInstanceProfile",
        "dbName",
        "engine",
        "kmsKeyId",
        "ncharCharacterSetName",
        "restoreToPointInTime",
        "s3Import",
        "snapshotIdentifier",
        "storageEncrypted",
        "timezone",
        "username",
    ),
    "aws:rds/parameterGroup:ParameterGroup": ("description", "family", "name", "namePrefix"),
    "aws:rds/subnetGroup:SubnetGroup": ("name", "namePrefix"),
    "aws:s3/bucket:Bucket": ("bucket", "bucketPrefix", "objectLockEnabled"),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": ("bucket", "expectedBucketOwner"),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": ("bucket",),
    "aws:s3/bucketPolicy:BucketPolicy": ("bucket",),
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": ("bucket",),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        "bucket",
        "expectedBucketOwner",
    ),
    "aws:s3/bucketVersioning:BucketVersioning": ("bucket", "expectedBucketOwner"),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": ("securityGroupId",),
}
# A rule keeps its kind of source (CustomizeDiff of the rule): one of these coming or going makes another rule.
INGRESS_RULE = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
SOURCES_OF_RULE = ("cidrIpv4", "cidrIpv6", "prefixListId", "referencedSecurityGroupId")
# Where a resource uses an answer of another that is renewed whenever that one changes in place: a launch template keeps
# its id and gets a new version.
_RENEWED = {("aws:eks/nodeGroup:NodeGroup", ("launchTemplate", "version"))}
# Type token -> (input, what the provider answers within it).
ADDED_WITHIN: dict[str, tuple[tuple[str, str], ...]] = {
    "aws:eks/cluster:Cluster": (("vpcConfig", "clusterSecurityGroupId"), ("vpcConfig", "vpcId")),
}
# Texts that the program itself computes, often from an ARN: unknown as a whole, they may differ in the program's part.
DOCUMENTS: dict[str, str] = {
    "aws:eks/addon:Addon": "configurationValues",
    "aws:iam/policy:Policy": "policy",
    "aws:iam/role:Role": "assumeRolePolicy",
    "aws:kms/key:Key": "policy",
    "aws:s3/bucketPolicy:BucketPolicy": "policy",
}
RENEWED_OUTPUTS: dict[str, tuple[str, ...]] = {
    "aws:ec2/launchTemplate:LaunchTemplate": ("latestVersion", "defaultVersion"),
}


def is_renewed_by_update(type_: str, path: Sequence[str | int]) -> bool:
    """Return whether an input is another one as soon as the resource that it comes from is changed in place.

    Args:
        type_: type token of the resource whose input it is.
        path: path of the input.

    """
    return (type_, tuple(path)) in _RENEWED


def force_new_aws(type_: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the paths whose changes replace an AWS resource; none of a type that is not known here.

    Args:
        type_: type token.
        old: its inputs before.
        new: its inputs now.

    """
    paths = FORCE_NEW_AWS.get(type_, ())
    if not type_.startswith(_GLOBAL):
        paths = (*paths, *_REGION)
    if type_ == INGRESS_RULE:
        sources = [{name for name in SOURCES_OF_RULE if inputs.get(name) is not None} for inputs in (old, new)]
        paths = (*paths, *sorted(sources[0] ^ sources[1]))
    if type_ == "aws:eks/cluster:Cluster" and old.get("encryptionConfig") and not new.get("encryptionConfig"):
        # Secrets encryption can be added to a cluster, and never be taken away.
        paths = (*paths, "encryptionConfig")
    return paths
