"""What the nodes are started from."""

from tests.aws.inputs import pascal, present, tag_list
from tests.aws.kinds.ec2 import arn, tagged


def launch_template(account, given):
    given.pop("updateDefaultVersion", None)  # What an update does.
    name, description = given.pop("name"), given.pop("description", None)
    tags = tagged("launch-template", given)
    if groups := given.get("vpcSecurityGroupIds"):
        account.ec2.describe_security_groups(GroupIds=groups)
    data = {
        "BlockDeviceMappings": [_device(account, device) for device in given.pop("blockDeviceMappings", [])],
        "TagSpecifications": [
            {"ResourceType": entry["resourceType"], "Tags": tag_list(entry["tags"])}
            for entry in given.pop("tagSpecifications", [])
        ],
        **present(SecurityGroupIds=given.pop("vpcSecurityGroupIds", None)),
    }
    for key in ("metadataOptions", "monitoring", "instanceType", "imageId", "userData", "ebsOptimized"):
        if key in given:
            data |= pascal({key: given.pop(key)})
    made = account.ec2.create_launch_template(
        LaunchTemplateName=name, LaunchTemplateData=data, **present(VersionDescription=description), **tags
    )["LaunchTemplate"]
    identity = made["LaunchTemplateId"]
    versions = {"latestVersion": made["LatestVersionNumber"], "defaultVersion": made["DefaultVersionNumber"]}
    return identity, {"arn": arn(account, "launch-template", identity), "name": name, **versions}


def _device(account, device):
    ebs = device.pop("ebs")
    if key := ebs.get("kmsKeyId"):
        account.kms.describe_key(KeyId=key)
    # The provider's schema has these as texts, because absent means neither.
    truths = {key: _truth(ebs.pop(key)) for key in ("encrypted", "deleteOnTermination") if key in ebs}
    return pascal({**device, "ebs": {**ebs, **truths}})


def _truth(value):
    return {"true": True, "false": False}[str(value).lower()]


KINDS = {"aws:ec2/launchTemplate:LaunchTemplate": launch_template}
NAMED = {"aws:ec2/launchTemplate:LaunchTemplate": "name"}
