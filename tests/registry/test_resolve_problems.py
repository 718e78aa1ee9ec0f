import contextlib
import re

import pytest

from mlplatform.config.problems import ProblemsError

IRIS_ALIASES = "its aliases are challenger (version 2), champion (version 3)"


@pytest.fixture
def problems(resolver):
    """Return a function that resolves and returns what is wrong, as (key, message)."""

    def resolve(uri, *wanted, **settings):
        with pytest.raises(ProblemsError) as caught:
            resolver(uri, *wanted, **settings)
        assert all(problem.file == "Pulumi.test.yaml" for problem in caught.value.problems)
        assert all("\n" not in problem.message for problem in caught.value.problems)
        return [(problem.key, problem.message) for problem in caught.value.problems]

    return resolve


def test_a_missing_model_names_the_close_ones(samples, problems):
    # Other files of the tests register models on the same server: this name is close to one of the samples only.
    assert problems(samples, "breast-cancer-detektor@champion") == [
        (
            "models[0].registeredModel",
            "there is no registered model 'breast-cancer-detektor'; did you mean breast-cancer-detector?",
        )
    ]
    ((key, message),) = problems(samples, "zzz@champion")
    assert key == "models[0].registeredModel"
    assert "there is no registered model 'zzz'; there are breast-cancer-detector, " in message


@pytest.mark.parametrize("name", ["a/b", "it's", "ümläut", "with space", "x" * 300])
def test_names_that_could_not_exist(samples, problems, name):
    ((key, message),) = problems(samples, f"{name}@champion")
    assert key == "models[0].registeredModel"
    assert f"no registered model '{name}'" in message


def test_a_missing_alias_lists_the_aliases_there_are(samples, problems):
    assert problems(samples, "iris-classifier@best") == [
        (
            "models[0].alias",
            f"registered model 'iris-classifier' has no alias 'best'; {IRIS_ALIASES}",
        )
    ]


def test_a_model_without_aliases(server, client, problems):
    with contextlib.suppress(Exception):
        client.create_registered_model("no-aliases")
    ((_, message),) = problems(server, "no-aliases@champion")
    assert message.endswith("has no alias 'champion'; it has no aliases; set one, or name a version")


@pytest.mark.parametrize("stage", ["Production", "staging", "ARCHIVED", "None"])
def test_a_stage_is_no_alias(samples, problems, stage):
    assert problems(samples, f"iris-classifier@{stage}") == [
        (
            "models[0].alias",
            f"'{stage}' is a stage; MLflow deprecated stages, use an alias of 'iris-classifier': {IRIS_ALIASES}",
        )
    ]


def test_latest_is_never_deployed(samples, problems):
    ((key, message),) = problems(samples, "diabetes-regressor@Latest")
    assert key == "models[0].alias"
    assert message.startswith("'latest' is a moving name and is never deployed; its aliases are challenger")


def test_a_missing_version_lists_the_versions_there_are(samples, problems):
    assert problems(samples, "iris-classifier/9") == [
        (
            "models[0].version",
            "registered model 'iris-classifier' has no version 9, or it was deleted; it has 3, 2, 1",
        )
    ]


def test_a_deleted_version(server, client, mlflow2_version, problems):
    for _ in range(2):
        record = mlflow2_version("with-deleted")
    client.delete_model_version("with-deleted", record.version)
    ((_, message),) = problems(server, f"with-deleted/{record.version}")
    assert f"has no version {record.version}, or it was deleted" in message


def test_versions_and_names_of_all_pages_count(samples, client, problems, monkeypatch):
    monkeypatch.setattr("mlplatform.registry.client.reader._PAGE", 3)
    name = "many-pages"
    with contextlib.suppress(Exception):
        client.create_registered_model(name)
        source = client.get_model_version("iris-classifier", "1").source
        for _ in range(11):
            client.create_model_version(name, source, model_id=source.removeprefix("models:/"))
    ((_, message),) = problems(samples, f"{name}/99")
    assert message.endswith("it has 11, 10, 9, 8, 7, 6, 5, 4 and 3 older ones")
    for other in ("Iris-Classifier", "IRIS_CLASSIFIER", "iris-clasifier"):
        ((_, message),) = problems(samples, f"{other}@champion")
        assert "did you mean iris-classifier" in message


def test_long_version_lists_are_cut(samples, client, problems):
    name = "many-versions"
    with contextlib.suppress(Exception):
        client.create_registered_model(name)
    source = client.get_model_version("iris-classifier", "1").source
    for _ in range(10):
        client.create_model_version(name, source, model_id=source.removeprefix("models:/"))
    ((_, message),) = problems(samples, f"{name}/99")
    assert message.endswith("it has 10, 9, 8, 7, 6, 5, 4, 3 and 2 older ones")


