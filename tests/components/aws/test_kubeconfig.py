"""The kubeconfig of an EKS cluster, read and used by the Kubernetes client: it runs `aws`, and sends what that says."""

import base64
import datetime as dt
import http.server
import ipaddress
import json
import shutil
import ssl
import subprocess
import sys
import threading

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st
from kubernetes import client, config
from ruamel.yaml import YAML

from components.aws.kubeconfig import kubeconfig
from components.aws.rds_certificates import region_certificates

TOKEN = "k8s-aws-v1.made-up"
# Like the CLI: of the version that the client asks for (awscli/customizations/eks/get_token.py).
AWS = f"""\
#!{sys.executable}
import json, os, pathlib, sys
version = json.loads(os.environ["KUBERNETES_EXEC_INFO"])["apiVersion"]
pathlib.Path(__file__).with_name("arguments").write_text(json.dumps(sys.argv[1:]))
status = {{"token": "{TOKEN}", "expirationTimestamp": "2999-01-01T00:00:00Z"}}
print(json.dumps({{"kind": "ExecCredential", "apiVersion": version, "status": status}}))
"""


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """Put a program in the place of the AWS CLI; its arguments are what the returned function returns."""
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "aws").write_text(AWS)
    (programs / "aws").chmod(0o700)
    monkeypatch.setenv("PATH", str(programs))
    return lambda: json.loads((programs / "arguments").read_text())


@pytest.fixture
def api_server(tmp_path):
    """Run an API server that knows one path, and yield its URL, its certificate and the headers that it was sent."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    start = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(start)
        .not_valid_after(start.replace(year=2900))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = certificate.public_bytes(serialization.Encoding.PEM)
    file = tmp_path / "server.pem"
    form = serialization.PrivateFormat.PKCS8
    file.write_bytes(pem + key.private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()))
    seen = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers)
            body = json.dumps({"major": "1", "minor": "36", "gitVersion": "v1.36.0"} | dict.fromkeys(REST, "")).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"https://127.0.0.1:{server.server_address[1]}", base64.b64encode(pem).decode(), seen
        server.shutdown()
        thread.join()


REST = ("buildDate", "compiler", "gitCommit", "gitTreeState", "goVersion", "platform")


def written(endpoint, authority):
    return kubeconfig(name="shop-prod", endpoint=endpoint, certificate_authority=authority, region="eu-central-1")


def test_client_runs_the_cli_and_sends_its_token(aws, api_server):
    endpoint, authority, seen = api_server
    api = config.new_client_from_config_dict(json.loads(written(endpoint, authority)))
    assert client.VersionApi(api).get_code().git_version == "v1.36.0"
    assert seen[0]["Authorization"] == f"Bearer {TOKEN}"
    expected = ["eks", "get-token", "--cluster-name", "shop-prod", "--region", "eu-central-1", "--output", "json"]
    assert aws() == expected


@pytest.mark.usefixtures("aws")
def test_client_trusts_that_cluster_alone(api_server):
    endpoint, _, seen = api_server
    other = base64.b64encode(region_certificates("eu-central-1").encode()).decode()
    settings = client.Configuration()
    config.load_kube_config_from_dict(json.loads(written(endpoint, other)), client_configuration=settings)
    settings.retries = urllib3.Retry(0)
    with pytest.raises(urllib3.exceptions.MaxRetryError, match="CERTIFICATE_VERIFY_FAILED"):
        client.VersionApi(client.ApiClient(settings)).get_code()
    assert not seen


@pytest.fixture
def kubectl(tmp_path, api_server):
    """Return the beginning of a command that asks the API server for its version."""
    program = shutil.which("kubectl")
    if program is None:
        pytest.skip("no kubectl on this machine")
    file = tmp_path / "kubeconfig"
    file.write_text(written(*api_server[:2]))
    return [program, "--kubeconfig", file, "get", "--raw", "/version"]


def test_kubectl_runs_the_cli_and_sends_its_token(kubectl, aws, api_server):
    subprocess.run(kubectl, check=True, capture_output=True)
    assert api_server[2][0]["Authorization"] == f"Bearer {TOKEN}"
    assert aws()[:2] == ["eks", "get-token"]


def test_without_the_cli_kubectl_says_how_to_get_it(kubectl, api_server, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    done = subprocess.run(kubectl, check=False, capture_output=True, text=True)
    assert done.returncode != 0
    assert "docs.aws.amazon.com/cli" in done.stderr
    assert not api_server[2]


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_text_is_yaml_of_any_content_and_has_no_token(name, endpoint, authority):
    text = kubeconfig(name=name, endpoint=endpoint, certificate_authority=authority, region="eu-west-1")
    read = json.loads(text)
    (cluster,), (user,) = read["clusters"], read["users"]
    assert cluster == {"name": name, "cluster": {"server": endpoint, "certificate-authority-data": authority}}
    assert set(user["user"]) == {"exec"}
    assert "env" not in user["user"]["exec"]
    assert read["current-context"] == name


def test_text_is_yaml():
    text = written("https://ABC.gr7.eu-central-1.eks.amazonaws.com", "LS0t")
    assert YAML(typ="safe", pure=True).load(text) == json.loads(text)
