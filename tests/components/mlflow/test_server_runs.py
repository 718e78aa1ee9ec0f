"""The containers of the manifests as real processes: a real MLflow on SQLite and, where there is one, on PostgreSQL."""

import json
import re
import sqlite3
from contextlib import closing
from urllib.parse import urlsplit

import pytest
import requests
from mlflow.utils.crypto import KEKManager, _decrypt_secret

from components.kubernetes.object_stores import ObjectStore
from components.mlflow.command import auth_configuration
from components.mlflow.connection import BACKEND_URI, DatabaseConnection
from components.mlflow.jobs import collect_cron_job, prepare_job
from components.mlflow.monitoring import dashboard, service_monitor
from components.mlflow.scripts import script
from components.mlflow.server import deployment
from components.mlflow.service import metrics_service
from components.mlflow.stores import artifact_arguments
from tests.components.mlflow import postgresql
from tests.components.mlflow.kubelet import Kubelet, program
from tests.servers import free_port

pytestmark = pytest.mark.server

USERS = ("mlflow-admin", "mlflow-training")
SECRETS = {
    "mlflow-admin": {"username": "admin", "password": "admin-password-0123456789"},
    "mlflow-training": {"username": "training", "password": "training-password-0123456"},
    "mlflow-server": {"MLFLOW_FLASK_SERVER_SECRET_KEY": "s" * 32, "MLFLOW_CRYPTO_KEK_PASSPHRASE": "k" * 32},
    "mlflow-encryption": {"1": "k" * 32},
    "minio-mlflow": {"AWS_ACCESS_KEY_ID": "mlflow", "AWS_SECRET_ACCESS_KEY": "secret"},
}
EXPOSED = {"kind": "ingress", "host": "mlflow.example.org"}


class Stack:
    """A plan and a node to run its containers on."""

    def __init__(self, folder, plan, *, secrets=None, backend=None):
        self.plan, self.backend = plan, backend
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        scripts = {name: script(name) for name in ("prepare_database.py", "serve_metrics.py", "wait_for_database.py")}
        # SQLite keeps users in a file of their own only because MLflow's two migrations would lock each other's file.
        users = f"{backend}-users" if backend else BACKEND_URI
        self.kubelet = Kubelet(
            folder,
            secrets={**SECRETS, **(secrets or {})},
            config_maps={"mlflow-scripts-1": scripts, "mlflow-auth-1": {"basic_auth.ini": auth_configuration(users)}},
            replaced={
                ":5000": f":{self.port}",
                "--port 5000": f"--port {self.port}",
                "s3://mlflow-artifacts": str(folder / "artifacts"),
                "http://mlflow.mlflow.svc": "http://127.0.0.1",
            },
        )

    @property
    def pod(self):
        return deployment(self.plan)["spec"]["template"]["spec"]

    @property
    def server(self):
        container = self.pod["containers"][0]
        args = [str(self.port) if part == "5000" else part for part in container["args"]]
        return {**container, "args": args}

    def changed(self):
        return {"MLFLOW_BACKEND_STORE_URI": self.backend} if self.backend else {}

    def prepare(self):
        """Run the Job's containers one after the other; return the output of the last."""
        pod = prepare_job(self.plan, USERS)["spec"]["template"]["spec"]
        for container in (*pod["initContainers"], *pod["containers"]):
            done = self.kubelet.run(pod, container, **self.changed())
            assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def serve(self):
        return self.kubelet.serve(self.pod, self.server, self.url, **self.changed())

    def get(self, path, *, user=None, **more):
        login = tuple(self.kubelet.secrets[f"mlflow-{user}"].values()) if user else None
        return requests.get(f"{self.url}{path}", auth=login, timeout=30, **more)

    def post(self, path, data, *, user=None, **more):
        login = tuple(self.kubelet.secrets[f"mlflow-{user}"].values()) if user else None
        return requests.post(f"{self.url}/api/2.0/mlflow/{path}", json=data, auth=login, timeout=30, **more)


