"""The pack in a process of its own, as the engine runs it."""

import subprocess
import sys
from pathlib import Path

import grpc
import pytest
from pulumi.runtime.proto import analyzer_pb2_grpc

PACK = Path(__file__).parents[2] / "policies"


@pytest.fixture(scope="module")
def analyzer(tmp_path_factory):
    # Wherever it is started: what it imports is found by the environment alone.
    tmp = tmp_path_factory.mktemp("anywhere")
    with subprocess.Popen(
        [sys.executable, str(PACK), "127.0.0.1:1", str(PACK)], cwd=tmp, stdout=subprocess.PIPE, text=True
    ) as pack:
        port = int(pack.stdout.readline())
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield analyzer_pb2_grpc.AnalyzerStub(channel)
        pack.kill()
