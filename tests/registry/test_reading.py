"""Which files an artifact has, asked of MLflow's own clients: keys that are no paths, folders without an end."""

from types import SimpleNamespace

import pytest
from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

from mlplatform.config.models import RegistrySection
from mlplatform.registry.artifact.errors import ArtifactError, artifact_errors
from mlplatform.registry.artifact.reading import list_files
from mlplatform.registry.client.environment import registry_environment
from mlplatform.registry.client.reader import RegistryReader
from mlplatform.registry.location import LocationError

LISTINGS = {"whole": None, "of a preview": 200}


@pytest.fixture
def artifact(s3_server, monkeypatch):
    """Return a function that lays objects below ``m/`` in a bucket and returns MLflow's way to them."""
    monkeypatch.setenv("MLFLOW_S3_ENDPOINT_URL", s3_server.endpoint)

    def lay(*keys):
        client, bucket = s3_server.client(), s3_server.bucket()
        for key in ("MLmodel", *keys):
            client.put_object(Bucket=bucket, Key=f"m/{key}", Body=b"x")
        return get_artifact_repository(f"s3://{bucket}/m")

    return lay


@pytest.mark.parametrize("limit", LISTINGS.values(), ids=LISTINGS)
@pytest.mark.parametrize("key", ["sub//a", "/a", "sub/deep//a", "./a", "sub/./a", "sub/../a", "a/../../m/b", "sub/."])
def test_keys_that_are_no_paths_are_refused(artifact, key, limit):
    with pytest.raises(ArtifactError, match="whose key is no path of plain segments"):
        list_files(artifact(key), limit=limit)


def test_keys_that_are_paths(artifact):
    sizes = list_files(artifact("sub/a", "sub/deep/...", "sub/a b?#%2e", "sub."))
    assert sizes == dict.fromkeys(["MLmodel", "sub/a", "sub/deep/...", "sub/a b?#%2e", "sub."], 1)


def test_a_folder_that_holds_itself_has_an_end():
    class Endless:
        def list_artifacts(self, folder):
            return [SimpleNamespace(path=f"{folder}/again" if folder else "again", is_dir=True, file_size=None)]

    with pytest.raises(ArtifactError, match="too long"):
        list_files(Endless())


@pytest.mark.parametrize("paths", [["a", "a"], ["a\0b"], ["\udcff"], ["../a"], ["/a"], [""]])
def test_names_that_are_no_files_are_refused(paths):
    entries = [SimpleNamespace(path=path, is_dir=False, file_size=1) for path in paths]
    with pytest.raises(ArtifactError, match="whose key is no path of plain segments") as caught:
        list_files(SimpleNamespace(list_artifacts=lambda _folder: entries))
    assert str(caught.value).isprintable()


@pytest.mark.parametrize("location", ["mlflow-artifacts://127.0.0.1:{port}/m", "http://127.0.0.1:{port}/m"])
def test_the_token_for_mlflow_goes_to_no_other_server(stub, proxy, monkeypatch, location):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "only-for-the-registry")
    registry = RegistrySection.model_validate({"uri": proxy.uri})
    location = location.format(port=stub.server.server_port)
    with registry_environment(registry), pytest.raises(ArtifactError) as caught, artifact_errors(location, registry):
        list_files(RegistryReader(registry).artifacts(location))
    assert str(caught.value).startswith(f"lies at {location}, ")
    assert stub.requests == []


def test_the_proxy_of_the_registry_by_its_own_host_is_read(proxy, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_TOKEN", "only-for-the-registry")
    registry = RegistrySection.model_validate({"uri": proxy.uri})
    proxy.answer("mlflow-artifacts", 200, '{"files": [{"path": "MLmodel", "is_dir": false, "file_size": 3}]}')
    with registry_environment(registry):
        for location in (f"mlflow-artifacts://127.0.0.1:{proxy.server.server_port}/m", "mlflow-artifacts:/m"):
            assert list_files(RegistryReader(registry).artifacts(location)) == {"MLmodel": 3}
    assert set(proxy.authorizations) == {"Bearer only-for-the-registry"}


def test_plain_exceptions_of_a_stores_client_are_no_tracebacks():
    registry, location = RegistrySection.model_validate({"uri": "http://127.0.0.1:9"}), "http://host/m"
    with pytest.raises(ArtifactError, match="cannot be read \\(ValueError"), artifact_errors(location, registry):
        get_artifact_repository(location).list_artifacts()


def test_bugs_of_this_project_stay_tracebacks():
    registry = RegistrySection.model_validate({"uri": "http://127.0.0.1:9"})
    with pytest.raises(ValueError, match="ours"), artifact_errors("s3://b/m", registry):
        raise ValueError("ours")
    with pytest.raises(ArtifactError, match=r"^has "), artifact_errors("s3://b/m", registry):
        raise ArtifactError("has too many")
    with pytest.raises(ArtifactError, match=r"^lies elsewhere"), artifact_errors("s3://b/m", registry):
        raise LocationError("lies elsewhere")
