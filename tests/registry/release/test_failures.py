"""A store that cannot be used: one line that names the setting, says what would be right, and echoes no secret."""

import socket

import pytest

from mlplatform.registry.release import ReleaseStoreError, ReleaseStoreUnreachableError
from mlplatform.registry.release import client as client_module
from tests.object_stores import ACCESS_KEY, SECRET_KEY, moto_server, use_credentials
from tests.registry.release.conftest import MODEL
from tests.store_proxy import xml_error


def fault(release, endpoint, **changes):
    """Return the error of a publish, after the checks that hold for every error."""
    with pytest.raises(ReleaseStoreError) as caught:
        release.open(endpoint, **changes).publish(release.uri, release.folder, release.files)
    message = caught.value.message
    assert message.isprintable()
    assert len(message) < 400
    assert SECRET_KEY not in message
    assert ACCESS_KEY not in message
    assert caught.value.__cause__ is None
    # The same words at a preview.
    with pytest.raises(type(caught.value)) as checking:
        release.open(endpoint, **changes).check(release.uri, ())
    assert checking.value.key == caught.value.key
    return caught.value


@pytest.fixture
def nothing_listens():
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{reserved.getsockname()[1]}"


@pytest.fixture
def silent():
    """An address that takes connections and never says anything."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(64)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"


@pytest.fixture
def one_try(monkeypatch):
    monkeypatch.setattr(client_module, "ATTEMPTS", 1)


def test_nothing_listens(s3_server, make_release, nothing_listens):
    error = fault(make_release(s3_server), nothing_listens)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.endpoint"
    assert error.message.startswith(f"the release store at {nothing_listens} cannot be reached (nothing listens there")


@pytest.mark.usefixtures("one_try")
def test_unknown_host(s3_server, make_release):
    error = fault(make_release(s3_server), "http://minio.does-not-exist.invalid:9000")
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert "the name is not known" in error.message


@pytest.mark.usefixtures("one_try")
def test_silent_store(s3_server, make_release, silent, monkeypatch):
    monkeypatch.setattr(client_module, "READ_SECONDS", 0.5)
    error = fault(make_release(s3_server), silent)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert "no answer in time" in error.message


def test_time_outs_and_tries_are_bounded(s3_server, make_release):
    config = make_release(s3_server).open(s3_server.endpoint)._client.s3.meta.config
    assert (config.connect_timeout, config.read_timeout) == (5, 60)
    assert config.retries == {"mode": "standard", "total_max_attempts": 4}


def test_slow_store_is_no_broken_store(s3_server, make_release, proxy_to):
    proxy = proxy_to(s3_server.endpoint)
    proxy.latency = 0.1
    release = make_release(s3_server)
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


@pytest.mark.server
@pytest.mark.usefixtures("one_try")
def test_store_that_dies_under_a_publish(make_release, monkeypatch, proxy_to):
    use_credentials(monkeypatch)
    with moto_server() as server:
        release, proxy = make_release(server, MODEL), proxy_to(server.endpoint)

        def die(request):
            if request.name == "upload_part model.pkl 2":
                server.process.kill()
                server.process.wait()
                return "drop"
            return None

        proxy.before = die
        with pytest.raises(ReleaseStoreUnreachableError, match="cannot be reached"):
            release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)


def test_passing_faults_are_tried_again(s3_server, make_release, proxy_to):
    proxy, failed = proxy_to(s3_server.endpoint), set()

    def fail_once(request):
        if request.name not in failed:
            failed.add(request.name)
            return xml_error(503, "SlowDown")
        return None

    proxy.before = fail_once
    release = make_release(s3_server)
    store = release.open(proxy.endpoint)
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


@pytest.mark.parametrize(("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (503, "ServiceUnavailable")])
@pytest.mark.usefixtures("one_try")
def test_store_that_only_fails(s3_server, make_release, proxy_to, status, code):
    proxy = proxy_to()
    proxy.before = lambda _request: xml_error(status, code)
    error = fault(make_release(s3_server), proxy.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert f"cannot serve now ({code})" in error.message


def test_no_credentials(s3_server, make_release, monkeypatch):
    release = make_release(s3_server)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = fault(release, s3_server.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.profile"
    assert error.message.startswith("no AWS credentials were found here; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_K")


def test_no_credentials_in_a_profile(s3_server, make_release, monkeypatch, tmp_path):
    release = make_release(s3_server)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    config = tmp_path / "aws-config"
    config.write_text("[profile releases]\nregion = eu-central-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    error = fault(release, s3_server.endpoint, profile="releases")
    assert error.message.startswith("no AWS credentials were found in profile 'releases'; set ")


def test_half_of_the_credentials(s3_server, make_release, monkeypatch):
    release = make_release(s3_server)
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    error = fault(release, s3_server.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert "incomplete" in error.message


def test_machine_metadata_that_never_answers_is_given_up(s3_server, make_release, monkeypatch, silent):
    # botocore's last resort for credentials; outside of AWS its address often drops every packet.
    release = make_release(s3_server)
    for name in ("AWS_EC2_METADATA_DISABLED", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_SERVICE_ENDPOINT", silent)
    error = fault(release, s3_server.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.profile"


def test_profile_that_is_not_there(s3_server, make_release):
    error = fault(make_release(s3_server), s3_server.endpoint, profile="releases")
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert (error.key, "no AWS profile 'releases' is known" in error.message) == ("releaseStore.profile", True)


def test_profile_is_used(s3_server, make_release, monkeypatch, tmp_path):
    release = make_release(s3_server)
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    config = tmp_path / "aws-config"
    config.write_text(f"[profile releases]\naws_access_key_id = {ACCESS_KEY}\naws_secret_access_key = {SECRET_KEY}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    store = release.open(s3_server.endpoint, profile="releases")
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


def test_broken_aws_configuration(s3_server, make_release, monkeypatch, tmp_path):
    release = make_release(s3_server)
    config = tmp_path / "aws-config"
    config.write_text(f"secret_access_key = {SECRET_KEY}\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    error = fault(release, s3_server.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert "AWS configuration of this machine cannot be used" in error.message


def test_helper_program_that_fails_is_not_echoed(s3_server, make_release, monkeypatch, tmp_path):
    release = make_release(s3_server)
    config = tmp_path / "aws-config"
    config.write_text(f"[profile releases]\ncredential_process = sh -c 'echo {SECRET_KEY} >&2; exit 1'\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    error = fault(release, s3_server.endpoint, profile="releases")
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.profile"


@pytest.mark.parametrize(
    ("status", "code", "said"),
    [
        (403, "AccessDenied", "refused s3:ListBucket at s3://"),
        (403, "InvalidAccessKeyId", "does not accept the AWS credentials used here (InvalidAccessKeyId)"),
        (403, "SignatureDoesNotMatch", "does not accept the AWS credentials used here (SignatureDoesNotMatch)"),
        (400, "InvalidTokenId", "does not accept the AWS credentials used here (InvalidTokenId)"),
        (400, "ExpiredToken", "have expired; log in again"),
        (403, "RequestTimeTooSkewed", "clock of this machine"),
    ],
)
@pytest.mark.usefixtures("one_try")
def test_credentials_that_the_store_does_not_like(s3_server, make_release, proxy_to, status, code, said):  # noqa: PLR0913, PLR0917
    proxy = proxy_to()
    proxy.before = lambda _request: xml_error(status, code)
    error = fault(make_release(s3_server), proxy.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert said in error.message


@pytest.mark.parametrize(("name", "value"), [("AWS_SECRET_ACCESS_KEY", "wrong"), ("AWS_ACCESS_KEY_ID", "nobody")])
def test_wrong_credentials_at_a_real_store(minio_process, make_release, monkeypatch, name, value):
    use_credentials(monkeypatch)
    release = make_release(minio_process)
    monkeypatch.setenv(name, value)
    error = fault(release, minio_process.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.profile"
    assert "does not accept the AWS credentials used here" in error.message


@pytest.mark.parametrize(
    ("operation", "action"),
    [
        ("put_object", "s3:PutObject"),
        ("head_object", "s3:GetObject"),
        ("create_multipart_upload", "s3:PutObject"),
        ("complete_multipart_upload", "s3:PutObject"),
    ],
)
def test_what_a_user_may_not_do_is_named(s3_server, make_release, proxy_to, operation, action):
    release, proxy = make_release(s3_server, MODEL), proxy_to(s3_server.endpoint)
    proxy.before = lambda request: xml_error(403, "AccessDenied") if request.operation == operation else None
    with pytest.raises(ReleaseStoreUnreachableError, match=f"refused {action} at s3://{release.bucket}/prod/"):
        release.open(proxy.endpoint).publish(release.uri, release.folder, release.files)


def test_bucket_that_is_not_there(server, make_release):
    release = make_release(server)
    server.client().delete_bucket(Bucket=release.bucket)
    error = fault(release, server.endpoint)
    assert not isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.uri"
    assert f"has no bucket '{release.bucket}'; create it (aws --endpoint-url {server.endpoint} s3 mb" in error.message


def test_bucket_of_another_region_is_found_all_the_same(minio_process, make_release, monkeypatch):
    use_credentials(monkeypatch)
    release = make_release(minio_process)
    store = release.open(minio_process.endpoint, region="us-west-2")
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


def test_bucket_of_a_region_that_cannot_be_followed(s3_server, make_release, proxy_to):
    proxy = proxy_to()
    status, headers, body = xml_error(301, "PermanentRedirect")
    proxy.before = lambda _request: (status, {**headers, "x-amz-bucket-region": "eu-west-3"}, body)
    error = fault(make_release(s3_server), proxy.endpoint, region="us-west-2")
    assert error.key == "releaseStore.region"
    assert "lies in eu-west-3, not in us-west-2; set releaseStore.region" in error.message


@pytest.mark.parametrize(
    "answer",
    [
        (200, {"Content-Type": "text/html"}, b"<!doctype html><title>Console</title><p>Log in"),
        (200, {"Content-Type": "text/html"}, b"<html><head><title>Console</title></head><body/></html>"),
        (200, {"Content-Type": "application/json"}, b"{}"),
        (200, {}, b""),
        (404, {"Content-Type": "text/html"}, b"<!doctype html><title>Not found</title>"),
        (405, {"Content-Type": "text/plain"}, b"Method not allowed"),
        (502, {"Content-Type": "text/html"}, b"<html><body>Bad gateway</body></html>"),
        (302, {"Location": "/login", "Content-Type": "text/html"}, b""),
    ],
)
@pytest.mark.usefixtures("one_try")
def test_server_that_is_no_store(s3_server, make_release, proxy_to, answer):
    proxy = proxy_to()
    proxy.before = lambda _request: answer
    error = fault(make_release(s3_server), proxy.endpoint)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.endpoint"
    assert f"{proxy.endpoint} does not answer as an S3 store does" in error.message


@pytest.mark.parametrize("endpoint", [True, False])
def test_region_that_is_none(s3_server, make_release, monkeypatch, endpoint):
    release, address = make_release(s3_server), s3_server.endpoint if endpoint else None
    error = fault(release, address, region="eu_central!")
    assert not isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.region"
    assert error.message == "'eu_central!' is not a region's name; write for example eu-central-1"
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu_central!")
    error = fault(release, address)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.region"
    assert "AWS_DEFAULT_REGION" in error.message


@pytest.fixture(params=["AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "endpoint_url", "services"])
def redirected(request, monkeypatch, tmp_path, proxy_to, s3_server):
    """Point the AWS configuration to a store that has everything right, in each of the ways it knows."""
    proxy = proxy_to(s3_server.endpoint)
    if request.param.startswith("AWS"):
        monkeypatch.setenv(request.param, proxy.endpoint)
        return proxy
    lines = {
        "endpoint_url": f"[default]\nendpoint_url = {proxy.endpoint}\n",
        "services": f"[default]\nservices = own\n[services own]\ns3 =\n  endpoint_url = {proxy.endpoint}\n",
    }
    config = tmp_path / "aws-config"
    config.write_text(lines[request.param])
    monkeypatch.setenv("AWS_CONFIG_FILE", str(config))
    return proxy


@pytest.mark.usefixtures("one_try")
def test_the_aws_configuration_sends_nobody_to_another_store(s3_server, make_release, redirected, monkeypatch):
    # Model servers know nothing of it: without releaseStore.endpoint they read AWS S3, with it that one.
    release = make_release(s3_server)
    store = release.open(s3_server.endpoint)
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()
    assert redirected.requests == []
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    assert "the release store at AWS S3 cannot be reached" in fault(release, None, region="eu-central-1").message
    assert redirected.requests == []


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_a_store_on_this_machine_is_asked_without_a_proxy(s3_server, make_release, monkeypatch, host):
    release = make_release(s3_server)
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    store = release.open(s3_server.endpoint.replace("127.0.0.1", host))
    store.publish(release.uri, release.folder, release.files)
    assert store.check(release.uri, release.files) == ()


@pytest.mark.usefixtures("one_try")
def test_other_stores_are_asked_through_the_proxy(s3_server, make_release, monkeypatch):
    release = make_release(s3_server)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    error = fault(release, "http://minio.example.org:9000")
    assert "the proxy does not answer" in error.message


@pytest.mark.usefixtures("one_try")
def test_https_to_a_store_without(s3_server, make_release):
    error = fault(make_release(s3_server), s3_server.endpoint.replace("http", "https"))
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert "cannot be reached" in error.message


def test_other_refusals_are_quoted_without_control_characters(s3_server, make_release, proxy_to):
    proxy = proxy_to()
    body = f"<Error><Code>Quota&#10;Exceeded</Code><Message>full&#9;{ACCESS_KEY}</Message><AWSAccessKeyId>{ACCESS_KEY}"
    proxy.before = lambda _request: (400, {}, f"{body}</AWSAccessKeyId></Error>".encode())
    assert "(Quota Exceeded: full ***)" in fault(make_release(s3_server), proxy.endpoint).message


@pytest.mark.usefixtures("one_try")
def test_aws_itself_is_named_where_there_is_no_endpoint(s3_server, make_release, monkeypatch):
    # Nothing leaves this machine: a proxy that nobody runs stands before everything.
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    error = fault(make_release(s3_server), None)
    assert isinstance(error, ReleaseStoreUnreachableError)
    assert error.key == "releaseStore.uri"
    assert "the release store at AWS S3 cannot be reached (the proxy does not answer" in error.message
