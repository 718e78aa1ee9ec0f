"""The community chart: values it knows, no credentials in them, and what it renders with them."""

import json

import jsonschema
import pytest

from components.kubernetes.chart_values import merged
from components.kubernetes.object_stores import ObjectStore
from components.mlflow.command import allowed_hosts
from components.mlflow.community_chart_values import chart_values
from components.mlflow.connection import DatabaseConnection
from components.mlflow.server import deployment
from mlplatform.config.versions import version_row
from tests.components.parts import charts
from tests.components.parts.pod_security import breaches

CHART = version_row().charts["mlflow"]
# Where the chart would take credentials in plain text.
PLAIN = {
    "password", "user", "adminPassword", "adminUsername", "flaskServerSecretKey", "awsAccessKeyId",
    "awsSecretAccessKey",
    "accessKey", "connectionString", "connectionUrl", "rootPassword", "clientSecret", "cookieSecret",
}  # fmt: skip


@pytest.fixture(params=["proxied", "direct", "external"])
def chosen(request, plan):
    if request.param == "external":
        return plan(
            database=DatabaseConnection(
                host="db.example.org", port=6432, database="ml", ssl_mode="require", secret="x"
            ),
            store=ObjectStore(bucket="b", region="eu", role_arn="arn:aws:iam::1:role/r"),
            auth="none",
            metrics=False,
        )
    exposure = {"kind": "ingress", "host": "mlflow.example.org"}
    artifacts = {"minio": {"image": "a/b:1", "clientImage": "a/c:1"}, "access": request.param}
    return plan(maxReplicas=4, production=True, exposure=exposure, artifacts=artifacts)


def keys(value):
    if isinstance(value, dict):
        for key, item in value.items():
            yield key
            yield from keys(item)
    elif isinstance(value, list):
        for item in value:
            yield from keys(item)


def test_no_credential_is_a_value(chosen):
    assert not PLAIN & set(keys(chart_values(chosen)))


def test_chart_knows_every_value(chosen):
    folder = charts.values_folder(CHART.name, CHART.version)
    if folder is None:
        pytest.skip(f"no chart values of {CHART.name} {CHART.version} beside the checkout")
    values = chart_values(chosen)
    known = charts.defaults((folder / "values.yaml").read_text())
    # Maps with free keys, a list's entries, and commented-out keys that the chart documents.
    free = {"extraArgs", "extraEnvVars", "podAnnotations", "extraPodLabels", "resources", "affinity"}
    unknown = [path for path in charts.unknown_keys(values, known) if path.partition(".")[0] not in free]
    assert not [path for path in unknown if not path.startswith(("podSecurityContext.", "securityContext."))]
    # The schema is of all values, the chart's defaults among them.
    jsonschema.validate(merged(known, values), json.loads((folder / "values.schema.json").read_text()))


def test_environment_is_that_of_the_own_variant(chosen):
    values = chart_values(chosen)
    own = {each["name"]: each for each in deployment(chosen)["spec"]["template"]["spec"]["containers"][0]["env"]}
    # The chart's own ways of saying the rest.
    elsewhere = {"PGHOST", "PGPORT", "PGDATABASE"}
    assert values["extraEnvVars"] == {
        name: each["value"] for name, each in own.items() if "value" in each and name not in elsewhere
    }


@pytest.mark.skipif(
    not (charts.ARCHIVES and charts.HELM),
    reason="MLPLATFORM_CHARTS names no folder of .tgz files, or there is no helm on PATH",
)
def test_chart_renders_the_same_server(chosen):
    documents = charts.render(CHART.name, CHART.version, "mlflow", chart_values(chosen), "mlflow")
    by_kind = {document["kind"]: document for document in documents}
    own = deployment(chosen)
    rendered = by_kind["Deployment"]
    assert rendered["metadata"]["name"] == own["metadata"]["name"]
    pod = rendered["spec"]["template"]["spec"]
    assert not list(breaches(pod))
    # Services, network policies, budgets and monitors select the pods of either variant.
    labels = rendered["spec"]["template"]["metadata"]["labels"]
    assert own["spec"]["selector"]["matchLabels"].items() <= labels.items()
    assert by_kind["Service"]["spec"]["ports"][0]["port"] == 5000
    assert by_kind["Service"]["metadata"]["name"] == "mlflow"
    server, reference = pod["containers"][0], own["spec"]["template"]["spec"]["containers"][0]
    assert server["image"] == reference["image"]
    arguments = " ".join(server["args"]).replace("=", " ")
    for flag in (
        "--expose-prometheus",
        "--workers",
        "--artifacts-destination",
        "--default-artifact-root",
        "--app-name",
    ):
        assert (flag in arguments) == (flag in reference["args"]), flag
    assert ("--no-serve-artifacts" in arguments) == ("--no-serve-artifacts" in reference["args"])
    environment = {each["name"]: each for each in server["env"]}
    for name, variable in {each["name"]: each for each in reference["env"]}.items():
        if "valueFrom" in variable and not name.startswith("MLFLOW_"):
            assert environment[name]["valueFrom"] == variable["valueFrom"], name
    assert server["envFrom"][-1] == {"secretRef": {"name": "mlflow-server"}}
    config = next(each for each in documents if each["metadata"]["name"].endswith("env-configmap"))["data"]
    assert config["MLFLOW_SERVER_ALLOWED_HOSTS"] == ",".join(allowed_hosts(chosen.settings))
    volumes = {volume["name"] for volume in pod["volumes"]}
    for container in (*pod["initContainers"], *pod["containers"]):
        assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
    assert ("HorizontalPodAutoscaler" in by_kind) == (chosen.settings.max_replicas is not None)
