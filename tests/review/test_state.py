import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.problems import ProblemsError
from mlplatform.review.state.export_document import export_document
from mlplatform.review.state.order import ordered
from mlplatform.review.state.property_values import RESOURCE_REFERENCE, SECRET, SIGNATURE, UNKNOWN, secret
from mlplatform.review.state.resources import ResourceState, StackState, policy_properties, renamed
from mlplatform.review.state.state_file import parse_document, read_state, write_state

ROOT = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
THING = "urn:pulumi:dev::proj::a:b:C::thing"

texts = st.text(max_size=6)
values = st.recursive(
    st.booleans() | st.integers() | texts | st.builds(secret, known=st.booleans()) | st.just(UNKNOWN),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=6,
)
states = st.builds(
    ResourceState,
    urn=st.just(THING),
    type=st.just("a:b:C"),
    custom=st.booleans(),
    external=st.booleans(),
    id=st.none() | st.text(min_size=1, max_size=3),
    parent=st.none() | st.just(ROOT),
    provider=st.none() | st.just("p::id"),
    dependencies=st.just((THING, ROOT)),
    property_dependencies=st.dictionaries(texts, st.just((ROOT,)), max_size=2),
    inputs=st.dictionaries(texts, values, max_size=3),
    outputs=st.dictionaries(texts, values, max_size=3),
    protect=st.booleans(),
    retain_on_delete=st.booleans(),
    delete_before_replace=st.none() | st.booleans(),
    aliases=st.just((ROOT,)),
    custom_timeouts=st.sampled_from([{}, {"create": 60, "delete": 0.5}]),
    deleted_with=st.none() | st.just(ROOT),
    import_id=st.none() | st.just("x"),
    pending_replacement=st.booleans(),
    init_errors=st.sampled_from([(), ("timed out", "no such image")]),
)


@given(states)
def test_a_state_survives_its_document(resource):
    root = ResourceState(urn=ROOT, type="pulumi:pulumi:Stack", custom=False)
    state = StackState(stack="dev", project="proj", resources=(root, resource), deployed=False)
    document = json.loads(json.dumps(export_document(state)))
    assert parse_document(document, file="x") == state


def test_the_file_is_an_export_without_times(tmp_path):
    resource = ResourceState(urn=THING, type="a:b:C", custom=True, inputs={"b": secret(), "a": "ü"}, protect=True)
    write_state(StackState(stack="dev", project="proj", resources=(resource,)), tmp_path / "stack.json")
    assert (tmp_path / "stack.json").read_text(encoding="utf-8") == (
        """{
    "version": 3,
    "deployment": {
        "manifest": {
            "time": "0001-01-01T00:00:00Z",
            "magic": "",
            "version": ""
        },
        "resources": [
            {
                "urn": "urn:pulumi:dev::proj::a:b:C::thing",
                "custom": true,
                "type": "a:b:C",
                "inputs": {
                    "a": "ü",
                    "b": {
                        "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
                        "ciphertext": "[secret]"
                    }
                },
                "protect": true
            }
        ],
        "metadata": {}
    }
}
"""
    )


def _document(*resources, version=3):
    return {"version": version, "deployment": {"manifest": {}, "resources": list(resources)}}


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (None, "there is no such file"),
        (b"\xff\xfe", "cannot be read: UnicodeDecodeError"),
        (b'{"version": 3, "deployment": {"resour', "is not JSON (line 1), or only the beginning of it"),
        (b"[]", "is no Pulumi state; it must be a file of 'pulumi stack export'"),
        (b'{"version": 3}', "is no Pulumi state"),
        (b'{"version": 3, "checkpoint": {}}', "say: pulumi stack export --file FILE"),
        (b'{"version": 5, "deployment": {}}', "version: is 5, known are 2 to 4; update this tool"),
        (b'{"version": 1, "deployment": {}}', "version: is 1, known are 2 to 4; export it again"),
        (b'{"version": "3", "deployment": {}}', "known are 2 to 4; export it again"),
        (b'{"version": 3, "deployment": []}', "deployment.resources: must be a list"),
        (b'{"version": 3, "deployment": {"resources": {"a": 1}}}', "deployment.resources: must be a list"),
        (b'{"version": 3, "deployment": {"resources": [1]}}', "deployment.resources[0]: is no resource"),
        (b'{"version": 3, "deployment": {"resources": [{"urn": "x", "type": "y"}]}}', "resources[0]: is no resource"),
        (json.dumps(_document({"urn": THING})).encode(), "resources[0]: is no resource"),
        (json.dumps(_document({"urn": THING, "type": "t", "inputs": [1]})).encode(), "resources[0]: is no resource"),
        (json.dumps(_document({"urn": THING, "type": "t", "aliases": "x"})).encode(), "resources[0]: is no resource"),
        (json.dumps(_document(*[{"urn": THING, "type": "t"}] * 2)).encode(), f"holds '{THING}' twice"),
    ],
)
def test_a_wrong_file_is_a_clear_problem(tmp_path, content, expected):
    path = tmp_path / "state.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ProblemsError) as caught:
        read_state(path)
    assert expected in str(caught.value)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("depth", [201, 900, 100_000])
