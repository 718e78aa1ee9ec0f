"""What is a credential, by its name and by its form; what only looks like one; and what stands in its place."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.credentials import (
    MARK,
    is_redacted,
    mark,
    names_credential,
    redacted_command,
    redacted_file,
    redacted_text,
    redacted_value,
)
from mlplatform.credentials.data import redacted_data

# Made up, and put together here, so that no scanner takes this file for a leak.
HF, GH, SK = "hf_" + "Ab3" * 10, "ghp_" + "Ab3" * 12, "sk-proj-" + "Ab3" * 12
PAT, PYPI, SLACK = "glpat-" + "Ab3" * 7, "pypi-" + "AgEIcHlwaS5vcmc" * 2, "xoxb-" + "123456789012-abcdef"
JWT = "eyJhbGciOiJIUzI1NiJ9." + "eyJzdWIiOiIxMjM0NTYifQ." + "c2lnbmF0dXJl"
PEM = "-----BEGIN RSA PRIVATE KEY-----\nMIIB\nqwer\n-----END RSA PRIVATE KEY-----"
AWS_ID = "AKIA" + "IOSFODNN7EXAMPLE"
LONG_KEY = "Zm9v" * 21 + "Zg=="


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID", "openai_api_key", "OPENAI-API-KEY", "openaiApiKey", "db_password",
        "hf_token", "HF_TOKEN", "dbpassword", "smtp_pass", "PGPASSWORD", "MYSQL_PWD", "SECRET_KEY", "passphrase",
        "clientSecret",
        "client_secret", "APP_SECRET", "storage_account_key", "sas", "github.token", "db_password_of_ci", "password_2",
        "token_old", "model.registry.password", "credentials", "private-key", "signing_key", "secret", "basic_auth",
    ],
)  # fmt: skip
def test_names_that_say_that_a_value_is_a_credential(name):
    assert names_credential(name, "hunter2")
    assert MARK.fullmatch(redacted_value(name, "hunter2"))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("max_tokens", "512"), ("num_tokens", "3e9"), ("train_tokens", "300000000000"), ("httpTokens", "required"),
        ("tokenizer", "bpe"), ("pad_token", "<pad>"), ("eos_token", "</s>"), ("cls_token", "[CLS]"),
        ("pad_token", "PAD"),
        ("eos_token", "<|endoftext|>"), ("verify_token", "true"), ("password", ""), ("password", "None"),
        ("password_file", "/run/secrets/db"), ("password", "/run/secrets/db"), ("secretName", "mlflow-db"),
        ("existingSecret", "db"), ("imagePullSecret", "registry"), ("tlsSecret", "mlflow-tls"), ("secret", "mlflow-db"),
        ("password", "$DB_PASSWORD"), ("password", "${DB_PASSWORD}"), ("password", "$(DB_PASSWORD)"), ("PWD", "app"),
        ("password", "{{ .Values.password }}"), ("password", "os.environ['X']"), ("password_policy", "strict"),
        ("passwordSecretRef", "db"), ("manageMasterUserPassword", "true"), ("learning_rate", "0.1"),
        ("passes", "three"),
        ("key", "species"), ("primary_key", "customer"), ("monkey", "banana"), ("kansas", "x"), ("compass", "north"),
        ("encryption_key", "arn:aws:kms:eu-central-1:123456789012:key/1"),
    ],
)  # fmt: skip
def test_names_and_values_that_only_look_like_it(name, value):
    assert not names_credential(name, value)
    assert redacted_value(name, value) == value


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("--extra-index-url https://ci:hunter2@pypi.example.org/simple", "hunter2"),
        ("--index-url https://tokenvalue@pypi.example.org/simple", "tokenvalue"),
        ("pkg @ git+https://tokenvalue@github.com/a/b.git@v1", "tokenvalue"),
        ("pkg @ git+https://oauth2:hunter2@github.com/a/b.git@v1", "hunter2"),
        ("postgresql://jo:p@ss/w0rd@db:5432/x", "ss"),
        ("mongodb+srv://jo:hunter2@cluster/x", "hunter2"),
        ("redis://:hunter2@cache:6379/0", "hunter2"),
        ("user:hunter2@registry.example.org/mirror", "hunter2"),
        ("DefaultEndpointsProtocol=https;AccountName=a;AccountKey=" + LONG_KEY + ";Suffix=x", LONG_KEY),
        ("https://a.blob.core.windows.net/x?sv=2024&sig=hunter2%3D&se=1", "hunter2"),
        ("https://s3.example.org/x?X-Amz-Signature=hunter2&X-Amz-Date=1", "hunter2"),
        ("Server=db;User=jo;Password=hunter2;", "hunter2"),
        ("OPENAI_API_KEY=hunter2", "hunter2"),
        ("curl -H 'Authorization: Bearer hunter2hunter2'", "hunter2"),
        *(
            (f"look: {token} there", token)
            for token in (HF, GH, SK, PAT, PYPI, SLACK, JWT, AWS_ID, AWS_ID.replace("AKIA", "ASIA"))
        ),
        (f"before\n{PEM}\nafter", "MIIB"),
        ("-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaA", "b3BlbnNzaA"),
    ],
)
def test_forms_of_credentials(text, secret):
    without = redacted_text(text)
    assert secret not in without
    assert is_redacted(without)
    # What says that it is one, and all else, stays.
    for word in ("pypi.example.org/simple", "github.com/a/b.git@v1", "AccountName=a", "se=1", "there", "after"):
        assert (word in without) == (word in text)
    assert redacted_text(without) == without


@pytest.mark.parametrize(
    "text",
    [
        "docker.io/seldonio/mlserver:1.7.1@sha256:" + "a" * 64,
        "mlserver:1.7.1@sha256:" + "a" * 64,
        "s3://models/1/m-0123456789abcdef0123456789abcdef/artifacts",
        "http://127.0.0.1:5500/#/experiments/1/runs/568019f9ef887a92f0ef86a04193976d",
        "https://minio.example.org:9000/a@b",
        "ssh://git@github.com/a/b.git",
        "scikit-learn==1.9.1 --hash=sha256:" + "0" * 64,
        "sk-learn-pipeline-version-12345678",
        "arn:aws:iam::123456789012:role/mlplatform-deployer",
        "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
        "http://jo:${KEY}@minio:9000",
        "pulumi config set --path --secret 'registry.password'",
        "is required beside password: the user of the server's basic auth",
        "set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or MLFLOW_TRACKING_TOKEN, to a user",
        'registry.artifactStores["mlflow-artifacts:/"]: "s3://<bucket>/<path>/"',
    ],
)
def test_texts_without_credentials_stay_as_they_are(text):
    assert redacted_text(text) == text


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("[s3]\ntype = s3\nsecret_access_key = hunter2\n", "hunter2"),
        ("export DB_PASSWORD='hunter2'\nexport A=b\n", "hunter2"),
        ("[mlflow]\nadmin_username = jo\nadmin_password = hunter2\n", "hunter2"),
        ("auth:\n  password: hunter2  # of ci\n", "hunter2"),
        ('{"auth": {"password": "hunter2"},\n "a": 1}\n', "hunter2"),
        ("machine git.example.org login jo password hunter2\n", "hunter2"),
        ("//registry.npmjs.org/:_authToken=hunter2\n", "hunter2"),
        ("requirepass hunter2\nport 6379\n", "hunter2"),
        ("mlflow server --app-password hunter2 \\\n  --port 5000\n", "hunter2"),
    ],
)
def test_files(text, secret):
    without = redacted_file(text)
    assert secret not in without
    assert without.count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text",
    [
        "username, password = ((folder / key).read_text() for key in keys)\n",
        'passphrases = [(folder / str(version)).read_text() for version in ("1", "2")]\n',
        "store.create_user(username, password=password, is_admin=True)\n",
        'password = os.environ["PGPASSWORD"]\nuri = settings.password\n',
        "# Prometheus shall hold no\n# admin's password: it reads one of its own\n",
        "PASSWORD=$(cat /run/secrets/password)\n",
        "secretName: mlflow-db\nexistingSecret: db\n",
    ],
)
def test_programs_and_references_are_none(text):
    assert redacted_file(text) == text


def test_a_value_after_its_option():
    assert redacted_command("run --app-password hunter2 --port 80") == f"run --app-password {mark('hunter2')} --port 80"
    args = ["--app-password", "hunter2", "--password-file", "/x", "--token", "$(TOKEN)", "-v"]
    assert redacted_data(args) == ["--app-password", mark("hunter2", "app-password"), *args[2:]]


def test_plain_data_by_names_of_entries_and_keys():
    data = {
        "env": [{"name": "DB_PASSWORD", "value": "hunter2"}, {"name": "LEVEL", "value": "info"}],
        "values": {"auth": {"adminPassword": "hunter2", "existingSecret": "db"}, "replicas": 2, "tls": None},
        "params": [{"name": "api_key", "default": "hunter2", "type": "string"}],
        "neutral": f"x {HF}",
        HF: "as a key",
    }
    without = redacted_data(data)
    assert "hunter2" not in str(without)
    assert HF not in str(without)
    assert without["env"][1] == {"name": "LEVEL", "value": "info"}
    assert without["values"]["auth"]["existingSecret"] == "db"
    assert without["params"][0]["type"] == "string"
    assert redacted_data(without) == without


def test_a_mark_tells_values_apart_and_nothing_else():
    assert mark("hunter2", "a") == mark("hunter2", "a") != mark("hunter3", "a")
    assert mark("hunter2", "a") != mark("hunter2", "b"), "the same value under two names is nobody's business"
    assert re.fullmatch(r"redacted-[0-9a-f]{6}", mark("\ud800", "\ud800"))


@given(st.text(max_size=200))
def test_any_text_is_redacted_once_and_for_all(text):
    without = redacted_file(text)
    assert redacted_file(without) == without or is_redacted(without)
