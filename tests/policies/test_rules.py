"""One test per rule and way to break it: a good fixture passes every rule, its spoilt copy breaks exactly the one."""

import json
import re
from pathlib import Path

import pytest
from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.proxy import UnknownValueError

from policies.rules import RULES
from policies.rules.container_image_is_pinned import image_faults
from policies.rules.locked_model_is_a_release import release_fault
from policies.rules.model_uri_is_pinned import floating
from tests.policies import aws_fixtures
from tests.policies.aws_fixtures import UNKNOWN
from tests.policies.judging import spoil, violations

ROOT = Path(__file__).parents[2]
RESOURCES = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
URI = "s3://mlflow-artifacts/1/models/m-1/artifacts"

GOOD = {
    "isvc": (
        "kubernetes:serving.kserve.io/v1beta1:InferenceService",
        {
            "metadata": {"name": "iris", "annotations": {"mlplatform.dev/version": "2"}},
            "spec": {
                "predictor": {
                    "model": {"modelFormat": {"name": "mlflow"}, "storageUri": URI, "resources": RESOURCES},
                },
                "transformer": {
                    "containers": [
                        {
                            "name": "t",
                            "image": "registry.example.org:5000/t:1.2",
                            "resources": RESOURCES,
                            "env": [
                                {"name": "STORAGE_URI", "value": URI},
                                {
                                    "name": "DB_PASSWORD",
                                    "valueFrom": {"secretKeyRef": {"name": "db", "key": "password"}},
                                },
                                {"name": "TOKENIZER", "value": "bpe"},
                            ],
                        }
                    ]
                },
            },
        },
    ),
    "seldon": (
        "kubernetes:machinelearning.seldon.io/v1:SeldonDeployment",
        {
            "spec": {
                "predictors": [
                    {
                        "graph": {"name": "iris", "modelUri": URI},
                        "componentSpecs": [{"spec": {"containers": [{"name": "iris", "resources": RESOURCES}]}}],
                    }
                ]
            }
        },
    ),
    "deployment": (
        "kubernetes:apps/v1:Deployment",
        {
            "spec": {
                "template": {
                    "spec": {
                        "initContainers": [
                            {"name": "i", "image": f"busybox@sha256:{'a' * 64}", "resources": RESOURCES}
                        ],
                        "containers": [{"name": "c", "image": "nginx:1.29.1", "resources": RESOURCES}],
                    }
                }
            }
        },
    ),
    "namespace": (
        "kubernetes:core/v1:Namespace",
        {"metadata": {"name": "models", "labels": {"pod-security.kubernetes.io/enforce": "restricted"}}},
    ),
    "release": (
        "kubernetes:helm.sh/v3:Release",
        {
            "chart": "istiod",
            "version": "1.30.3",
            "repositoryOpts": {"repo": "https://charts.example.org"},
            "values": {"global": {"logAsJson": True}},
        },
    ),
    "configmap": ("kubernetes:core/v1:ConfigMap", {"data": {"url": "http://minio:9000", "password-policy": "strict"}}),
    "secret": ("kubernetes:core/v1:Secret", {"stringData": {"password": "hunter2"}}),
    "model": (
        "mlplatform:serving:ModelDeployment",
        {"registeredModel": "iris", "version": "2", "signature": {"inputs": [{"type": "double"}]}},
    ),
    "locked": (
        "mlplatform:serving:ModelDeployment",
        {
            "registeredModel": "iris",
            "version": "2",
            "locked": True,
            "signature": {"inputs": [{"type": "double"}]},
            "storageUri": f"s3://model-releases/prod/iris/sha256-{'a' * 64}",
            "digest": f"sha256:{'a' * 64}",
            "variants": {
                "canary": {
                    "storageUri": f"s3://model-releases/prod/iris/sha256-{'b' * 64}",
                    "digest": f"sha256:{'b' * 64}",
                }
            },
        },
    ),
    "models": (
        "mlplatform:serving:ModelDeployments",
        {"environment": "production", "registry": {"mode": "locked", "verified": True}, "metricDirections": {}},
    ),
    "provider": ("pulumi:providers:kubernetes", {"kubeconfig": "password: hunter2"}),
    **aws_fixtures.GOOD,
}

