"""Names that AWS limits: refused before the first resource, to the character."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.aws.names import AUTO, LIMITS, name_problems, names, releaser_role, role_arn, too_long
from mlplatform.config import parse_settings
from tests.components.aws.project import AWS, PREFIX, settings_of

FILE = "Pulumi.case.yaml"


def group(name):
    return {**AWS["nodeGroups"][0], "name": name}


def model(namespace):
    return {"name": "iris", "registeredModel": "iris", "alias": "champion", "serving": "kserve", "namespace": namespace}


def rds(name):
    return {
        "artifacts": {"s3": {}},
        "database": {"kind": "rds", "name": name, "rds": {"instanceClass": "db.m7g.large"}},
    }


def problems(**changes):
    return [(problem.key, problem.message) for problem in name_problems(settings_of(**changes), FILE)]


def test_the_names_that_settings_make_long():
    settings = settings_of(models=[model("models")], mlflow=rds("db"))
    assert [(name.type.rpartition(":")[2], name.name) for name in names(settings)] == [
        ("NodeGroup", f"{PREFIX}-system"),
        ("LaunchTemplate", f"{PREFIX}-system"),
        ("Role", f"{PREFIX}-models-models"),
        ("Instance", f"{PREFIX}-db"),
    ]


def test_the_longest_names_that_fit_and_one_character_more():
    fits, too_many = 63 - AUTO - len(PREFIX) - 1, 64 - AUTO - len(PREFIX) - 1
    assert problems(aws={"nodeGroups": [group("a" * fits)]}) == []
    ((key, message),) = problems(aws={"nodeGroups": [group("a" * too_many)]})
    assert key == "aws.nodeGroups[0].name"
    assert message == (
        f"makes '{PREFIX}-{'a' * too_many}' the name of a node group, which has at most 63 characters, 8 of which "
        "Pulumi adds; shorten it by 1"
    )


def test_a_namespace_whose_models_could_have_no_role():
    fits = 64 - AUTO - len(f"{PREFIX}--models")
    assert problems(models=[model("n" * fits)]) == []
    ((key, message),) = problems(models=[model("n" * (fits + 2))])
    assert key == "models[0].namespace"
    assert "an IAM role" in message
    assert message.endswith("shorten it by 2")


def training(account, **more):
    job = {"name": "wine", "namespace": "models", "image": "example.org/wine:1", "registeredModel": "wine"}
    mlflow = {"artifacts": {"s3": {}, "access": "direct"}}
    return problems(training=[{**job, "serviceAccount": account, **more}], mlflow=mlflow, certManager={})


def test_an_account_of_training_that_could_have_no_role():
    fits = 64 - AUTO - len(f"{PREFIX}-models.")
    assert training("t" * fits) == []
    ((key, message),) = training("t" * (fits + 1))
    assert (key, "an IAM role" in message) == ("training[0].serviceAccount", True)
    assert training("t" * (fits + 1), roleArn="arn:aws:iam::123456789012:role/theirs") == []
    assert training("t" * (fits + 1), storeSecret="wine-store") == []


def test_a_database_whose_identifier_is_its_own():
    fits = 63 - len(PREFIX) - 1
    assert problems(mlflow=rds("d" * fits)) == []
    ((key, message),) = problems(mlflow=rds("d" * (fits + 1)))
    assert (key, "Pulumi adds" in message) == ("mlflow.database.name", False)


def test_a_stack_without_aws_has_no_such_names():
    raw = {"cluster": {"kind": "existing", "context": "dev"}, "registry": {"uri": "http://127.0.0.1:5500"}}
    assert name_problems(parse_settings(raw, file=FILE), FILE) == []


@given(st.sampled_from(sorted(LIMITS)), st.integers(0, 600), st.booleans())
def test_exactly_what_is_longer_than_the_limit_is_refused(type_, length, auto):
    most = LIMITS[type_][1]
    assert bool(too_long(type_, "x" * length, auto=auto)) == (length + (AUTO if auto else 0) > most)


def test_what_has_no_name_has_no_limit():
    assert too_long("aws:ec2/vpc:Vpc", "x" * 1000, auto=True) == ""


@pytest.mark.parametrize("region", ["eu-central-1", "ap-southeast-1", "ap-northeast-3", "me-central-1"])
def test_the_releasers_name_fits_with_the_longest_prefix(region):
    zones = [f"{region}a", f"{region}b"]
    aws = settings_of(
        aws={"region": region, "prefix": "p" * 20, "network": {"cidr": "10.0.0.0/16", "zones": zones}}
    ).aws
    assert not too_long("aws:iam/role:Role", releaser_role(aws), auto=False)
    assert role_arn(aws, releaser_role(aws)) == f"arn:aws:iam::123456789012:role/{'p' * 20}-releaser-{region}"
