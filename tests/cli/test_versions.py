"""`mlplatform versions` as a user runs it."""

import json
import re
from pathlib import Path

import jsonschema
import pytest

from mlplatform.config.versions import rows

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((ROOT / "mlplatform" / "cli" / "versions.schema.json").read_text())


def test_the_newest_row_as_a_table(project):
    result = project.run("versions")
    assert result.returncode == 0
    header, *lines = result.stdout.splitlines()
    assert header.split("  ")[0] == "Component"
    for title in ("Pinned", "Kubernetes", "Support ends", "Advisories"):
        assert title in header
    istiod = next(line for line in lines if line.startswith("istiod "))
    assert "1.31.4" in istiod
    assert "1.32 to 1.36" in istiod
    assert "today is 2026-11-21" in result.stderr


@pytest.mark.parametrize("row", rows())
def test_each_row_as_json(project, row):
    result = project.run("versions", "--row", row, "--format", "json")
    data = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA, format_checker=jsonschema.FormatChecker())
    assert (data["row"], data["stack"], data["today"]) == (row, None, "2026-11-21")
    assert all(item["support"]["source"] for item in data["components"])


def test_a_stack_with_the_hole_of_the_image_that_it_names(project):
    project.write(
        text=(
            "config:\n"
            "  mlplatform:cluster: {kind: existing, context: kind-case, kubernetesVersion: '1.36'}\n"
            "  mlplatform:registry: {uri: 'http://127.0.0.1:5500'}\n"
            "  mlplatform:certManager: {}\n"
            "  mlplatform:mlflow:\n"
            "    artifacts:\n"
            "      minio:\n"
            "        image: quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z\n"
            "        clientImage: quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z\n"
        )
    )
    text = project.run("versions", "case").stdout
    assert "ENDED: 2026-04-25" in text
    assert "minio (image): CVE-2025-62506 (8.1): " in text
    data = json.loads(project.run("versions", "case", "--format", "json").stdout)
    jsonschema.validate(data, SCHEMA)
    minio = next(item for item in data["components"] if item["component"] == "minio (image)")
    assert minio["support"]["phase"] == "ended"
    assert minio["advisories"][0]["mendedIn"] == "RELEASE.2025-10-15T17-29-55Z"
    assert minio["advisories"][1]["mendedIn"] is None


def test_an_unknown_row_and_an_unknown_stack_are_one_error(project):
    result = project.run("versions", "--row", "2020-01")
    assert (result.returncode, result.stdout) == (1, "")
    assert "there is no row '2020-01'; known here: " in result.stderr
    project.write("other")
    result = project.run("versions", "case")
    assert (result.returncode, result.stdout) == (1, "")
    assert "Pulumi.case.yaml" in result.stderr


def test_help_lists_it_before_what_is_done_with_models(project):
    commands = re.findall(r"^. ([a-z]+) ", project.run("--help").stdout, re.MULTILINE)
    assert commands.index("settings") < commands.index("versions") < commands.index("models")
