"""The pack as the engine runs it: its own process, asked over the engine's protocol."""

import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import analyzer_pb2, analyzer_pb2_grpc
from ruamel.yaml import YAML

from policies.rules import PACK_NAME, RULES

PACK = Path(__file__).parents[2] / "policies"


@pytest.fixture(scope="module")
def analyzer():
    with subprocess.Popen(
        [sys.executable, "__main__.py", "127.0.0.1:1", str(PACK)], cwd=PACK, stdout=subprocess.PIPE, text=True
    ) as pack:
        port = int(pack.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        pack.kill()


def analyze(analyzer, kind, properties):
    struct = struct_pb2.Struct()
    struct.update(properties)
    return analyzer.Analyze(
        analyzer_pb2.AnalyzeRequest(type=kind, properties=struct, urn=f"urn:pulumi:dev::p::{kind}::n", name="n")
    )


def test_pack_offers_every_rule(analyzer):
    info = analyzer.GetAnalyzerInfo(empty_pb2.Empty())
    assert info.name == PACK_NAME
    assert {policy.name for policy in info.policies} == {rule.name for rule in RULES}


def test_violation_reaches_the_engine_as_mandatory(analyzer):
    answer = analyze(analyzer, "kubernetes:core/v1:Namespace", {"metadata": {"name": "models"}})
    assert [(found.policyName, found.enforcementLevel) for found in answer.diagnostics] == [
        ("namespace-has-pod-security-label", analyzer_pb2.MANDATORY)
    ]


def test_good_resource_has_no_violation(analyzer):
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    assert not analyze(analyzer, "kubernetes:core/v1:Namespace", {"metadata": {"labels": labels}}).diagnostics


def test_pack_description_names_the_pack():
    described = YAML(typ="safe", pure=True).load((PACK / "PulumiPolicy.yaml").read_text())
    assert described["name"] == PACK_NAME
