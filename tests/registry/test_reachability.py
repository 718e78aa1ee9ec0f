import socket
from types import SimpleNamespace

import pytest

from mlplatform.config.problems import ProblemsError
from mlplatform.config.secret import UNKNOWN
from mlplatform.registry.client.failure import NOTHING_KNOWN_VARIABLE

QUICK = {"timeoutSeconds": 1, "retries": 1}
FIFTY = [f"model-{index}@champion" for index in range(50)]


def failure(resolver, uri, *wanted, **settings):
    """Return key and message of the one problem that a stack of many models has."""
    with pytest.raises(ProblemsError) as caught:
        resolver(uri, *(wanted or FIFTY), **{**QUICK, **settings})
    (problem,) = caught.value.problems
    return problem.key, problem.message


@pytest.mark.parametrize("nothing_known", [False, True])
def test_a_dead_port(resolver, free_port, monkeypatch, nothing_known):
    if nothing_known:
        monkeypatch.setenv(NOTHING_KNOWN_VARIABLE, "1")
    key, message = failure(resolver, f"http://127.0.0.1:{free_port}")
    assert key == "registry.uri"
    assert f"MLflow server at http://127.0.0.1:{free_port} cannot be reached (connection refused); start it" in message
    assert "(the embedded registry: mlplatform registry up)" in message
    # On a stack that serves models, that would retire all of them.
    assert ("models: []" in message) is nothing_known


def test_a_host_that_does_not_exist(resolver):
    key, message = failure(resolver, "http://registry.invalid:5000", retries=0)
    assert key == "registry.uri"
    assert "cannot be reached (host name not found); start it, find out what keeps this machine from it" in message
    assert "embedded" not in message


def test_a_server_that_accepts_and_never_answers(resolver):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        listener.settimeout(0)
        key, message = failure(resolver, f"http://127.0.0.1:{listener.getsockname()[1]}")
        connections = 0
        while True:
            try:
                listener.accept()[0].close()
            except BlockingIOError:
                break
            connections += 1
    assert key == "registry.uri"
    assert "cannot be reached (no answer within 1 s)" in message
    # Fifty models, one try and one retry.
    assert connections == 2


def test_an_answer_that_comes_drop_by_drop(resolver, stub, monkeypatch):
    times = iter(range(0, 1000, 2))
    monkeypatch.setattr("mlplatform.registry.client.reachability.time", SimpleNamespace(monotonic=lambda: next(times)))
    stub.answer("/", 200, "{}")
    assert "cannot be reached (no answer within 1 s)" in failure(resolver, stub.uri)[1]


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(samples, resolver, monkeypatch, free_port):
    for name in ("http_proxy", "HTTP_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port}")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    assert resolver(samples, "iris-classifier@champion")[0].version == "3"


@pytest.mark.parametrize("status", [500, 502, 503, 429])
def test_a_server_that_only_fails(stub, resolver, status):
    stub.answer("/", status, '{"error_code": "INTERNAL_ERROR", "message": "database is gone"}')
    key, message = failure(resolver, stub.uri)
    assert key == "registry.uri"
    assert f"failed (HTTP {status}: " in message
    assert "database is gone" in message
    assert len(stub.requests) == 2


def test_a_server_that_fails_once_is_asked_again(samples, proxy, resolver):
    proxy.answer("max_results=1", 500)
    original = proxy.rules.copy()

    class Once(list):
        def __iter__(self):
            rules = list(original) if len(proxy.requests) == 1 else []
            return iter(rules)

    proxy.rules = Once()
    assert resolver(proxy.uri, "iris-classifier@champion", **QUICK)[0].version == "3"
    assert samples


@pytest.mark.parametrize(("status", "text"), [(404, "<html>no</html>"), (200, "<html>hello</html>"), (302, "")])
def test_something_else_than_mlflow(stub, resolver, status, text):
    stub.answer("/", status, text)
    key, message = failure(resolver, stub.uri)
    assert key == "registry.uri"
    assert f"what answers at {stub.uri} is not an MLflow server (HTTP {status}" in message


