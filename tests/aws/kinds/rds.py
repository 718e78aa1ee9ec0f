"""Databases."""

from tests.aws.inputs import UnknownInputError, pascal, renamed, tag_list
from tests.aws.rights import taken_by

_SAME = (
    "allocatedStorage maxAllocatedStorage engine engineVersion storageType storageEncrypted kmsKeyId "
    "vpcSecurityGroupIds publiclyAccessible backupRetentionPeriod copyTagsToSnapshot deletionProtection "
    "autoMinorVersionUpgrade monitoringInterval monitoringRoleArn port iops storageThroughput networkType"
)
_RENAMED = {
    "identifier": "DBInstanceIdentifier",
    "instanceClass": "DBInstanceClass",
    "dbName": "DBName",
    "username": "MasterUsername",
    "password": "MasterUserPassword",
    "dbSubnetGroupName": "DBSubnetGroupName",
    "parameterGroupName": "DBParameterGroupName",
    "multiAz": "MultiAZ",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
    "caCertIdentifier": "CACertificateIdentifier",
    "iamDatabaseAuthenticationEnabled": "EnableIAMDatabaseAuthentication",
    "performanceInsightsEnabled": "EnablePerformanceInsights",
    "performanceInsightsKmsKeyId": "PerformanceInsightsKMSKeyId",
    "performanceInsightsRetentionPeriod": "PerformanceInsightsRetentionPeriod",
    "enabledCloudwatchLogsExports": "EnableCloudwatchLogsExports",
    "databaseInsightsMode": "DatabaseInsightsMode",
}
_NAMES = {name: next(iter(pascal({name: None}))) for name in _SAME.split()} | _RENAMED
# What updates and a destroy do.
_LATER = ("applyImmediately", "allowMajorVersionUpgrade", "deleteAutomatedBackups")


def subnet_group(account, given):
    account.ec2.describe_subnets(SubnetIds=given["subnetIds"])
    made = account.rds.create_db_subnet_group(
        DBSubnetGroupName=given.pop("name"),
        DBSubnetGroupDescription=given.pop("description", "Managed by Pulumi"),
        SubnetIds=given.pop("subnetIds"),
        Tags=tag_list(given.pop("tags", None)),
    )["DBSubnetGroup"]
    name = made["DBSubnetGroupName"]
    return name, {"arn": made["DBSubnetGroupArn"], "name": name, "vpcId": made["VpcId"]}


def parameter_group(account, given):
    given.pop("skipDestroy", None)  # What a destroy does.
    name, parameters = given.pop("name"), given.pop("parameters", [])
    made = account.rds.create_db_parameter_group(
        DBParameterGroupName=name,
        DBParameterGroupFamily=given.pop("family"),
        Description=given.pop("description", "Managed by Pulumi"),
        Tags=tag_list(given.pop("tags", None)),
    )["DBParameterGroup"]
    if parameters:
        names = {"name": "ParameterName", "value": "ParameterValue", "applyMethod": "ApplyMethod"}
        account.rds.modify_db_parameter_group(
            DBParameterGroupName=name,
            Parameters=[{"ApplyMethod": "immediate", **renamed(parameter, names)} for parameter in parameters],
        )
    return name, {"arn": made["DBParameterGroupArn"], "name": name}


def instance(account, given):
    for key in ("kmsKeyId", "performanceInsightsKmsKeyId"):
        if key in given:
            account.kms.describe_key(KeyId=given[key])
    if groups := given.get("vpcSecurityGroupIds"):
        account.ec2.describe_security_groups(GroupIds=groups)
    if role := given.get("monitoringRoleArn"):
        taken_by(account, role, "monitoring.rds.amazonaws.com")
    account.rds.describe_db_parameter_groups(DBParameterGroupName=given["parameterGroupName"])
    if not given.pop("skipFinalSnapshot", False) and not given.pop("finalSnapshotIdentifier", None):
        raise UnknownInputError("finalSnapshotIdentifier: without it, and with skipFinalSnapshot off, no delete works")
    for key in _LATER:
        given.pop(key, None)
    tags = tag_list(given.pop("tags", None))
    made = account.rds.create_db_instance(**renamed(given, _NAMES), Tags=tags)["DBInstance"]
    address, port = made["Endpoint"]["Address"], made["Endpoint"]["Port"]
    outputs = {"arn": made["DBInstanceArn"], "address": address, "port": port, "endpoint": f"{address}:{port}"}
    return made["DbiResourceId"], {**outputs, "identifier": made["DBInstanceIdentifier"]}


KINDS = {
    "aws:rds/subnetGroup:SubnetGroup": subnet_group,
    "aws:rds/parameterGroup:ParameterGroup": parameter_group,
    "aws:rds/instance:Instance": instance,
}
NAMED = {
    "aws:rds/subnetGroup:SubnetGroup": "name",
    "aws:rds/parameterGroup:ParameterGroup": "name",
    "aws:rds/instance:Instance": "identifier",
}
