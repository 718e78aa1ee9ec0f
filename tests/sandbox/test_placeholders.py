"""Stand-ins for what is secret or unknown have the type that the server publishes."""

import pytest
from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.state.property_values import SECRET_TEXT, secret
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.sandbox.validation.placeholders import fill, fill_secret
from mlplatform.sandbox.validation.schemas import Schemas
from mlplatform.sandbox.validation.stack_objects import filled, objects_of, patches_of
from mlplatform.sandbox.validation.validate import validate_objects
from tests.sandbox.objects import deployment, template


def resource(type_, name, **inputs):
    return ResourceState(
        urn=f"urn:pulumi:case::mlplatform::kubernetes:{type_}::{name}",
        type=f"kubernetes:{type_}",
        custom=True,
        inputs=inputs,
    )


def stack(*resources):
    return StackState(stack="case", project="mlplatform", resources=resources)


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"type": "string"}, "placeholder"),
        ({"type": "string", "enum": ["A", "B"]}, "A"),
        ({"type": "string", "format": "date-time"}, "2026-01-01T00:00:00Z"),
        ({"type": "string", "format": "int-or-string"}, 1),
        ({"x-kubernetes-int-or-string": True}, 1),
        ({"oneOf": [{"type": "string"}, {"type": "number"}]}, "1"),
        ({"type": "integer", "minimum": 30}, 30),
        ({"type": "number"}, 1),
        ({"type": "boolean"}, True),
        ({"type": "array", "items": {}}, []),
        ({"type": "object"}, {}),
        ({}, {}),
    ],
)
@pytest.mark.parametrize("text", [UNKNOWN, SECRET_TEXT])
def test_type_of_a_stand_in(schema, expected, text):
    manifest, stand_ins, left_out = fill({"spec": [{"a": text, "b": 1}]}, lambda _path: schema)
    assert manifest == {"spec": [{"a": expected, "b": 1}]}
    assert stand_ins == (("spec", "*", "a"),)
    assert left_out == ()


def test_unknown_of_unknown_type_is_left_out():
    manifest, stand_ins, left_out = fill({"a": UNKNOWN, "b": [UNKNOWN, 1]}, lambda _path: None)
    assert manifest == {"b": [1]}
    assert stand_ins == ()
    assert left_out == (("a",), ("b", "*"))


@pytest.mark.parametrize(
    ("type_", "values", "expected"),
    [
        (None, {"a": SECRET_TEXT}, {"a": "placeholder"}),
        (None, {SECRET_TEXT: SECRET_TEXT}, {"placeholder": "placeholder"}),
        (
            "kubernetes.io/basic-auth",
            {SECRET_TEXT: SECRET_TEXT, "more": SECRET_TEXT},
            {"username": "placeholder", "password": "placeholder", "more": "placeholder"},
        ),
        (
            "kubernetes.io/dockerconfigjson",
            {".dockerconfigjson": SECRET_TEXT},
            {".dockerconfigjson": '{"auths": {}}'},
        ),
    ],
)
def test_values_of_a_secret(type_, values, expected):
    manifest = {"kind": "Secret", "stringData": values} | ({"type": type_} if type_ else {})
    assert fill_secret(manifest)["stringData"] == expected


def test_secret_without_values():
    assert fill_secret({"kind": "Secret"}) == {"kind": "Secret"}


def test_secrets_of_every_type_are_taken_by_the_server(control_plane):
    types = ["Opaque", "kubernetes.io/tls", "kubernetes.io/dockerconfigjson", "kubernetes.io/dockercfg"]
    types += ["kubernetes.io/basic-auth", "kubernetes.io/ssh-auth"]
    state = stack(
        *(
            resource(
                "core/v1:Secret",
                f"secret-{number}",
                metadata={"name": f"secret-{number}"},
                type=type_,
                stringData=secret(),
            )
            for number, type_ in enumerate(types)
        )
    )
    objects, unknown = filled(objects_of(state), Schemas(control_plane.api))
    assert unknown == []
    assert validate_objects(objects, control_plane.api) == []


def test_unknown_values_of_a_built_in_kind(control_plane):
    manifest = deployment("default", replicas=UNKNOWN)
    container = manifest["spec"]["template"]["spec"]["containers"][0]
    container |= {
        "image": UNKNOWN,
        "args": [UNKNOWN],
        "env": [{"name": "A", "value": SECRET_TEXT}],
        "ports": [{"containerPort": UNKNOWN}],
        "resources": {"limits": {"memory": UNKNOWN}},
    }
    manifest["metadata"]["annotations"] = {"checksum": UNKNOWN}
    inputs = {key: value for key, value in manifest.items() if key not in {"apiVersion", "kind"}}
    state = stack(resource("apps/v1:Deployment", "deployment", **inputs))
    objects, unknown = filled(objects_of(state), Schemas(control_plane.api))
    assert unknown == []
    spec = objects[0].manifest["spec"]
    assert spec["replicas"] == 1
    assert spec["template"]["spec"]["containers"][0]["resources"] == {"limits": {"memory": "1"}}
    assert validate_objects(objects, control_plane.api) == []


def test_stand_in_that_the_server_refuses_is_no_error(control_plane):
    # No stand-in can guess which schedules there are; that it is one is all that was found.
    job = {"template": template(restartPolicy="Never")}
    inputs = {"metadata": {"name": "nightly"}, "spec": {"schedule": UNKNOWN, "jobTemplate": {"spec": job}}}
    state = stack(resource("batch/v1:CronJob", "nightly", **inputs))
    objects, _ = filled(objects_of(state), Schemas(control_plane.api))
    found = validate_objects(objects, control_plane.api)
    assert [(item.severity, item.message) for item in found] == [
        ("unchecked", "not known before the update, so the object cannot be checked as a whole: spec.schedule")
    ]


def test_another_mistake_beside_a_stand_in_is_an_error(control_plane):
    job = {"template": template(restartPolicy="Sometimes")}
    inputs = {"metadata": {"name": "nightly"}, "spec": {"schedule": UNKNOWN, "jobTemplate": {"spec": job}}}
    state = stack(resource("batch/v1:CronJob", "nightly", **inputs))
    objects, _ = filled(objects_of(state), Schemas(control_plane.api))
    found = validate_objects(objects, control_plane.api)
    assert "error" in {item.severity for item in found}
    assert "restartPolicy" in "".join(item.message for item in found)


def test_unknown_part_without_a_type(control_plane):
    state = stack(resource("core/v1:ConfigMap", "config", metadata={"name": "config"}, nonsense=UNKNOWN))
    objects, unknown = filled(objects_of(state), Schemas(control_plane.api))
    assert [(item.severity, item.object) for item in unknown] == [("unchecked", "ConfigMap config")]
    assert "nonsense" in unknown[0].message
    assert validate_objects(objects, control_plane.api) == []


def test_objects_of_a_stack_have_names_and_homes():
    provider = ResourceState(
        urn="urn:pulumi:case::mlplatform::pulumi:providers:kubernetes::p",
        type="pulumi:providers:kubernetes",
        custom=True,
        inputs={"namespace": "home"},
    )
    named = resource("core/v1:ConfigMap", "Unnamed")
    named = ResourceState(**{**vars(named), "provider": f"{provider.urn}::id"})
    patch = resource("core/v1:ConfigMapPatch", "patch", kind="ConfigMap", metadata={"name": "theirs"})
    state = stack(provider, named, patch)
    (found,) = objects_of(state)
    assert (found.name, found.home, found.origin) == ("unnamed", "home", named.urn)
    assert [(item.severity, item.object) for item in patches_of(state)] == [("unchecked", "ConfigMap theirs")]