# fixture, path to what is spoilt, new value (None removes it), the rule that must break, part of its message
SPOILT = [
    ("isvc", "spec.predictor.model.storageUri", "models:/iris/champion", "model-uri-is-pinned", "registry URI"),
    ("isvc", "spec.predictor.model.storageUri", "s3://models/iris/latest/", "model-uri-is-pinned", "'latest'"),
    ("isvc", "spec.transformer.containers.0.env.0.value", "runs:/1/model", "model-uri-is-pinned", "env[0].value"),
    ("seldon", "spec.predictors.0.graph.modelUri", "mlflow-artifacts:/1/a", "model-uri-is-pinned", "graph.modelUri"),
    ("seldon", "spec.predictors.0.graph.modelUri", "s3://iris/Production", "model-uri-is-pinned", "'Production'"),
    (
        "isvc",
        "spec.transformer.containers.0.image",
        "registry.example.org:5000/t",
        "container-image-is-pinned",
        "no tag",
    ),
    ("deployment", "spec.template.spec.containers.0.image", "nginx:latest", "container-image-is-pinned", "latest"),
    (
        "deployment",
        "spec.template.spec.initContainers.0.image",
        "busybox",
        "container-image-is-pinned",
        "initContainers",
    ),
    ("isvc", "spec.predictor.model.resources", None, "container-resources-are-set", "predictor.model.resources"),
    ("isvc", "spec.predictor.model.resources.limits", {"cpu": 1}, "container-resources-are-set", "limits.memory"),
    (
        "seldon",
        "spec.predictors.0.componentSpecs.0.spec.containers.0.resources.requests.cpu",
        None,
        "container-resources-are-set",
        "requests.cpu",
    ),
    (
        "deployment",
        "spec.template.spec.containers.0.resources.requests",
        None,
        "container-resources-are-set",
        "requests.cpu, requests.memory",
    ),
    (
        "isvc",
        "spec.transformer.containers.0.env.1",
        {"name": "DB_PASSWORD", "value": "hunter2"},
        "no-plaintext-credentials",
        "DB_PASSWORD",
    ),
    ("configmap", "data", {"db.password": "hunter2"}, "no-plaintext-credentials", "data.db.password"),
    ("configmap", "data.url", "postgres://jo:hunter2@db/x", "no-plaintext-credentials", "URL with a password"),
    ("configmap", "data.url", "AKIAIOSFODNN7EXAMPLE", "no-plaintext-credentials", "AWS access key id"),
    (
        "deployment",
        "spec.template.spec.containers.0.args",
        ["--db-password=hunter2"],
        "no-plaintext-credentials",
        "args[0]",
    ),
    ("deployment", "spec.template.spec.containers.0.resources.requests", None, "container-resources-are-set", "cpu"),
    ("seldon", "spec.predictors.0.graph.modelUri", "s3://iris/prod", "model-uri-is-pinned", "'prod'"),
    ("configmap", "data.url", "-----BEGIN RSA PRIVATE KEY-----", "no-plaintext-credentials", "private key"),
    ("release", "version", None, "chart-version-is-pinned", "no range"),
    ("release", "version", "^1.30", "chart-version-is-pinned", "no range"),
    ("release", "version", "1.x.x", "chart-version-is-pinned", "no range"),
    ("release", "repositoryOpts.repo", "http://charts.example.org", "chart-version-is-pinned", "repositoryOpts.repo"),
    ("release", "chart", "http://charts.example.org/istiod-1.30.3.tgz", "chart-version-is-pinned", "chart is fetched"),
    ("model", "signature", None, "model-has-signature", "model iris version 2"),
    ("model", "signature.inputs", [], "model-has-signature", "no signature with inputs"),
    ("locked", "storageUri", URI, "locked-model-is-a-release", f"end in /sha256-{'a' * 64}"),
    ("locked", "storageUri", None, "locked-model-is-a-release", "storageUri is not the release"),
    ("locked", "digest", f"sha256:{'c' * 64}", "locked-model-is-a-release", f"end in /sha256-{'c' * 64}"),
    ("locked", "digest", None, "locked-model-is-a-release", "no digest"),
    ("locked", "variants.canary.digest", f"sha256:{'a' * 64}", "locked-model-is-a-release", "variants.canary.storage"),
    ("locked", "variants.canary", "2", "locked-model-is-a-release", "no digest"),
    ("models", "registry.mode", "live", "production-is-locked", "'live' in production"),
    ("models", "registry", None, "production-is-locked", "'live' in production"),
    ("namespace", "metadata.labels", None, "namespace-has-pod-security-label", "is missing"),
    ("namespace", "metadata", None, "namespace-has-pod-security-label", "is missing"),
    (
        "namespace",
        "metadata.labels",
        {"pod-security.kubernetes.io/enforce": "privileged"},
        "namespace-has-pod-security-label",
        "is 'privileged'",
    ),
    *(
        ("configmap", "data", {name: content}, "no-plaintext-credentials", f"data.{name}")
        for name, content in {
            "rclone.conf": "[s3]\ntype = s3\nsecret_access_key = hunter2\n",
            ".env": "export DB_PASSWORD='hunter2'\nLEVEL=info\n",
            "basic_auth.ini": "[mlflow]\nadmin_password = hunter2\n",
            "values.yaml": "auth:\n  password: hunter2\n",
            "neutral": "hf_" + "Ab3" * 10,
        }.items()
    ),
    *(
        ("deployment", f"spec.template.spec.containers.0.{path}", value, "no-plaintext-credentials", message)
        for path, value, message in (
            ("args", ["--app-password", "hunter2"], "args[1]"),
            ("command", ["sh", "-c", "serve --token hunter2"], "command[2]"),
            (
                "env",
                [{"name": "BACKEND", "value": "amqp://jo:hunter2@queue"}],
                "env[0].value (BACKEND) holds a URL with",
            ),
            ("env", [{"name": "NOTE", "value": "ghp_" + "Ab3" * 12}], "env[0].value (NOTE) holds a token of GitHub"),
        )
    ),
    (
        "release",
        "values",
        {"auth": {"rootPassword": "hunter2"}},
        "no-plaintext-credentials",
        "values.auth.rootPassword",
    ),
    ("release", "values", {"config": "https://jo:hunter2@db"}, "no-plaintext-credentials", "values.config"),
    *(
        ("model", path, value, "model-facts-hold-no-credentials", message)
        for path, value, message in (
            ("params", {"openai_api_key": "hunter2"}, "params.openai_api_key holds a credential"),
            ("tags", {"deploy-token": "hunter2"}, "tags.deploy-token holds a credential"),
            ("tags", {"note": "redacted-0a1b2c"}, "tags.note holds a credential"),
            (
                "requirements",
                ["--extra-index-url https://ci:hunter2@pypi"],
                "requirements[0] holds a URL with a password",
            ),
            ("metrics", {"loss hf_" + "Ab3" * 10: 0.5}, "holds a credential as a name"),
        )
    ),
    *aws_fixtures.SPOILT,
]


