"""Allowed hosts, origins, names: properties."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.kubernetes.content_names import content_name
from components.mlflow.command import (
    allowed_hosts,
    allowed_origins,
    auth_configuration,
    database_connections,
    mlflow_environment,
    server_arguments,
)
from components.mlflow.connection import BACKEND_URI
from components.mlflow.exposure import public_url
from components.mlflow.jobs import collect_arguments
from components.mlflow.postgres_manifests import cluster, instances, max_connections, object_store, scheduled_backup
from components.mlflow.service import autoscaler
from mlplatform.config.ingress import IngressSection
from mlplatform.config.mlflow import DatabaseSection, MlflowSection

LABELS = st.from_regex(r"[a-z]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True)
DOMAINS = st.lists(LABELS, min_size=2, max_size=4).map(".".join)


def mlflow(**changes):
    return MlflowSection.model_validate({"artifacts": {"s3": {"region": "eu-central-1"}}, **changes})


def answers(hosts, host):
    """Judge as MLflow's middleware does: a pattern only where there is a star, else the very text."""
    return any(fnmatch.fnmatch(host, each) if "*" in each else host == each for each in hosts)


@given(namespace=LABELS, host=DOMAINS, more=st.lists(DOMAINS, max_size=3), foreign=DOMAINS)
def test_allowed_hosts(namespace, host, more, foreign):
    settings = mlflow(namespace=namespace, exposure={"kind": "ingress", "host": host}, allowedHosts=more)
    hosts = allowed_hosts(settings)
    assert len(hosts) == len(set(hosts))
    assert "*" not in hosts
    assert not any("," in each for each in hosts)
    for name in (f"mlflow.{namespace}.svc:5000", f"mlflow.{namespace}:5000", host, *more, "localhost:1234"):
        assert answers(hosts, name)
    if foreign not in {host, *more}:
        assert not answers(hosts, foreign)
        assert not answers(hosts, f"{host}.{foreign}")
    # Browsers speak TLS with the public host, and only that origin of it may change things.
    url = public_url(settings.exposure, IngressSection(domain="example.org", tls=False))
    assert url == f"https://{host}"
    assert url in allowed_origins(settings, url)
    assert f"http://{host}" not in allowed_origins(mlflow(exposure={"kind": "ingress", "host": host}), url)


@pytest.mark.parametrize(("tls", "scheme"), [(True, "https"), (False, "http")])
def test_gateway_without_tls_is_said_so(tls, scheme):
    settings = mlflow(auth="none", exposure={"kind": "gateway", "host": "mlflow.example.org"})
    url = public_url(settings.exposure, IngressSection(domain="example.org", tls=tls))
    assert allowed_origins(settings, url) == [url] == [f"{scheme}://mlflow.example.org"]


def test_without_a_host_there_are_no_origins(plan):
    assert public_url(None, None) is None
    assert allowed_origins(mlflow(), None) == []
    assert "--cors-allowed-origins" not in server_arguments(plan())


@pytest.mark.parametrize(("auth", "expected"), [("basic", True), ("none", False)])
def test_basic_auth(plan, auth, expected):
    assert ("--app-name" in server_arguments(plan(auth=auth))) is expected


def test_uris_hold_no_user_and_no_password(plan):
    assert BACKEND_URI == "postgresql+psycopg2://"
    assert "password" not in auth_configuration(BACKEND_URI)
    assert "@" not in " ".join([*server_arguments(plan()), *collect_arguments(30)])


@given(content=st.dictionaries(st.text(max_size=3), st.text(max_size=5), max_size=3), other=st.text(max_size=5))
def test_names_follow_the_content(content, other):
    name = content_name("mlflow-prepare", content)
    assert name == content_name("mlflow-prepare", dict(reversed(content.items())))
    assert len(name) <= 63
    changed = {**content, "": other}
    assert (changed == content) == (content_name("mlflow-prepare", changed) == name)


@given(fewest=st.integers(1, 20), more=st.none() | st.integers(0, 20))
def test_autoscaler(fewest, more):
    most = None if more is None else fewest + more
    scaled = autoscaler(mlflow(replicas=fewest, maxReplicas=most))
    if most is None:
        assert scaled is None
    else:
        assert (scaled["spec"]["minReplicas"], scaled["spec"]["maxReplicas"]) == (fewest, most)


@pytest.mark.parametrize(
    ("asked", "production", "count"), [(None, False, 1), (None, True, 3), (2, True, 2), (3, False, 3)]
)
def test_instances_of_the_database(asked, production, count):
    assert instances(DatabaseSection.model_validate({"instances": asked}), production=production) == count


@given(replicas=st.integers(1, 10), more=st.none() | st.integers(0, 10), workers=st.integers(1, 8))
def test_database_has_a_connection_for_every_worker(replicas, more, workers):
    most = None if more is None else replicas + more
    settings = mlflow(replicas=replicas, maxReplicas=most, workers=workers)
    pools = {
        each["name"]: each["value"] for each in mlflow_environment() if "POOL" in each["name"] or "MAX" in each["name"]
    }
    pool = int(pools["MLFLOW_SQLALCHEMYSTORE_POOL_SIZE"]) + int(pools["MLFLOW_SQLALCHEMYSTORE_MAX_OVERFLOW"])
    limit = max_connections(database_connections(settings))
    # Runs, models and users have a pool each; a roll-out has one pod more.
    assert limit >= ((most or replicas) + 1) * workers * pool * 3
    assert limit % 100 == 0


def test_backup_schedule_has_seconds():
    database = DatabaseSection.model_validate({"backup": {"schedule": "30 2 * * 1"}})
    assert scheduled_backup(database, database.backup, "mlflow")["spec"]["schedule"] == "0 30 2 * * 1"


def test_restored_database_writes_its_backups_under_its_own_name(plan):
    database = DatabaseSection.model_validate({"name": "new", "backup": {}, "restore": {"cluster": "old"}})
    spec = cluster(database, "mlflow", "image:1", production=True, connections=100, account_annotations={})["spec"]
    store = object_store(database, database.backup, "mlflow", plan().store)
    assert spec["bootstrap"]["recovery"]["source"] == "old"
    (source,) = spec["externalClusters"]
    assert source["plugin"]["parameters"] == {"barmanObjectName": store["metadata"]["name"], "serverName": "old"}
    # Without serverName the plugin writes under the cluster's own name.
    assert spec["plugins"][0]["parameters"] == {"barmanObjectName": store["metadata"]["name"]}
    assert "initdb" not in spec["bootstrap"]


def test_secrets_of_backups_are_references(plan):
    database = DatabaseSection.model_validate({"backup": {"retentionDays": 7}})
    spec = object_store(database, database.backup, "mlflow", plan().store)["spec"]
    assert spec["retentionPolicy"] == "7d"
    assert spec["configuration"]["s3Credentials"]["secretAccessKey"] == {
        "name": "minio-mlflow",
        "key": "AWS_SECRET_ACCESS_KEY",
    }
    assert all("value" in each for each in spec["instanceSidecarConfiguration"]["env"])