@pytest.mark.parametrize(
    ("status", "text"),
    [(401, "You are not authenticated."), (403, '{"error_code": "PERMISSION_DENIED", "message": "no"}')],
)
def test_refused_access_names_the_variables(stub, resolver, monkeypatch, status, text):
    monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "ada")
    monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "hunter2")
    stub.answer("/", status, text)
    key, message = failure(resolver, stub.uri)
    assert key == "registry.uri"
    assert "refused access; set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD" in message
    assert "hunter2" not in message
    assert "ada" not in message


def test_a_secret_that_is_unknown_offline_is_said(stub, resolver):
    stub.answer("/", 401, "no")
    _, message = failure(resolver, stub.uri, token=UNKNOWN)
    assert "registry.token is a secret that only the Pulumi engine can decrypt" in message


def test_a_host_name_that_the_server_does_not_know(stub, resolver):
    stub.answer("/", 403, "Invalid Host header - possible DNS rebinding attack detected")
    _, message = failure(resolver, stub.uri)
    assert "add it to the server's --allowed-hosts" in message


def test_a_server_that_dies_after_the_first_answer(samples, proxy, resolver):
    proxy.answer("registered-models/search?filter", 503, "{}")
    key, message = failure(resolver, proxy.uri, "iris-classifier@champion", "diabetes-regressor@champion", retries=0)
    assert key == "registry.uri"
    assert "failed (it answers with errors only)" in message
    assert samples


def test_a_connection_that_breaks_after_the_first_answer(samples, proxy, resolver):
    proxy.answer("registered-models/search?filter", None)
    key, message = failure(resolver, proxy.uri, "iris-classifier@champion", retries=0)
    assert key == "registry.uri"
    assert "cannot be reached (the connection broke)" in message
    assert samples


def test_a_connection_that_breaks_at_once(stub, resolver):
    stub.answer("/", None)
    assert "cannot be reached (the connection broke)" in failure(resolver, stub.uri)[1]
    assert len(stub.requests) == 2


def test_tls_where_there_is_none(stub, resolver):
    assert "cannot be reached (TLS" in failure(resolver, stub.uri.replace("http:", "https:"), retries=0)[1]


def test_a_server_that_fails_in_the_middle_of_an_artifact(samples, proxy, resolver):
    proxy.answer("artifacts/MLmodel", 503, "{}")
    key, message = failure(resolver, proxy.uri, "iris-classifier@champion", "diabetes-regressor@champion", retries=0)
    assert key == "registry.uri"
    assert "failed (" in message
    assert samples


def test_a_separate_tracking_server(samples, resolver, free_port, database, tmp_path):
    key, message = failure(resolver, samples, "iris-classifier@champion", trackingUri=f"http://127.0.0.1:{free_port}")
    assert key == "registry.trackingUri"
    assert "or correct registry.trackingUri" in message
    (version,) = resolver(samples, "iris-classifier@champion", trackingUri=f"{samples}/")
    assert version.metrics
    assert database(tmp_path / "empty.db")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"username": "ada", "password": "pw"}, "Basic YWRhOnB3"),
        ({"token": "t0ken"}, "Bearer t0ken"),
        ({"username": "ada", "password": UNKNOWN}, "Basic YWRhOmVudg=="),
        ({}, "Basic ZW52OmVudg=="),
    ],
)
def test_credentials_of_the_settings_win_over_the_environment(  # noqa: PLR0913, PLR0917 - fixtures
    samples, proxy, resolver, monkeypatch, settings, expected
):
    if settings.get("username") and settings["password"] == UNKNOWN:
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "env")
    elif "token" in settings or not settings:
        monkeypatch.setenv("MLFLOW_TRACKING_USERNAME", "env")
        monkeypatch.setenv("MLFLOW_TRACKING_PASSWORD", "env")
    resolver(proxy.uri, "iris-classifier@champion", **settings)
    assert samples
    assert set(proxy.authorizations[1:]) == {expected}