@pytest.mark.parametrize("name", GOOD)
def test_good_fixture_passes_every_rule(name):
    assert violations(*GOOD[name]) == []


@pytest.mark.parametrize(
    ("name", "path", "value", "rule", "message"), SPOILT, ids=[f"{row[3]}:{row[0]}-{i}" for i, row in enumerate(SPOILT)]
)
def test_spoilt_fixture_breaks_exactly_one_rule(name, path, value, rule, message):
    kind, properties = GOOD[name]
    found = violations(kind, spoil(properties, path, value))
    assert [broken for broken, _ in found] == [rule]
    assert message in found[0][1]
    assert "hunter2" not in found[0][1]


def test_every_rule_is_broken_by_some_fixture():
    # What looks at components above the resource, too, is broken in test_served.py.
    alone = {rule.name for rule in RULES if rule.check}
    assert alone <= {row[3] for row in SPOILT} <= {rule.name for rule in RULES}


# Each with its reason in its module; a report that is read does not shout what nobody has to do.
ADVISORY = {"model-facts-hold-no-credentials", "production-is-locked"}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_metadata(rule):
    assert re.fullmatch(r"[a-z]+(-[a-z]+)+", rule.name)
    for sentence in (rule.description, rule.reason, rule.fix):
        assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert rule.level is (EnforcementLevel.ADVISORY if rule.name in ADVISORY else EnforcementLevel.MANDATORY)
    assert isinstance(rule.severity, Severity)
    assert (ROOT / "policies" / "rules" / f"{rule.name.replace('-', '_')}.py").is_file()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_the_source_can_be_read(rule):
    record = re.fullmatch(r"decision record (\d+)", rule.source)
    if record:
        assert list((ROOT / "docs" / "adr").glob(f"{int(record[1]):04}-*.md"))
        assert rule.url is None
    else:
        assert rule.source
        assert re.fullmatch(r"https://[a-z.]+/\S+", rule.url)


def test_resources_without_content_are_missing():
    kind, properties = GOOD["deployment"]
    spoilt = json.loads(json.dumps(properties))
    spoilt["spec"]["template"]["spec"]["containers"][0]["resources"] = None
    assert [rule for rule, _ in violations(kind, spoilt)] == ["container-resources-are-set"]


def test_objects_in_a_list_are_judged_too():
    spoilt = spoil(GOOD["deployment"][1], "spec.template.spec.containers.0.image", "nginx")
    found = violations("kubernetes:apps/v1:DeploymentList", {"items": [spoilt]})
    assert [rule for rule, _ in found] == ["container-image-is-pinned"]


