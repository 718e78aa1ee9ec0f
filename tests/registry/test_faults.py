"""A registry that lies, stalls or is confused: the right versions or one clear problem, and never a wrong fact kept."""

import json
import time

import pytest

from mlplatform.config.problems import ProblemsError
from tests.registry.faults import CALLS, SWEEP, cases, spoil
from tests.registry.lock.world import FILES, register

pytestmark = pytest.mark.server

# An answer that never ends makes a pass last that long.
SECONDS = 2
ENDLESS = {"drop by drop", "pages without end"}
# Calls whose answers tell facts that are kept.
READ = {"files", "MLmodel", "model.pkl"}


@pytest.fixture(scope="module")
def references(client, tmp_path_factory):
    """Versions that take every call of :data:`CALLS`: old ones, of MLflow 2 and 3, several of a run; of few files."""
    name = f"faulty-{time.time_ns()}"
    for registered_model in (f"{name}-a", f"{name}-b"):
        for _ in range(3):
            register(client, registered_model, FILES)
        client.set_registered_model_alias(registered_model, "champion", "1")
    experiment = client.create_experiment(name)
    run = client.create_run(experiment).info.run_id
    other = client.create_logged_model(experiment, name="other", source_run_id=run)
    client.finalize_logged_model(other.model_id, "READY")
    client.log_metric(run, "f1", 0.9, model_id=other.model_id)
    client.log_metric(run, "rmse", 0.5)
    folder = tmp_path_factory.mktemp("model")
    for path, content in FILES.items():
        (folder / path).write_bytes(content)
    client.log_artifacts(run, str(folder), "model")
    client.create_registered_model(f"{name}-old")
    for _ in range(2):
        client.create_model_version(f"{name}-old", f"{client.get_run(run).info.artifact_uri}/model", run_id=run)
    return [f"{name}-a@champion", f"{name}-a/2", f"{name}-b@champion", f"{name}-old/1"]


@pytest.fixture
def resolve(proxy, resolver, references, monkeypatch):
    """Return a function that resolves the references through the proxy."""
    # So that batches are searched for although there are few.
    monkeypatch.setattr("mlplatform.registry.client.tracking.WORKERS", 1)

    def resolve(**settings):
        limits = {"deadlineSeconds": 60, "timeoutSeconds": 20, "retries": 0, **settings}
        return resolver(proxy.uri, *references, **limits)

    return resolve


def test_the_calls_are_all_made(proxy, resolve):
    asked = []
    proxy.spoil = lambda path, content: (asked.append(path), content)[1]
    resolve()
    missing = [call for call, pattern in CALLS.items() if not any(pattern in path for path in asked)]
    assert missing == []


@pytest.mark.parametrize("fault", SWEEP)
def test_each_fault_of_each_call(proxy, resolve, tmp_path, fault):
    truth = resolve(cache=tmp_path / "truth")
    for call in (call for call, name in cases() if name == fault):
        cache = tmp_path / call if call in READ else tmp_path / "truth"
        proxy.spoil = spoil(call, fault)
        limits = {"deadlineSeconds": SECONDS} if fault in ENDLESS else {}
        versions, problems = _outcome(resolve, cache=cache, **limits)
        assert versions is None or versions == truth, call
        assert all(text.isprintable() for text in problems), call
        # Of the registry as a whole, or each of a model.
        assert len(problems) <= 1 or all("models[" in text for text in problems), call
        proxy.spoil = None
        # Nothing wrong was kept.
        assert resolve(cache=cache) == truth, call


def _outcome(resolve, **arguments):
    """Return the versions, else ``None`` and the problems."""
    try:
        return resolve(**arguments), []
    except ProblemsError as error:
        return None, [str(problem) for problem in error.problems]


@pytest.mark.parametrize("call", ["models", "logged model", "run", "files", "MLmodel"])
def test_an_answer_without_an_end_ends_at_the_deadline(proxy, resolve, call):
    proxy.spoil = spoil(call, "drop by drop")
    with pytest.raises(ProblemsError) as caught:
        resolve(deadlineSeconds=SECONDS)
    (problem,) = caught.value.problems
    assert problem.key == "registry.uri"
    assert f"did not answer all that was asked within {SECONDS} s (registry.deadlineSeconds)" in problem.message


def test_pages_that_are_each_new_end_too(proxy, resolve, monkeypatch):
    monkeypatch.setattr("mlplatform.registry.client.asking._MAX_PAGES", 5)
    asked = []

    def endless(path, content):
        if "registered-models/search?" not in path or "max_results=1000" not in path:
            return content
        asked.append(path)
        return 200, json.dumps({"registered_models": [], "next_page_token": f"page-{len(asked)}"}).encode()

    proxy.spoil = endless
    with pytest.raises(ProblemsError, match="answered with pages that never end"):
        resolve()
    assert len(asked) <= 6


@pytest.mark.parametrize("answer", [b"", b"{}", b'{"registered_models": []}'])
def test_a_server_that_answers_everything_with_nothing_is_no_empty_registry(stub, resolver, answer):
    stub.answer("/", 200, answer.decode())
    with pytest.raises(ProblemsError) as caught:
        resolver(stub.uri, "iris@champion", retries=0)
    (problem,) = caught.value.problems
    assert problem.key == "registry.uri"
    assert "no models" not in problem.message


def test_a_search_that_hides_a_model(proxy, resolve):
    proxy.spoil = lambda path, content: b"{}" if "registered-models/search?filter" in path else content
    with pytest.raises(ProblemsError, match=r"answered a search without registered model 'faulty-"):
        resolve()


@pytest.mark.parametrize(
    "change", [{"file_size": 1}, {"file_size": "9"}, {"file_size": -1}, {"path": 7}, {"is_dir": 1}]
)
def test_listed_files_that_are_not_what_comes(proxy, resolve, change, tmp_path):
    truth = resolve(cache=tmp_path / "truth")

    def lie(path, content):
        if "mlflow-artifacts/artifacts?" not in path:
            return content
        files = json.loads(content).get("files", [])
        return json.dumps({"files": [{**file, **change} for file in files]}).encode()

    proxy.spoil = lie
    with pytest.raises(ProblemsError) as caught:
        resolve(cache=tmp_path / "lied")
    assert all(
        "the artifact of version" in problem.message or problem.key == "registry.uri"
        for problem in caught.value.problems
    )
    proxy.spoil = None
    assert resolve(cache=tmp_path / "lied") == truth


def test_a_listing_without_a_file_that_the_model_needs(proxy, resolve):
    def hide(path, content):
        if "mlflow-artifacts/artifacts?" not in path:
            return content
        files = [file for file in json.loads(content)["files"] if file["path"] != "model.pkl"]
        return json.dumps({"files": files}).encode()

    proxy.spoil = hide
    with pytest.raises(ProblemsError, match=r"has no file model.pkl, which its MLmodel names"):
        resolve()


def test_a_cache_entry_that_somebody_changed_is_read_anew(resolve, tmp_path):
    truth = resolve(cache=tmp_path / "kept")
    for entry in (tmp_path / "kept").rglob("*.json"):
        text = entry.read_text()
        digest = json.loads(text)["facts"]["files"][0]["sha256"]
        entry.write_text(text.replace(digest, "0" * 64))
    assert resolve(cache=tmp_path / "kept") == truth
