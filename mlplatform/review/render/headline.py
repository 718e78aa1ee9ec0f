"""What a new resource is, in few words: the inputs that a reviewer of its type looks at first.

A resource that changes shows what differs; of a new one everything does. The whole of it is in the JSON form.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlplatform.review.state.display_values import printable, with_placeholders
from mlplatform.review.state.property_paths import parse_path

if TYPE_CHECKING:
    from mlplatform.review.diff.resource_diff import ResourceDiff

_SECURITY_RULE = ("ipProtocol", "fromPort", "toPort", "cidrIpv4", "referencedSecurityGroupId")
HEADLINES: dict[str, tuple[str, ...]] = {
    "aws:cloudwatch/logGroup:LogGroup": ("name", "retentionInDays"),
    "aws:ec2/flowLog:FlowLog": ("trafficType", "vpcId"),
    "aws:ec2/launchTemplate:LaunchTemplate": ("metadataOptions.httpTokens", "metadataOptions.httpPutResponseHopLimit"),
    "aws:ec2/natGateway:NatGateway": ("connectivityType", "subnetId"),
    "aws:ec2/route:Route": ("destinationCidrBlock", "gatewayId", "natGatewayId"),
    "aws:ec2/securityGroup:SecurityGroup": ("description",),
    "aws:ec2/subnet:Subnet": ("cidrBlock", "availabilityZone", "vpcId"),
    "aws:ec2/vpc:Vpc": ("cidrBlock",),
    "aws:ec2/vpcEndpoint:VpcEndpoint": ("serviceName", "vpcEndpointType"),
    "aws:eks/accessEntry:AccessEntry": ("principalArn",),
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": ("policyArn",),
    "aws:eks/addon:Addon": ("addonName", "addonVersion"),
    "aws:eks/cluster:Cluster": ("version", "vpcConfig.endpointPublicAccess", "vpcConfig.publicAccessCidrs"),
    "aws:eks/nodeGroup:NodeGroup": (
        "instanceTypes",
        "capacityType",
        "scalingConfig.minSize",
        "scalingConfig.maxSize",
    ),
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": ("url",),
    "aws:iam/policy:Policy": ("description",),
    "aws:iam/role:Role": ("description",),
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": ("policyArn",),
    "aws:kms/alias:Alias": ("name",),
    "aws:kms/key:Key": ("description", "enableKeyRotation"),
    "aws:rds/instance:Instance": ("engine", "engineVersion", "instanceClass", "allocatedStorage", "multiAz"),
    "aws:rds/parameterGroup:ParameterGroup": ("family",),
    "aws:s3/bucket:Bucket": ("bucket",),
    "aws:s3/bucketVersioning:BucketVersioning": ("versioningConfiguration.status",),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _SECURITY_RULE,
    "kubernetes:helm.sh/v3:Release": ("chart", "version"),
    "pulumi:providers:aws": ("region", "allowedAccountIds"),
    "pulumi:providers:kubernetes": ("kubeconfig",),
}
_LONGEST = 120


def headline(resource: ResourceDiff) -> str:
    """Return what a new resource is, ``""`` for other resources and types; unknowns and secrets by their name."""
    if resource.op != "create" or resource.new is None:
        return ""
    texts = []
    for path in HEADLINES.get(resource.type, ()):
        value = _at(resource.new.inputs, path)
        if value is not None:
            texts.append(f"{path.rpartition('.')[2]} {_text(with_placeholders(value))}")
    text = printable(", ".join(texts))
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _at(inputs: Any, path: str) -> Any:
    for step in parse_path(path):
        inputs = inputs.get(step) if isinstance(inputs, dict) else None
    return inputs


def _text(value: Any) -> str:
    if isinstance(value, list):
        return " ".join(map(_text, value))
    return value if isinstance(value, str) else json.dumps(value)