@pytest.fixture(scope="module")
def on_sqlite(tmp_path_factory, plan):
    """The stack on SQLite, prepared, its server running."""
    folder = tmp_path_factory.mktemp("sqlite")
    database = DatabaseConnection(
        host="-", port=1, database="-", ssl_mode="require", secret="mlflow-admin", pod_labels={"a": "b"}
    )
    stack = Stack(
        folder,
        plan(database=database, exposure=EXPOSED, workers=1, garbageCollection={"olderThanDays": 30}),
        backend=f"sqlite:///{folder}/mlflow.db",
    )
    stack.prepare()
    with stack.serve():
        yield stack


def test_probe_answers_without_a_login_and_under_any_host(on_sqlite):
    probe = on_sqlite.server["livenessProbe"]["httpGet"]["path"]
    assert on_sqlite.get(probe, headers={"Host": "10.1.2.3:5000"}).status_code == 200


def test_only_allowed_hosts_are_answered(on_sqlite):
    def answer(host):
        headers = {"Host": host.replace(":5000", f":{on_sqlite.port}")}
        return on_sqlite.get(
            "/api/2.0/mlflow/experiments/search?max_results=1", user="admin", headers=headers
        ).status_code

    inside = ("mlflow:5000", "mlflow.mlflow:5000", "mlflow.mlflow.svc:5000", "mlflow.mlflow.svc.cluster.local:5000")
    for host in (*inside, "mlflow.example.org", "localhost:8080", "127.0.0.1:5000"):
        assert answer(host) == 200, host
    for host in ("evil.example.org", "10.1.2.3:5000", "mlflow.example.org.evil.org"):
        assert answer(host) == 403, host


def test_pages_of_the_public_host_may_change_things(on_sqlite):
    def answer(origin):
        headers = {"Host": "mlflow.example.org", "Origin": origin}
        return on_sqlite.post("experiments/search", {"max_results": 1}, user="admin", headers=headers).status_code

    assert answer("https://mlflow.example.org") == 200
    assert answer("https://evil.example.org") == 403


def test_everything_but_the_probe_wants_a_login(on_sqlite):
    assert on_sqlite.get("/metrics").status_code == 401
    assert on_sqlite.get("/api/2.0/mlflow/experiments/search?max_results=1").status_code == 401
    assert on_sqlite.post("experiments/create", {"name": "mine"}).status_code == 401


def test_training_user_may_log_and_register_but_is_no_admin(on_sqlite):
    created = on_sqlite.post("experiments/create", {"name": "trained"}, user="training")
    assert created.status_code == 200
    assert on_sqlite.post("registered-models/create", {"name": "iris"}, user="training").status_code == 200
    assert on_sqlite.post("users/create", {"username": "eve", "password": "x" * 20}, user="training").status_code == 403


@pytest.fixture(scope="module")
def metrics(on_sqlite):
    """What Prometheus reads, as the ServiceMonitor, its Service and the pod say."""
    (endpoint,) = service_monitor(on_sqlite.plan.settings, {})["spec"]["endpoints"]
    (port,) = metrics_service(on_sqlite.plan.settings)["spec"]["ports"]
    _, container = on_sqlite.pod["containers"]
    assert (endpoint["port"], port["targetPort"]) == (port["name"], container["ports"][0]["name"])
    number = free_port()
    url = f"http://127.0.0.1:{number}"
    on_sqlite.get("/api/2.0/mlflow/experiments/search?max_results=1", user="admin")
    with on_sqlite.kubelet.serve(on_sqlite.pod, container, url, METRICS_PORT=str(number)):
        yield requests.get(f"{url}{endpoint['path']}", timeout=30).text


def test_prometheus_needs_no_login(on_sqlite, metrics):
    assert "mlflow_http_request_total{" in metrics
    # This is why: with a login only an admin may.
    assert on_sqlite.get("/metrics", user="training").status_code == 403
    own = on_sqlite.get("/metrics", user="admin").text
    assert _names(own) == _names(metrics)


