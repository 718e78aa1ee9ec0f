"""The network: its addresses, ways and rules."""

import re

from tests.aws.inputs import UnknownInputError, pascal, present, renamed, tag_list
from tests.aws.rights import taken_by

# EC2 API reference, CreateSecurityGroup and IpRange: what a description may hold.
_DESCRIPTION = re.compile(r"[a-zA-Z0-9. _\-:/()#,@\[\]+=&;{}!$*]{0,255}")


def tagged(kind, given):
    """Take the tags out of ``given``, as parameters of a call that makes something."""
    tags = tag_list(given.pop("tags", None))
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tags}]} if tags else {}


def arn(account, kind, identity):
    return f"arn:aws:ec2:{account.region}:{account.id}:{kind}/{identity}"


def vpc(account, given):
    attributes = {key: given.pop(key, None) for key in ("enableDnsSupport", "enableDnsHostnames")}
    names = {"cidrBlock": "CidrBlock", "instanceTenancy": "InstanceTenancy"}
    identity = account.ec2.create_vpc(**renamed(given, names), **tagged("vpc", given))["Vpc"]["VpcId"]
    for attribute, value in present(**attributes).items():
        account.ec2.modify_vpc_attribute(VpcId=identity, **pascal({attribute: {"value": value}}))
    of_vpc = [{"Name": "vpc-id", "Values": [identity]}]
    table = account.ec2.describe_route_tables(Filters=of_vpc)["RouteTables"][0]["RouteTableId"]
    return identity, {
        "arn": arn(account, "vpc", identity),
        "defaultSecurityGroupId": _default_group(account, identity)["GroupId"],
        "mainRouteTableId": table,
        "defaultRouteTableId": table,
    }


def subnet(account, given):
    public = given.pop("mapPublicIpOnLaunch", None)
    names = {"vpcId": "VpcId", "cidrBlock": "CidrBlock", "availabilityZone": "AvailabilityZone"}
    made = account.ec2.create_subnet(**renamed(given, names), **tagged("subnet", given))["Subnet"]
    if public is not None:
        account.ec2.modify_subnet_attribute(SubnetId=made["SubnetId"], MapPublicIpOnLaunch={"Value": public})
    return made["SubnetId"], {"arn": made["SubnetArn"], "availabilityZoneId": made["AvailabilityZoneId"]}


def internet_gateway(account, given):
    vpc_id = given.pop("vpcId", None)
    made = account.ec2.create_internet_gateway(**tagged("internet-gateway", given))["InternetGateway"]
    identity = made["InternetGatewayId"]
    if vpc_id:
        account.ec2.attach_internet_gateway(InternetGatewayId=identity, VpcId=vpc_id)
    return identity, {"arn": arn(account, "internet-gateway", identity)}


def eip(account, given):
    made = account.ec2.allocate_address(Domain=given.pop("domain"), **tagged("elastic-ip", given))
    identity = made["AllocationId"]
    return identity, {"allocationId": identity, "publicIp": made["PublicIp"], "arn": arn(account, "eip", identity)}


def nat_gateway(account, given):
    allocation, subnet_id = given["allocationId"], given["subnetId"]
    account.ec2.describe_addresses(AllocationIds=[allocation])
    found = account.ec2.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]
    # NAT gateway basics: an address serves one gateway; without an internet gateway there is no way out.
    gateways = account.ec2.describe_nat_gateways()["NatGateways"]
    if allocation in {address["AllocationId"] for gateway in gateways for address in gateway["NatGatewayAddresses"]}:
        raise UnknownInputError(f"allocationId: {allocation} has a NAT gateway already")
    attached = [{"Name": "attachment.vpc-id", "Values": [found["VpcId"]]}]
    if not account.ec2.describe_internet_gateways(Filters=attached)["InternetGateways"]:
        raise UnknownInputError(f"subnetId: the VPC of {subnet_id} has no internet gateway (yet)")
    names = {"allocationId": "AllocationId", "subnetId": "SubnetId", "connectivityType": "ConnectivityType"}
    made = account.ec2.create_nat_gateway(**renamed(given, names), **tagged("natgateway", given))["NatGateway"]
    return made["NatGatewayId"], {"publicIp": made["NatGatewayAddresses"][0].get("PublicIp")}