def test_a_missing_entry_of_artifact_stores_is_one_problem(samples, problems):
    ((key, message),) = problems(samples, "iris-classifier@champion", "diabetes-regressor@champion", stores={})
    assert key == "registry.artifactStores"
    assert message == (
        "has no entry for mlflow-artifacts:/, where the artifacts of iris-classifier, diabetes-regressor lie and "
        "which model servers cannot read; add the object store behind it: "
        '"mlflow-artifacts:/": "s3://<bucket>/<path>/"'
    )


@pytest.mark.parametrize(
    ("name", "source", "reason"),
    [
        ("broken-parent", "{artifacts}", "has no MLmodel file; the version's source should end in model"),
        ("broken-nothing", "{artifacts}/nothing", "is not there or empty"),
        ("broken-dots", "{artifacts}/model/..", "'..' segment"),
    ],
)
def test_artifacts_that_are_no_model(client, mlflow2_version, problems, name, source, reason):  # noqa: PLR0913, PLR0917 - fixtures
    try:
        record = mlflow2_version(name, source=source)
    except Exception as error:  # noqa: BLE001 - recent servers refuse such a source themselves
        assert "Invalid" in str(error)  # noqa: PT017 - same
        return
    ((key, message),) = problems(client.tracking_uri, f"{name}/{record.version}")
    assert key == "models[0].version"
    assert reason in message
    assert f"version {record.version} of '{name}'" in message


@pytest.mark.parametrize(
    ("content", "reason"),
    [("flavors: {", "not readable YAML"), ("run_id: x", "without flavors"), (None, "no MLmodel file; log it")],
)
def test_unreadable_mlmodels(client, mlflow2_version, problems, tmp_path, content, reason):  # noqa: PLR0913, PLR0917 - fixtures
    name, server = "unreadable", client.tracking_uri
    record = mlflow2_version(name, source="{artifacts}/bad")
    (tmp_path / "MLmodel" if content else tmp_path / "model.pkl").write_text(content or "x")
    client.log_artifact(record.run_id, str(next(tmp_path.iterdir())), "bad")
    ((key, message),) = problems(server, f"{name}/{record.version}")
    assert key == "models[0].version"
    assert reason in message


def test_all_problems_of_all_models_in_one_report(samples, problems):
    found = problems(
        samples,
        "nothing@champion",
        "iris-classifier@champion",
        "iris-classifier@best",
        "iris-classifier/77",
        "diabetes-regressor@latest",
        "diabetes-regressor@Staging",
        stores={},
    )
    assert [key for key, _ in found] == [
        "registry.artifactStores",
        "models[0].registeredModel",
        "models[2].alias",
        "models[3].version",
        "models[4].alias",
        "models[5].alias",
    ]


def test_a_version_that_is_not_ready(samples, proxy, problems, client):
    record = client.get_model_version("iris-classifier", "1")
    text = (
        '{"model_version": {"name": "iris-classifier", "version": "1", "status": "FAILED_REGISTRATION", '
        f'"source": "{record.source}", "creation_timestamp": 1}}}}'
    )
    proxy.answer("model-versions/get?", 200, text)
    ((key, message),) = problems(proxy.uri, "iris-classifier/1")
    assert key == "models[0].version"
    assert "is not ready (status FAILED_REGISTRATION)" in message
    assert samples


def test_an_artifact_store_that_fails_is_said_of_its_model(samples, proxy, problems):
    proxy.answer("mlflow-artifacts/artifacts?", 403, '{"error": "AccessDenied"}')
    ((key, message),) = problems(proxy.uri, "iris-classifier@champion")
    assert key == "models[0].alias"
    assert re.search(r"cannot be read \(HTTPError: .*403", message)
    assert samples


def test_references_to_runs_that_are_gone(samples, proxy, problems, client):
    record = client.get_model_version("iris-classifier", "1")
    proxy.answer("model-versions/get?", 200, (
        '{"model_version": {"name": "iris-classifier", "version": "1", "status": "READY", '
        f'"source": "runs:/{"0" * 32}/model", "creation_timestamp": 1}}}}'
    ))  # fmt: skip
    proxy.answer("get-download-uri", 200, f'{{"artifact_uri": "runs:/{"0" * 32}/model"}}')
    ((_, message),) = problems(proxy.uri, "iris-classifier/1")
    assert message.endswith("which no longer exists; register the version again")
    assert samples
    assert record
