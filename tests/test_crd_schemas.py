"""The CRD check without an API server is strict."""

import jsonschema
import pytest

from tests import crd_schemas


@pytest.mark.parametrize(
    ("schema", "value", "accepted"),
    [
        ({"type": "object", "properties": {"a": {"type": "string"}}}, {"b": 1}, False),
        ({"type": "object", "properties": {"a": {}}, "x-kubernetes-preserve-unknown-fields": True}, {"b": 1}, True),
        ({"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]}, "80%", True),
        ({"x-kubernetes-int-or-string": True}, 1.5, False),
        ({"type": "string", "nullable": True}, None, True),
        ({"type": "object", "properties": {"type": {"type": "string"}}}, {"type": "x"}, True),
    ],
)
def test_strictness(schema, value, accepted):
    assert jsonschema.Draft202012Validator(crd_schemas.strict(schema)).is_valid(value) is accepted