def route_table(account, given):
    made = account.ec2.create_route_table(VpcId=given.pop("vpcId"), **tagged("route-table", given))["RouteTable"]
    return made["RouteTableId"], {"arn": arn(account, "route-table", made["RouteTableId"])}


def route(account, given):
    if gateway := given.get("natGatewayId"):
        gateways = account.ec2.describe_nat_gateways()["NatGateways"]
        if gateway not in {entry["NatGatewayId"] for entry in gateways}:
            raise UnknownInputError(f"natGatewayId: there is no {gateway}")
    names = {"routeTableId": "RouteTableId", "destinationCidrBlock": "DestinationCidrBlock"}
    names |= {"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"}
    parameters = renamed(given, names)
    account.ec2.create_route(**parameters)
    return f"r-{parameters['RouteTableId']}-{parameters['DestinationCidrBlock']}", {}


def route_table_association(account, given):
    names = {"routeTableId": "RouteTableId", "subnetId": "SubnetId"}
    return account.ec2.associate_route_table(**renamed(given, names))["AssociationId"], {}


def vpc_endpoint(account, given):
    policy = given.pop("policy", None)
    names = {"vpcId": "VpcId", "serviceName": "ServiceName", "vpcEndpointType": "VpcEndpointType"}
    names |= {"routeTableIds": "RouteTableIds", "subnetIds": "SubnetIds", "securityGroupIds": "SecurityGroupIds"}
    parameters = renamed(given, names | {"privateDnsEnabled": "PrivateDnsEnabled"})
    for table in parameters.get("RouteTableIds", ()):
        account.ec2.describe_route_tables(RouteTableIds=[table])
    made = account.ec2.create_vpc_endpoint(
        **parameters, **present(PolicyDocument=policy), **tagged("vpc-endpoint", given)
    )["VpcEndpoint"]
    return made["VpcEndpointId"], {"arn": arn(account, "vpc-endpoint", made["VpcEndpointId"])}


def _default_group(account, vpc_id):
    filters = [{"Name": "vpc-id", "Values": [vpc_id]}, {"Name": "group-name", "Values": ["default"]}]
    return account.ec2.describe_security_groups(Filters=filters)["SecurityGroups"][0]


def default_security_group(account, given):
    """Take over the group that the VPC came with: the rules it has are removed, as the provider does."""
    if given.pop("ingress", None) or given.pop("egress", None):
        raise UnknownInputError("ingress, egress: only a default group without rules is known")
    group = _default_group(account, given.pop("vpcId"))
    identity = group["GroupId"]
    if group["IpPermissions"]:
        account.ec2.revoke_security_group_ingress(GroupId=identity, IpPermissions=group["IpPermissions"])
    if group["IpPermissionsEgress"]:
        account.ec2.revoke_security_group_egress(GroupId=identity, IpPermissions=group["IpPermissionsEgress"])
    if tags := given.pop("tags", None):
        account.ec2.create_tags(Resources=[identity], Tags=tag_list(tags))
    return identity, {"arn": arn(account, "security-group", identity), "name": "default"}


def security_group(account, given):
    """Make a group with the given rules alone: the provider takes away the way out that AWS adds."""
    ingress, egress = given.pop("ingress", None) or [], given.pop("egress", None) or []
    given.setdefault("description", "Managed by Pulumi")
    given.pop("revokeRulesOnDelete", None)  # What a destroy does.
    made = account.ec2.create_security_group(
        GroupName=given.pop("name"),
        **_description(given),
        VpcId=given.pop("vpcId"),
        **tagged("security-group", given),
    )
    identity = made["GroupId"]
    added = account.ec2.describe_security_groups(GroupIds=[identity])["SecurityGroups"][0]["IpPermissionsEgress"]
    account.ec2.revoke_security_group_egress(GroupId=identity, IpPermissions=added)
    if ingress:
        rules = [_inline_rule(account, rule) for rule in ingress]
        account.ec2.authorize_security_group_ingress(GroupId=identity, IpPermissions=rules)
    if egress:
        rules = [_inline_rule(account, rule) for rule in egress]
        account.ec2.authorize_security_group_egress(GroupId=identity, IpPermissions=rules)
    return identity, {"arn": arn(account, "security-group", identity)}


