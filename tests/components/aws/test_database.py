"""PostgreSQL on RDS, seen in the state of a program."""

import pytest

from mlplatform.review.engine.errors import ProgramError
from mlplatform.review.state.property_values import UNKNOWN, is_secret
from tests.components.aws.cluster_project import AROUND, DATABASE, KEYS, PRODUCTION
from tests.components.aws.project import PREFIX, all_of, one, state_of

PROGRAM = f"""{AROUND}
from components.aws.database import Database, DatabaseArgs
from components.kubernetes.generated_secrets import GeneratedPassword

database = Database(
    f"{{settings.aws.prefix}}-mlflow",
    DatabaseArgs(
        settings=settings, keys=keys, network=network, clients="sg-cluster", database="mlflow", username="mlflow",
        password=GeneratedPassword(pulumi.Output.secret("made-up"), "1"),
    ),
    opts=on_aws,
)
pulumi.export("host", database.host)
pulumi.export("port", database.port)
pulumi.export("authority", database.ca_certificates)
"""


def mlflow(**rds):
    return {
        "database": {"kind": "rds", "rds": {"instanceClass": "db.m7g.large", **rds}},
        "artifacts": {"s3": {}},
    }


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    settings = {**PRODUCTION, "mlflow": mlflow(storageGib=100, maxStorageGib=500)}
    return state_of(tmp_path_factory.mktemp("database"), PROGRAM, **settings)


@pytest.fixture(scope="module")
def smaller(tmp_path_factory):
    return state_of(tmp_path_factory.mktemp("database"), PROGRAM, mlflow=mlflow(version="17"))


@pytest.fixture(scope="module")
def instance(state):
    return one(state, "Instance")


def test_it_is_private_and_encrypted(instance):
    inputs = instance.inputs
    assert inputs["publiclyAccessible"] is False
    assert (inputs["storageEncrypted"], inputs["kmsKeyId"]) == (True, KEYS["data"])
    assert (inputs["performanceInsightsEnabled"], inputs["performanceInsightsKmsKeyId"]) == (True, KEYS["data"])
    assert inputs["storageType"] == "gp3"
    assert is_secret(inputs["password"])
    assert "manageMasterUserPassword" not in inputs


def test_only_the_cluster_reaches_it_and_only_over_tls(state, instance):
    rule = one(state, "SecurityGroupIngressRule").inputs
    assert rule["referencedSecurityGroupId"] == "sg-cluster"
    assert (rule["fromPort"], rule["toPort"], rule["ipProtocol"]) == (5432, 5432, "tcp")
    group = one(state, "SecurityGroup").inputs
    assert not {"ingress", "egress"} & set(group)
    parameters = one(state, "ParameterGroup").inputs
    assert (parameters["family"], instance.inputs["engineVersion"]) == ("postgres18", "18")
    assert parameters["parameters"] == [{"name": "rds.force_ssl", "value": "1"}]
    assert instance.inputs["caCertIdentifier"] == "rds-ca-rsa2048-g1"


def test_descriptions_are_of_the_characters_that_ec2_takes(state):
    # EC2 API reference, CreateSecurityGroup, GroupDescription.
    allowed = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789. _-:/()#,@[]+=&;{}!$*")
    for kind in ("SecurityGroup", "SecurityGroupIngressRule"):
        assert set(one(state, kind).inputs["description"]) <= allowed


def test_it_stands_in_the_subnets_of_databases(state):
    assert one(state, "SubnetGroup").inputs["subnetIds"] == DATABASE


def test_production_survives_a_zone_and_a_mistake(instance):
    assert instance.inputs["multiAz"] is True
    assert instance.inputs["deletionProtection"] is True
    assert instance.inputs["skipFinalSnapshot"] is False
    assert instance.inputs["finalSnapshotIdentifier"] == f"{PREFIX}-mlflow-db-final"
    assert instance.inputs["deleteAutomatedBackups"] is False
    assert instance.inputs["backupRetentionPeriod"] == 14
    assert (instance.protect, instance.retain_on_delete) == (True, True)
    assert instance.inputs["applyImmediately"] is False


def test_one_that_stays_keeps_its_logs_and_the_parameters_of_its_version(state, smaller):
    for made, stays in ((state, True), (smaller, False)):
        for each in [one(made, "ParameterGroup"), *all_of(made, "LogGroup").values()]:
            assert (bool(each.protect), bool(each.retain_on_delete)) == (False, stays), each.urn
    # The VPC does not go while one is in it that stays.
    assert not one(state, "SecurityGroup").retain_on_delete


def test_only_production_waits_for_its_window(smaller):
    # Elsewhere the old parameter group of another major version is out of use when its turn to be deleted comes.
    assert one(smaller, "Instance").inputs["applyImmediately"] is True


def test_smaller_ones_can_be_torn_down(smaller):
    instance = one(smaller, "Instance")
    assert (instance.inputs["multiAz"], instance.inputs["deletionProtection"]) == (False, False)
    assert instance.inputs["skipFinalSnapshot"] is True
    assert not instance.protect
    assert one(smaller, "ParameterGroup").inputs["family"] == "postgres17"


def test_storage_grows_only_where_it_may(instance, smaller):
    assert (instance.inputs["allocatedStorage"], instance.inputs["maxAllocatedStorage"]) == (100, 500)
    assert "maxAllocatedStorage" not in one(smaller, "Instance").inputs


def test_logs_go_where_they_are_encrypted_and_end(state, instance):
    groups = all_of(state, "LogGroup")
    exports = instance.inputs["enabledCloudwatchLogsExports"]
    names = {f"/aws/rds/instance/{instance.inputs['identifier']}/{export}" for export in exports}
    assert {each.inputs["name"] for each in groups.values()} == names
    for each in groups.values():
        assert (each.inputs["kmsKeyId"], each.inputs["retentionInDays"]) == (KEYS["logs"], 365)
        assert each.urn in instance.dependencies


def test_everything_is_tagged(state):
    found = [each for each in state.resources if each.type.startswith("aws:") and each.name != "way-out"]
    assert len(found) == 7
    for each in found:
        assert each.inputs["tags"]["CostCentre"] == "4711", each.urn
    assert one(state, "Instance").inputs["copyTagsToSnapshot"] is True


def test_clients_get_host_port_and_authority(state):
    outputs = state.resources[0].outputs
    assert outputs["host"] == UNKNOWN
    assert outputs["port"] == 5432
    assert outputs["authority"].startswith("-----BEGIN CERTIFICATE-----\n")


def test_a_region_without_certificate_is_refused_before_anything_is_made(tmp_path):
    aws = {"region": "ca-west-1", "network": {"cidr": "10.40.0.0/16", "zones": ["ca-west-1a", "ca-west-1b"]}}
    with pytest.raises(ProgramError, match="no certificate of RDS in ca-west-1"):
        state_of(tmp_path, PROGRAM, aws=aws, mlflow=mlflow())
