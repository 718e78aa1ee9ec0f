"""What AWS would refuse in the middle of an update is said before the first resource, one line each."""

import copy
import json
from pathlib import Path

import pytest
import yaml

from components.aws.problems import aws_problems
from components.on_aws import served_folders
from mlplatform.config import parse_settings

ROOT = Path(__file__).parents[3]
FILE = "Pulumi.case.yaml"
ROLE = "arn:aws:iam::210987654321:role"


@pytest.fixture(scope="module")
def prod():
    config = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
    return {key.removeprefix("mlplatform:"): value for key, value in config.items() if key.startswith("mlplatform:")}


def problems(raw, change=lambda _: None):
    raw = copy.deepcopy(raw)
    change(raw)
    settings = parse_settings(raw, file=FILE)
    return [str(problem) for problem in aws_problems(settings, served_folders(settings), file=FILE)]


def test_prod_has_none(prod):
    assert problems(prod) == []


def test_a_stack_without_aws_has_none(prod):
    def existing(raw):
        for key in ("aws", "mlflow", "certManager", "istio", "ingress", "knative", "kserve", "seldon", "monitoring"):
            del raw[key]
        del raw["training"]
        raw["cluster"] = {"kind": "existing", "context": "c"}

    assert problems(prod, existing) == []


def test_live_models_without_a_bucket_of_artifacts(prod):
    def live(raw):
        raw["registry"]["mode"] = "live"
        for key in ("mlflow", "training", "releaseStore"):
            del raw[key]
        del raw["aws"]["buckets"]

    (found,) = problems(prod, live)
    assert found.startswith(f"{FILE}: registry.mode: live needs mlflow.artifacts.s3")


def test_more_models_than_a_role_has_room_for(prod):
    def many(raw):
        model = raw["models"][0]
        raw["models"] = [
            {**model, "name": f"model-{number}", "registeredModel": f"{'long-name-' * 9}{number:04}"}
            for number in range(400)
        ]

    (found,) = problems(prod, many)
    assert found.startswith(f"{FILE}: models: in namespace models: 400 registered models take ")
    assert "serve some of them from another namespace" in found


@pytest.mark.parametrize(
    ("bucket", "key", "count", "taken"),
    [
        ("releases", "releasers", 60, "2048"),
        ("releases", "readers", 400, "20480"),
        ("artifacts", "readers", 400, "20480"),
    ],
)
def test_more_principals_than_a_policy_has_room_for(prod, bucket, key, count, taken):
    def many(raw):
        raw["aws"]["buckets"].setdefault(bucket, {})[key] = [f"{ROLE}/reader-{number:04}" for number in range(count)]

    found = problems(prod, many)
    (line,) = [each for each in found if f"aws.buckets.{bucket}.{key}" in each]
    assert f"and AWS takes {taken};" in line
    assert f"{ROLE}" not in json.dumps(found)


def test_names_that_are_too_long_are_among_them(prod):
    def long(raw):
        raw["aws"]["nodeGroups"][1]["name"] = "n" * 45

    (found,) = problems(prod, long)
    assert found.startswith(f"{FILE}: aws.nodeGroups[1].name: makes ")


def test_a_region_without_a_certificate_of_rds(prod):
    def elsewhere(raw):
        text = json.dumps(raw).replace("eu-central-1", "xx-nowhere-9")
        raw |= json.loads(text)

    found = problems(prod, elsewhere)
    assert len(found) == 1
    assert found[0].startswith(f"{FILE}: aws.region: no certificate of RDS in xx-nowhere-9")


def test_a_hosted_zone_that_would_be_a_pattern(prod):
    def wide(raw):
        raw["certManager"]["issuer"]["dns01"]["hostedZoneId"] = "Z*"

    (found,) = problems(prod, wide)
    assert found.startswith(f"{FILE}: certManager.issuer.dns01.hostedZoneId: ")