def test_every_panel_queries_a_metric_that_the_server_exports(metrics):
    queries = [target["expr"] for panel in dashboard()["panels"] for target in panel["targets"]]
    assert len(queries) >= 8
    for query in queries:
        queried = set(re.findall(r"\bmlflow_[a-z_]+", re.sub(r"\{[^}]*\}", "", query)))
        assert queried, query
        assert queried <= _names(metrics), query
    labels = {label for query in queries for label in re.findall(r"by \((\w+)\)", query)} - {"le"}
    assert labels
    for label in labels:
        assert f'{label}="' in metrics


def _names(metrics):
    return {re.split(r"[{ ]", line)[0] for line in metrics.splitlines() if not line.startswith("#")}


def test_garbage_collection_removes_what_was_deleted_long_ago(on_sqlite):
    experiment = on_sqlite.post("experiments/create", {"name": "collected"}, user="admin").json()["experiment_id"]
    runs = []
    for _ in range(2):
        run = on_sqlite.post("runs/create", {"experiment_id": experiment}, user="admin").json()["run"]["info"]
        path = f"/api/2.0/mlflow-artifacts/artifacts/{urlsplit(run['artifact_uri']).path.lstrip('/')}/model.txt"
        login = tuple(SECRETS["mlflow-admin"].values())
        assert requests.put(f"{on_sqlite.url}{path}", data="weights", auth=login, timeout=30).status_code == 200
        assert on_sqlite.post("runs/delete", {"run_id": run["run_id"]}, user="admin").status_code == 200
        runs.append(run["run_id"])
    artifacts = on_sqlite.kubelet.folder / "artifacts" / experiment
    assert {path.name for path in artifacts.iterdir()} == set(runs)
    old, recent = runs
    with closing(sqlite3.connect(on_sqlite.kubelet.folder / "mlflow.db")) as database:
        database.execute("UPDATE runs SET deleted_time = 1 WHERE run_uuid = ?", [old])
        database.commit()
    job = collect_cron_job(on_sqlite.plan, "http://mlflow.mlflow.svc:5000")
    pod = job["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    done = on_sqlite.kubelet.run(pod, container, **on_sqlite.changed())
    assert done.returncode == 0, done.stdout + done.stderr
    assert on_sqlite.get(f"/api/2.0/mlflow/runs/get?run_id={old}", user="admin").status_code == 404
    assert on_sqlite.get(f"/api/2.0/mlflow/runs/get?run_id={recent}", user="admin").status_code == 200
    left = [path for path in (artifacts / old).rglob("*") if path.is_file()] if (artifacts / old).exists() else []
    assert not left
    assert (artifacts / recent).exists()


def test_preparing_again_rotates_passwords_and_keeps_everything(on_sqlite):
    before, old = on_sqlite.kubelet.secrets, SECRETS["mlflow-training"]
    on_sqlite.kubelet.secrets = {
        **before,
        "mlflow-training": {"username": "training", "password": "another-password-0123456"},
    }
    try:
        output = on_sqlite.prepare()
        path = "/api/2.0/mlflow/users/get?username=training"
        assert on_sqlite.get(path, user="training").status_code == 200
        assert requests.get(f"{on_sqlite.url}{path}", auth=tuple(old.values()), timeout=30).status_code == 401
        assert "another-password" not in output
        assert on_sqlite.get("/api/2.0/mlflow/experiments/get?experiment_id=0", user="admin").status_code == 200
    finally:
        on_sqlite.kubelet.secrets = before


@pytest.mark.slow
def test_a_rotated_encryption_key_still_reads_what_the_old_one_encrypted(on_sqlite):
    def ask(path, data):
        return requests.post(
            f"{on_sqlite.url}/ajax-api/3.0/mlflow/gateway/{path}",
            json=data,
            auth=tuple(SECRETS["mlflow-admin"].values()),
            timeout=30,
        )

    created = ask("secrets/create", {"secret_name": "openai", "secret_value": {"api_key": "sk-0123456789"}})
    assert created.status_code == 200, created.text
    assert _decrypted(on_sqlite, passphrase="k" * 32, version=1) == '{"api_key": "sk-0123456789"}'
    before = on_sqlite.kubelet.secrets
    on_sqlite.kubelet.secrets = {**before, "mlflow-encryption": {"1": "k" * 32, "2": "n" * 32, "3": "o" * 32}}
    try:
        output = on_sqlite.prepare()
        assert _decrypted(on_sqlite, passphrase="o" * 32, version=3) == '{"api_key": "sk-0123456789"}'
        # Once more changes nothing.
        on_sqlite.prepare()
        assert _decrypted(on_sqlite, passphrase="o" * 32, version=3) == '{"api_key": "sk-0123456789"}'
    finally:
        on_sqlite.kubelet.secrets = before
    assert "nnnn" not in output


def _decrypted(stack, *, passphrase, version):
    """Read a key of the gateway out of the database, as a server with that encryption key would."""
    with closing(sqlite3.connect(stack.kubelet.folder / "mlflow.db")) as database:
        ((secret_id, name, value, wrapped, kek_version),) = database.execute(
            "SELECT secret_id, secret_name, encrypted_value, wrapped_dek, kek_version FROM secrets"
        ).fetchall()
    assert kek_version == version
    manager = KEKManager(passphrase=passphrase, kek_version=version)
    return json.dumps(_decrypt_secret(value, wrapped, manager, secret_id, name))


def test_no_secret_is_in_the_command_line(plan):
    for container in deployment(plan())["spec"]["template"]["spec"]["containers"]:
        text = json.dumps([container["args"], [each for each in container["env"] if "value" in each]])
        for keys in SECRETS.values():
            for key, value in keys.items():
                assert key == "username" or len(value) < 20 or value not in text


@pytest.mark.skipif(program("pg_ctl") is None, reason="no PostgreSQL server on this machine (pg_ctl)")
def test_on_postgresql_with_tls_and_an_odd_password(tmp_path_factory, plan):
    folder = tmp_path_factory.mktemp("postgresql")
    with postgresql.server() as (port, certificate):
        database = DatabaseConnection(
            host="localhost",
            port=port,
            database="mlflow",
            ssl_mode="verify-full",
            secret="mlflow-database",
            ca_secret="mlflow-db-ca",
            pod_labels={"cnpg.io/cluster": "mlflow-db"},
        )
        stack = Stack(
            folder,
            plan(database=database, workers=1),
            secrets={
                "mlflow-database": {"username": "mlflow", "password": postgresql.PASSWORD},
                "mlflow-db-ca": {"ca.crt": certificate},
            },
        )
        # From nothing, and once more.
        for _ in range(2):
            stack.prepare()
        (wait,) = stack.pod["initContainers"]
        assert stack.kubelet.run(stack.pod, wait).returncode == 0
        with stack.serve():
            assert stack.get("/api/2.0/mlflow/experiments/search?max_results=1", user="admin").status_code == 200
            assert stack.post("registered-models/create", {"name": "iris"}, user="training").status_code == 200


def test_waiting_ends_with_an_error_when_nobody_answers(tmp_path, plan):
    stack = Stack(
        tmp_path,
        plan(
            database=DatabaseConnection(
                host="127.0.0.1", port=free_port(), database="mlflow", ssl_mode="require", secret="mlflow-admin"
            )
        ),
    )
    (wait,) = stack.pod["initContainers"]
    done = stack.kubelet.run(stack.pod, wait, WAIT_SECONDS="1")
    assert done.returncode == 1
    assert "did not answer in time" in done.stderr
    assert SECRETS["mlflow-admin"]["password"] not in done.stdout + done.stderr


def test_direct_access_tells_clients_to_write_to_the_bucket():
    assert artifact_arguments(ObjectStore(bucket="b"), "direct") == [
        "--no-serve-artifacts",
        "--default-artifact-root",
        "s3://b",
    ]
