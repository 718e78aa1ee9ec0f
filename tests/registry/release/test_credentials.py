"""Whose credentials count, and that nobody is asked for them where a preview does without."""

import pytest

from mlplatform.config.models import ReleaseStoreSection
from mlplatform.registry.release import ReleaseStoreUnreachableError, open_release_store
from tests.object_stores import use_credentials
from tests.store_proxy import StoreProxy

KEYS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@pytest.fixture
def metadata(monkeypatch):
    """The metadata service of a machine, which has no role; ``requests`` are what it was asked."""
    use_credentials(monkeypatch)
    for name in (*KEYS, "AWS_EC2_METADATA_DISABLED"):
        monkeypatch.delenv(name)
    service = StoreProxy("http://127.0.0.1:9")
    service.before = lambda _request: (404, {}, b"")
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", service.endpoint)
    monkeypatch.setenv("AWS_METADATA_SERVICE_NUM_ATTEMPTS", "1")
    yield service
    service.close()


def settings(**more):
    return ReleaseStoreSection.model_validate({"uri": "s3://releases/prod", "region": "eu-central-1", **more})


def test_a_machine_without_credentials_is_asked_nothing(metadata):
    with pytest.raises(ReleaseStoreUnreachableError) as caught:
        open_release_store(settings(), ask_instance=False)
    assert caught.value.key == "releaseStore.profile"
    assert caught.value.message.startswith(
        "no AWS credentials were found here, so the release store was not asked; set AWS_ACCESS_KEY_ID and "
    )
    assert caught.value.message.endswith(
        "the role of an EC2 instance is asked for with AWS_EC2_METADATA_DISABLED=false"
    )
    assert metadata.requests == []


def test_the_role_of_the_machine_is_asked_for_where_it_may_be(metadata):
    with pytest.raises(ReleaseStoreUnreachableError, match="no AWS credentials were found here; set"):
        open_release_store(settings()).require("iris")
    assert metadata.requests != []


@pytest.mark.parametrize("where", ["environment", "profile", "file"])
def test_credentials_that_are_configured_here_count(metadata, monkeypatch, tmp_path, where):
    names = dict.fromkeys(KEYS, "made-up")
    if where == "environment":
        for name, value in names.items():
            monkeypatch.setenv(name, value)
    else:
        section = "releases" if where == "profile" else "default"
        file = tmp_path / "credentials"
        file.write_text(f"[{section}]\naws_access_key_id = made-up\naws_secret_access_key = made-up\n")
        monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    open_release_store(settings(profile="releases" if where == "profile" else None), ask_instance=False)
    assert metadata.requests == []


def test_a_profile_without_credentials_is_named(metadata, monkeypatch, tmp_path):
    config = tmp_path / "config"
    config.write_text("[profile releases]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    with pytest.raises(ReleaseStoreUnreachableError, match="found in profile 'releases', so the release store was not"):
        open_release_store(settings(profile="releases"), ask_instance=False)
    assert metadata.requests == []
