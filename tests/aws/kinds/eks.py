"""The cluster and what belongs to it. moto drops what it does not know of a cluster and has no add-ons or access."""

import json

from tests.aws.inputs import UnknownInputError, present, renamed
from tests.aws.rights import taken_by, with_policy

_ACCESS_POLICIES = "arn:aws:eks::aws:cluster-access-policy/"


def cluster(account, given):
    name, version, network = given.pop("name"), given.pop("version"), given.pop("vpcConfig")
    vpc_id = _vpc_of(account, network["subnetIds"])
    logs = given.pop("enabledClusterLogTypes", [])
    itself = f"arn:aws:eks:{account.region}:{account.id}:cluster/{name}"
    role = taken_by(account, given.pop("roleArn"), "eks.amazonaws.com", itself)
    with_policy(account, role, "AmazonEKSClusterPolicy")
    names = {"accessConfig": "accessConfig", "upgradePolicy": "upgradePolicy", "tags": "tags"}
    names |= {"kubernetesNetworkConfig": "kubernetesNetworkConfig", "deletionProtection": "deletionProtection"}
    names |= {"bootstrapSelfManagedAddons": "bootstrapSelfManagedAddons", "zonalShiftConfig": "zonalShiftConfig"}
    made = account.eks.create_cluster(
        name=name,
        version=version,
        roleArn=role,
        resourcesVpcConfig=network,
        **present(encryptionConfig=_encryption(account, given.pop("encryptionConfig", None))),
        logging={"clusterLogging": [{"types": logs, "enabled": True}]},
        **renamed(given, names),
    )["cluster"]
    # AWS makes this group; nodes, control plane and whoever talks to them are in it.
    group = account.ec2.create_security_group(GroupName=f"eks-cluster-sg-{name}", Description="EKS", VpcId=vpc_id)
    issuer = made["identity"]["oidc"]["issuer"]
    return name, {
        "arn": made["arn"],
        "endpoint": made["endpoint"],
        "certificateAuthority": made["certificateAuthority"],
        "identities": [{"oidcs": [{"issuer": issuer}]}],
        "vpcConfig": {**network, "vpcId": vpc_id, "clusterSecurityGroupId": group["GroupId"]},
        "status": made["status"],
    }


def _vpc_of(account, subnets):
    """Return the one network of some subnets in two zones or more, as EKS wants them ("Amazon EKS networking")."""
    found = account.ec2.describe_subnets(SubnetIds=subnets)["Subnets"]
    networks, zones = ({entry[key] for entry in found} for key in ("VpcId", "AvailabilityZone"))
    if len(networks) != 1 or len(zones) < 2:
        raise UnknownInputError(f"subnetIds: in the networks {sorted(networks)} and the zones {sorted(zones)}")
    return networks.pop()


def _role(account, arn):
    if account.iam.get_role(RoleName=arn.rpartition("/")[2])["Role"]["Arn"] != arn:
        raise UnknownInputError(f"there is no role {arn}")
    return arn


def _encryption(account, config):
    if config is None:
        return None
    account.kms.describe_key(KeyId=config["provider"]["keyArn"])
    return [config]


def node_group(account, given):
    name, template = given.pop("clusterName"), given.get("launchTemplate")
    described = account.eks.describe_cluster(name=name)["cluster"]
    account.ec2.describe_subnets(SubnetIds=given["subnetIds"])
    if _vpc_of(account, described["resourcesVpcConfig"]["subnetIds"]) != _vpc_of(account, given["subnetIds"]):
        raise UnknownInputError("subnetIds: in another network than the cluster")
    if template:
        wanted = {"LaunchTemplateId": template["id"]} if "id" in template else {"LaunchTemplateName": template["name"]}
        template["version"] = str(template["version"])
        account.ec2.describe_launch_template_versions(**wanted, Versions=[template["version"]])
    _nodes_fit(account, given)
    scaling = given["scalingConfig"]
    if not scaling["minSize"] <= scaling["desiredSize"] <= scaling["maxSize"]:
        raise UnknownInputError(f"scalingConfig: {scaling}")
    role = taken_by(account, given.pop("nodeRoleArn"), "ec2.amazonaws.com")
    with_policy(account, role, "AmazonEKSWorkerNodePolicy")
    given.pop("forceUpdateVersion", None)  # What an update does.
    names = {key: key for key in ("scalingConfig", "instanceTypes", "amiType", "capacityType", "labels", "taints")}
    names |= {key: key for key in ("launchTemplate", "updateConfig", "version", "releaseVersion", "tags", "diskSize")}
    names |= {"nodeGroupName": "nodegroupName", "subnetIds": "subnets", "nodeRepairConfig": "nodeRepairConfig"}
    made = account.eks.create_nodegroup(clusterName=name, nodeRole=role, **renamed(given, names))["nodegroup"]
    groups = [{"autoscalingGroups": made["resources"]["autoScalingGroups"]}]
    return f"{name}:{made['nodegroupName']}", {"arn": made["nodegroupArn"], "resources": groups, "status": "ACTIVE"}