@pytest.mark.parametrize(
    "name",
    ["PGPASSWORD", "MYSQL_PWD", "SECRET_KEY", "DB_PASS", "dbPassword", "PASSWORDS", "AWS_ACCESS_KEY_ID", "apiKey"],
)
def test_names_of_credentials(name):
    kind, properties = GOOD["deployment"]
    env = [{"name": name, "value": "hunter2"}]
    found = violations(kind, spoil(properties, "spec.template.spec.containers.0.env", env))
    assert [rule for rule, _ in found] == ["no-plaintext-credentials"]


@pytest.mark.parametrize(("name", "value"), [("MAX_TOKENS", "512"), ("VERIFY_TOKEN", "true"), ("TOKENIZER", "bpe")])
def test_names_that_only_look_like_credentials(name, value):
    kind, properties = GOOD["deployment"]
    env = [{"name": name, "value": value}]
    assert violations(kind, spoil(properties, "spec.template.spec.containers.0.env", env)) == []


def test_argument_that_refers_to_a_variable_is_no_credential():
    kind, properties = GOOD["deployment"]
    assert violations(kind, spoil(properties, "spec.template.spec.containers.0.args", ["--db-password=$(PW)"])) == []


@pytest.mark.parametrize(("password", "rules"), [("${KEY}", 0), ("$KEY", 0), ("$ecret", 1), ("${KEY}x", 1)])
def test_url_whose_password_is_a_variable_of_a_script(password, rules):
    kind, properties = GOOD["configmap"]
    assert len(violations(kind, spoil(properties, "data.url", f"http://jo:{password}@minio:9000"))) == rules


def test_unknown_value_is_not_passed_over():
    kind, properties = GOOD["deployment"]
    with pytest.raises(UnknownValueError):
        violations(kind, spoil(properties, "spec.template.spec.containers.0.image", UNKNOWN))


HOST = {"name": "PGHOST", "value": UNKNOWN}


def test_what_is_known_beside_an_unknown_value_is_judged():
    kind, properties = GOOD["deployment"]
    waiting = spoil(properties, "spec.template.spec.containers.0.env", [HOST, {"name": "PASSWORD", "value": "hunter2"}])
    for path in ("image", "resources"):
        waiting = spoil(waiting, f"spec.template.spec.containers.0.{path}", None)
    found = []
    with pytest.raises(UnknownValueError):
        violations(kind, waiting, found=found)
    # That the host is not known leaves open only whether it is a URL with a password.
    assert [rule for rule, _ in found] == ["container-resources-are-set", "no-plaintext-credentials"]
    assert not [message for _, message in found if "hunter2" in message]


@pytest.mark.parametrize("name", ["container-image-is-pinned", "container-resources-are-set"])
def test_a_variable_that_is_not_known_says_nothing_of_its_container(name):
    kind, properties = GOOD["deployment"]
    waiting = spoil(properties, "spec.template.spec.containers.0.env", [HOST])
    assert violations(kind, waiting, rules=[rule for rule in RULES if rule.name == name]) == []


@pytest.mark.parametrize(
    "image", ["a:1", f"a/b:1.2@sha256:{'0' * 64}", f"r:5000/a@sha256:{'0' * 64}", "r.example.org:5000/a/b:v1"]
)
def test_pinned_images(image):
    assert not list(image_faults(image))


@pytest.mark.parametrize("image", ["a", "r:5000/a", "a:latest", "r:5000/a/b:latest", "a@latest", "a@sha256:0"])
def test_images_that_are_not_pinned(image):
    assert len(list(image_faults(image))) == 1


@pytest.mark.parametrize("environment", ["development", None])
def test_only_production_is_told_to_lock(environment):
    kind, properties = GOOD["models"]
    live = spoil(spoil(properties, "registry.mode", "live"), "environment", environment)
    assert violations(kind, live) == []


def test_a_live_model_may_lie_anywhere():
    kind, properties = GOOD["locked"]
    assert violations(kind, spoil(spoil(properties, "locked", None), "storageUri", URI)) == []


HEX = "a" * 64


@pytest.mark.parametrize(
    "uri", [f"s3://b/{HEX}", f"s3://b/sha256-{HEX}/", f"s3://b/sha256-{HEX}/x", f"s3://b/xsha256-{HEX}", "", None]
)
def test_what_is_no_release_of_a_digest(uri):
    assert release_fault(uri, f"sha256:{HEX}")
    assert not release_fault(f"s3://b/p/iris/sha256-{HEX}", f"sha256:{HEX}")


@pytest.mark.parametrize("uri", [URI, "gs://b/production/iris/3", "https://acc.blob.core.windows.net/c/m-1"])
def test_pinned_uris(uri):
    assert floating(uri) is None
