"""What must not reach production: one clear error each on the command line, and nothing planned."""

import os
import subprocess
import sys

import pytest

from tests.aws.prod import prod_project
from tests.aws.run import ROOT

# 2027-04-01, after the end of standard support of Kubernetes 1.35 on EKS.
AFTER_SUPPORT = "1806537600"
# What is changed in the committed stack, the setting that the error names, and what it says.
CASES = {
    "overlapping-networks": ({"aws.network.peeredCidrs": ["10.40.128.0/20"]}, "aws.network.peeredCidrs[0]", "overlaps"),
    "one-zone": ({"aws.network.zones": ["eu-central-1a"]}, "aws.network.zones", "name at least 3"),
    "version-out-of-support": ({"cluster.kubernetesVersion": "1.35"}, "cluster.kubernetesVersion", "standard support"),
    "public-endpoint-without-networks": ({"cluster.publicEndpoint": {}}, "cluster.publicEndpoint.cidrs", "is required"),
    "public-bucket": ({"aws.buckets.artifacts": {"readers": ["*"]}}, "aws.buckets.artifacts.readers[0]", "public"),
}


@pytest.mark.parametrize("case", CASES)
def test_each_is_one_error_and_nothing_is_planned(case, tmp_path):
    changes, key, words = CASES[case]
    project = prod_project(tmp_path / "project", changes)
    done = subprocess.run(
        [sys.executable, "-m", "mlplatform", "preview", "prod"],
        cwd=project,
        env={**os.environ, "PYTHONPATH": str(ROOT), "SOURCE_DATE_EPOCH": AFTER_SUPPORT},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1
    (error,) = (line for line in done.stdout.splitlines() + done.stderr.splitlines() if line.startswith("error: "))
    assert error.startswith(f"error: Pulumi.prod.yaml: {key}: ")
    assert words in error
    assert "1 error; nothing was planned." in done.stdout + done.stderr
