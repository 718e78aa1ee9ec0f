"""Log groups that AWS writes to by name."""

from components.aws.log_groups import log_groups
from tests.components.aws.project import settings_of


def test_without_a_database_only_that_of_the_control_plane():
    assert log_groups(settings_of()) == ("/aws/eks/mlplatform-test/cluster",)


def test_a_database_adds_one_for_each_export():
    database = {"kind": "rds", "name": "shop", "rds": {"instanceClass": "db.m7g.large"}}
    found = log_groups(settings_of(mlflow={"replicas": 2, "database": database, "artifacts": {"s3": {}}}))
    assert found[1:] == (
        "/aws/rds/instance/mlplatform-test-shop/postgresql",
        "/aws/rds/instance/mlplatform-test-shop/upgrade",
    )