def test_a_file_that_is_nested_too_deeply(tmp_path, depth):
    (tmp_path / "stack.json").write_text('{"version": 3, "deployment": ' + "[" * depth + "]" * depth + "}")
    with pytest.raises(ProblemsError, match=r"stack\.json: is nested more than 200 deep; it must be a file of"):
        read_state(tmp_path / "stack.json")


def test_a_state_file_is_its_owners_alone(tmp_path):
    path = tmp_path / "stack.json"
    path.write_text("of another version, for everybody")
    path.chmod(0o644)
    write_state(StackState(stack="dev", project="proj", resources=()), path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]


def test_an_empty_stack_is_a_state():
    assert parse_document({"version": 3, "deployment": {"manifest": {}}}, file="x").resources == ()


def test_an_exports_own_fields_are_read_and_its_volatile_ones_are_not():
    item = {
        "urn": THING,
        "custom": True,
        "type": "a:b:C",
        "created": "2026-01-01T00:00:00Z",
        "modified": "2026-01-01T00:00:00Z",
        "sourcePosition": "project:///__main__.py#1",
        "stackTrace": [{}],
        "inputs": None,
        "outputs": {"s": {SIGNATURE: SECRET, "plaintext": '"hunter2"'}, "n": 2.0},
        "ignoreChanges": ["a"],
        "replaceOnChanges": ["b"],
        "replaceWith": [ROOT],
        "additionalSecretOutputs": ["s"],
        "propertyDependencies": {"a": None},
    }
    deleted = item | {"urn": THING + "2", "delete": True}
    state = parse_document(_document(item, deleted, version=4), file="x")
    assert [resource.urn for resource in state.resources] == [THING]
    assert [resource.urn for resource in state.pending_deletes] == [THING + "2"]
    resource = state.resources[0]
    assert resource.outputs == {"s": secret(), "n": 2}
    assert resource.inputs == {}
    assert resource.property_dependencies == {"a": ()}
    assert resource.name == "thing"
    assert state.resource(THING) is resource
    assert state.root is None


def test_policies_see_placeholders():
    resource = ResourceState(
        urn=THING, type="a:b:C", custom=True, inputs={"a": secret(), "b": [secret(known=False), UNKNOWN, 1]}
    )
    assert policy_properties(resource) == {"a": "[secret]", "b": [UNKNOWN, UNKNOWN, 1]}


def test_a_state_moves_to_another_stack_with_all_its_urns():
    reference = {SIGNATURE: RESOURCE_REFERENCE, "urn": THING, "id": ""}
    resource = ResourceState(
        urn=THING,
        type="a:b:C",
        custom=True,
        parent=ROOT,
        provider=f"{THING}::id",
        dependencies=(THING,),
        property_dependencies={"x": (THING,)},
        aliases=(THING,),
        deleted_with=THING,
        replace_with=(THING,),
        inputs={"x": [reference], "text": "urn:pulumi:dev::proj::in::text"},
    )
    state = StackState(stack="dev", project="proj", resources=(resource,))
    text = json.dumps(export_document(renamed(state, stack="prod", project="other")))
    assert text.count("urn:pulumi:prod::other::") == 9
    assert text.count("urn:pulumi:dev::proj::") == 1
    assert renamed(state, stack="dev", project="proj") is state


@given(st.permutations(range(6)))
def test_the_order_does_not_depend_on_registration(order):
    def urn(name):
        return f"urn:pulumi:dev::proj::a:b:C::{name}"

    provider = "urn:pulumi:dev::proj::pulumi:providers:a::p"
    resources = [
        ResourceState(urn=ROOT, type="pulumi:pulumi:Stack", custom=False),
        ResourceState(urn=provider, type="pulumi:providers:a", custom=True, parent=ROOT),
        ResourceState(urn=urn("z"), type="a:b:C", custom=False, parent=ROOT),
        ResourceState(urn=urn("b"), type="a:b:C", custom=True, parent=urn("z"), provider=f"{provider}::id"),
        ResourceState(urn=urn("a"), type="a:b:C", custom=True, parent=ROOT, property_dependencies={"x": (urn("b"),)}),
        ResourceState(urn=urn("0"), type="a:b:C", custom=True, deleted_with=urn("a"), dependencies=("gone",)),
    ]
    assert list(ordered(resources[index] for index in order)) == resources


def test_resources_in_a_circle_are_not_lost():
    one, two = (
        ResourceState(urn=f"urn:pulumi:dev::proj::a:b:C::{a}", type="a:b:C", custom=True,
                      dependencies=(f"urn:pulumi:dev::proj::a:b:C::{b}",))
        for a, b in ("12", "21")
    )  # fmt: skip
    assert ordered([two, one]) == (one, two)