def _nodes_fit(account, given):
    """Refuse instance types that do not fit the image, or that no zone of the group has."""
    image, types = given.get("amiType", ""), given["instanceTypes"]
    for described in account.ec2.describe_instance_types(InstanceTypes=types)["InstanceTypes"]:
        name, architectures = described["InstanceType"], described["ProcessorInfo"]["SupportedArchitectures"]
        if ("x86_64" if "x86_64" in image else "arm64") not in architectures:
            raise UnknownInputError(f"instanceTypes: {name} is {architectures}, which {image} does not run on")
        if ("NVIDIA" in image) != bool(described.get("GpuInfo")):
            raise UnknownInputError(f"instanceTypes: {name} and {image} do not agree on GPUs")
    zones = {
        entry["AvailabilityZone"] for entry in account.ec2.describe_subnets(SubnetIds=given["subnetIds"])["Subnets"]
    }
    for name in types:
        offered = account.ec2.describe_instance_type_offerings(
            LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": [name]}]
        )["InstanceTypeOfferings"]
        if missing := zones - {entry["Location"] for entry in offered}:
            raise UnknownInputError(f"instanceTypes: {name} is not offered in {sorted(missing)}")


def addon(account, given):
    parameters = renamed(given, {key: key for key in ("clusterName", "addonName", "addonVersion", "tags")})
    cluster_name, name = parameters["clusterName"], parameters["addonName"]
    account.eks.describe_cluster(name=cluster_name)
    if (cluster_name, name) in {(made["clusterName"], made["addonName"]) for made in account.kept("CreateAddon")}:
        raise UnknownInputError(f"addonName: {name} is there already")
    if role := given.pop("serviceAccountRoleArn", None):
        parameters["serviceAccountRoleArn"] = _role(account, role)
    if values := given.pop("configurationValues", None):
        json.loads(values)
        parameters["configurationValues"] = values
    on_update, preserve = given.pop("resolveConflictsOnUpdate", None), given.pop("preserve", None)
    del on_update, preserve  # What updates and a destroy do.
    conflicts = present(resolveConflicts=given.pop("resolveConflictsOnCreate", None))
    account.check_only(account.eks, "CreateAddon", **parameters, **conflicts)
    arn = f"arn:aws:eks:{account.region}:{account.id}:addon/{cluster_name}/{name}/0"
    return f"{cluster_name}:{name}", {"arn": arn}


def access_entry(account, given):
    names = {"kubernetesGroups": "kubernetesGroups", "type": "type", "tags": "tags", "clusterName": "clusterName"}
    parameters = renamed(given, names | {"principalArn": "principalArn"})
    cluster_name, principal = parameters["clusterName"], parameters["principalArn"]
    account.eks.describe_cluster(name=cluster_name)
    _role(account, principal)
    if (cluster_name, principal) in _entries(account):
        raise UnknownInputError(f"principalArn: {principal} has an access entry already")
    account.check_only(account.eks, "CreateAccessEntry", **parameters)
    return f"{cluster_name}:{principal}", {}


def _entries(account):
    return {(made["clusterName"], made["principalArn"]) for made in account.kept("CreateAccessEntry")}


def access_policy_association(account, given):
    names = {key: key for key in ("clusterName", "principalArn", "policyArn", "accessScope")}
    parameters = renamed(given, names)
    cluster_name, principal = parameters["clusterName"], parameters["principalArn"]
    if (cluster_name, principal) not in _entries(account):
        raise UnknownInputError(f"principalArn: {principal} has no access entry (yet)")
    if not parameters["policyArn"].startswith(_ACCESS_POLICIES):
        raise UnknownInputError(f"policyArn: {parameters['policyArn']} is no access policy")
    account.check_only(account.eks, "AssociateAccessPolicy", **parameters)
    return f"{cluster_name}#{principal}#{parameters['policyArn']}", {}


KINDS = {
    "aws:eks/cluster:Cluster": cluster,
    "aws:eks/nodeGroup:NodeGroup": node_group,
    "aws:eks/addon:Addon": addon,
    "aws:eks/accessEntry:AccessEntry": access_entry,
    "aws:eks/accessPolicyAssociation:AccessPolicyAssociation": access_policy_association,
}
NAMED = {"aws:eks/cluster:Cluster": "name", "aws:eks/nodeGroup:NodeGroup": "nodeGroupName"}