def _description(given):
    text = given.pop("description", None)
    if text is not None and not _DESCRIPTION.fullmatch(text):
        raise UnknownInputError(f"description: {text!r} has other characters than {_DESCRIPTION.pattern}")
    return present(Description=text)


def _inline_rule(account, rule):
    text = _description(rule)
    groups = rule.pop("securityGroups", None) or []
    ranges = [{"CidrIp": cidr, **text} for cidr in rule.pop("cidrBlocks", None) or []]
    if groups:
        account.ec2.describe_security_groups(GroupIds=groups)
    parameters = renamed(rule, {"protocol": "IpProtocol", "fromPort": "FromPort", "toPort": "ToPort"})
    if rule:
        raise UnknownInputError(f"ingress, egress: {sorted(rule)}")
    pairs = [{"GroupId": group, **text} for group in groups]
    return {**parameters, "IpRanges": ranges, "UserIdGroupPairs": pairs}


def security_group_rule(direction):
    """Return the kind of a single rule, ``ingress`` or ``egress``."""

    def kind(account, given):
        identity, other = given.pop("securityGroupId"), given.pop("referencedSecurityGroupId", None)
        account.ec2.describe_security_groups(GroupIds=[identity, *filter(None, [other])])
        text = _description(given)
        permission = renamed(given, {"ipProtocol": "IpProtocol", "fromPort": "FromPort", "toPort": "ToPort"})
        cidr = given.pop("cidrIpv4", None)
        if (cidr is None) == (other is None):
            raise UnknownInputError("needs one of cidrIpv4 and referencedSecurityGroupId")
        permission["IpRanges"] = [{"CidrIp": cidr, **text}] if cidr else []
        permission["UserIdGroupPairs"] = [{"GroupId": other, **text}] if other else []
        authorize = getattr(account.ec2, f"authorize_security_group_{direction}")
        made = authorize(GroupId=identity, IpPermissions=[permission], **tagged("security-group-rule", given))
        rule = made["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return rule, {"securityGroupRuleId": rule}

    return kind


def flow_log(account, given):
    if role := given.get("iamRoleArn"):
        taken_by(account, role, "vpc-flow-logs.amazonaws.com", arn(account, "vpc-flow-log", "fl-0"))
    destination = given.get("logDestination", "")
    groups = account.logs.describe_log_groups()["logGroups"]
    if ":log-group:" in destination and destination not in {group["arn"].removesuffix(":*") for group in groups}:
        raise UnknownInputError(f"logDestination: there is no {destination}")
    kind = {"vpcId": "VPC", "subnetId": "Subnet"}
    ((resource, resource_type),) = ((given.pop(name), value) for name, value in kind.items() if name in given)
    names = {"trafficType": "TrafficType", "logDestinationType": "LogDestinationType", "logFormat": "LogFormat"}
    names |= {"logDestination": "LogDestination", "iamRoleArn": "DeliverLogsPermissionArn"}
    parameters = renamed(given, names | {"maxAggregationInterval": "MaxAggregationInterval"})
    made = account.ec2.create_flow_logs(
        ResourceIds=[resource], ResourceType=resource_type, **parameters, **tagged("vpc-flow-log", given)
    )
    if made.get("Unsuccessful"):
        raise UnknownInputError(str(made["Unsuccessful"]))
    return made["FlowLogIds"][0], {"arn": arn(account, "vpc-flow-log", made["FlowLogIds"][0])}


KINDS = {
    "aws:ec2/vpc:Vpc": vpc,
    "aws:ec2/subnet:Subnet": subnet,
    "aws:ec2/internetGateway:InternetGateway": internet_gateway,
    "aws:ec2/eip:Eip": eip,
    "aws:ec2/natGateway:NatGateway": nat_gateway,
    "aws:ec2/routeTable:RouteTable": route_table,
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": route_table_association,
    "aws:ec2/vpcEndpoint:VpcEndpoint": vpc_endpoint,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": default_security_group,
    "aws:ec2/securityGroup:SecurityGroup": security_group,
    "aws:ec2/flowLog:FlowLog": flow_log,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": security_group_rule("ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": security_group_rule("egress"),
}
NAMED = {"aws:ec2/securityGroup:SecurityGroup": "name"}
