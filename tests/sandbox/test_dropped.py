"""What counts as dropped, and what is only written in another way."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.sandbox import field_paths as paths
from mlplatform.sandbox.validation.dropped_fields import differences

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("abc1m", max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=2), inner, max_size=3),
    max_leaves=12,
)


def found(sent, answered):
    return {(paths.text(item.path), "changed" if item.changed else "dropped") for item in differences(sent, answered)}


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({"a": 1}, {"a": 1, "b": "by default"}),
        ({"a": {}, "b": [], "c": "", "d": 0, "e": False, "f": None, "g": {"h": {}}}, {"g": {}}),
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"cpu": 0.5}, {"cpu": "500m"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
        ({"timeout": "60s"}, {"timeout": "1m0s"}),
        ({"timeout": "1.5h"}, {"timeout": "1h30m0s"}),
        ({"port": 80}, {"port": 80.0}),
        ({"list": [1, 2]}, {"list": [1, 2, 3]}),
        # A list with the items of others before ours, as on a cluster that has the object already.
        ({"env": [{"name": "A"}]}, {"env": [{"name": "B"}, {"name": "A", "value": "1"}]}),
        ({"stringData": {"a": "b"}}, {"data": {"a": base64.b64encode(b"b").decode()}}),
        ({"data": {"c": "ZA=="}, "stringData": {"a": "b"}}, {"data": {"a": "Yg==", "c": "ZA=="}}),
    ],
)
def test_no_difference(sent, answered):
    assert found(sent, answered) == set()


@pytest.mark.parametrize(
    ("sent", "answered", "expected"),
    [
        ({"a": 1}, {}, {("a", "dropped")}),
        ({"a": {"b": {"c": 1}}}, {"a": {}}, {("a.b", "dropped")}),
        ({"a": [{"b": 1, "c": 2}]}, {"a": [{"b": 1}]}, {("a[*].c", "dropped")}),
        ({"a": [1]}, {"a": []}, {("a[*]", "dropped")}),
        ({"a": 1}, {"a": 2}, {("a", "changed")}),
        ({"a": True}, {"a": 1}, {("a", "changed")}),
        ({"a": {"b": 1}}, {"a": "b"}, {("a", "changed")}),
        ({"a": "1Gi"}, {"a": "1G"}, {("a", "changed")}),
        ({"stringData": {"a": "b"}}, {"data": {}}, {("data.a", "dropped")}),
    ],
)
def test_difference(sent, answered, expected):
    assert found(sent, answered) == expected


@given(VALUES)
def test_whatever_comes_back_as_it_was_is_no_difference(value):
    sent = {"spec": value}
    assert found(sent, json.loads(json.dumps(sent))) == set()


@given(st.dictionaries(st.text("abc", min_size=1, max_size=2), VALUES, min_size=1), st.data())
def test_every_value_that_is_lost_is_found(sent, data):
    lost = data.draw(st.sampled_from(sorted(sent)))
    answered = {key: value for key, value in sent.items() if key != lost}
    said_something = sent[lost] not in (None, False, 0, "", [], {})
    assert found(sent, answered) == ({(lost, "dropped")} if said_something else set())


@pytest.mark.parametrize(
    ("field", "expected"),
    [
        ("spec.replicas", ("spec", "replicas")),
        ("spec.containers[0].image", ("spec", "containers", "*", "image")),
        ('.spec.containers[name="a.b"].image', ("spec", "containers", "*", "image")),
        ("data[tls.crt]", ("data", "tls.crt")),
        ("metadata.annotations[example.org/a]", ("metadata", "annotations", "example.org/a")),
    ],
)
def test_fields_as_the_server_names_them(field, expected):
    assert paths.parse(field) == expected


def test_fields_in_a_message_of_server_side_apply():
    message = (
        "failed to create typed patch object (default/d; apps/v1, Kind=Deployment): errors:\n"
        "  .spec.foo: field not declared in schema\n"
        '  .spec.template.spec.containers[name="c"].imagee: field not declared in schema'
    )
    assert paths.named_in(" ".join(message.split())) == (
        ("spec", "foo"),
        ("spec", "template", "spec", "containers", "*", "imagee"),
    )
