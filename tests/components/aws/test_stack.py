"""What all components of AWS ask of the stack."""

import subprocess
import sys

import pytest

from components.aws.stack import aws_settings
from mlplatform.config import parse_settings
from tests.components.aws.project import PREFIX, ROOT, settings_of


def test_settings_of_aws():
    assert aws_settings(settings_of()).prefix == PREFIX


def test_a_stack_without_aws_has_no_components_of_it():
    raw = {"cluster": {"kind": "existing", "context": "dev"}, "registry": {"uri": "http://127.0.0.1:5500"}}
    with pytest.raises(ValueError, match="no settings of AWS"):
        aws_settings(parse_settings(raw, file="Pulumi.case.yaml"))


def test_what_checks_settings_does_not_load_the_sdk_of_aws():
    pure = [
        "cidr_plan",
        "iam.bucket_policies",
        "iam.documents",
        "iam.key_policies",
        "iam.trust",
        "log_groups",
        "names",
        "tags",
    ]
    imports = "; ".join(f"import components.aws.{module}" for module in pure)
    program = f"{imports}; import sys; print('pulumi_aws' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
