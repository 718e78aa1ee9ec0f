"""What all components of AWS ask of the stack."""

import pytest

from components.aws.stack import aws_settings
from settings import parse_settings
from tests.components.aws.project import PREFIX, settings_of


def test_settings_of_aws():
    assert aws_settings(settings_of()).prefix == PREFIX


def test_a_stack_without_aws_has_no_components_of_it():
    raw = {"cluster": {"kind": "existing", "context": "dev"}, "registry": {"uri": "http://127.0.0.1:5500"}}
    with pytest.raises(ValueError, match="no settings of AWS"):
        aws_settings(parse_settings(raw, file="Pulumi.case.yaml"))
