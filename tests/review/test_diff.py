import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.review.diff.comparison import diff_states
from mlplatform.review.diff.normalise import comparable
from mlplatform.review.state.property_values import PLAIN_TEXT_NOT_SHOWN, UNKNOWN, secret
from mlplatform.review.state.resources import ResourceState, StackState
from tests.review.states import output_changes

ROOT = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
KUBE = "urn:pulumi:dev::proj::pulumi:providers:kubernetes::k"


def resource(type_, name, inputs=None, *, custom=True, **more):
    urn = f"urn:pulumi:dev::proj::{type_}::{name}"
    if custom and type_.startswith("kubernetes:"):
        more.setdefault("provider", f"{KUBE}::{UNKNOWN}")
    return ResourceState(urn=urn, type=type_, custom=custom, parent=ROOT, inputs=inputs or {}, **more)


def provider(**inputs):
    return resource("pulumi:providers:kubernetes", "k", inputs)


def state(*resources, outputs=None):
    root = ResourceState(urn=ROOT, type="pulumi:pulumi:Stack", custom=False, outputs=outputs or {})
    return StackState(stack="dev", project="proj", resources=(root, *resources))


def one(old, new, *, before=(), after=()):
    """Return the difference of one resource, the last of both states."""
    return next(item for item in diff_states(state(*before, old), state(*after, new)) if item.new is new)


def kube(kind, inputs, name="x", **more):
    version, _, short = kind.rpartition(":")
    head = {"apiVersion": version.removeprefix("core/"), "kind": short}
    return resource(f"kubernetes:{kind}", name, {**head, **inputs}, **more)


def changed(found):
    return [(change.path, change.kind, change.old, change.new) for change in found.changes]


def test_without_an_old_state_everything_is_new_but_what_is_only_read():
    read = resource("a:b:C", "read", external=True, id="1")
    found = diff_states(None, state(resource("a:b:C", "x"), read))
    assert [item.op for item in found] == ["create", "create", "same"]
    assert all(item.changes == () and item.old is None for item in found)


def test_every_operation_in_the_order_of_the_new_state_then_deletions_backwards():
    old = state(*(resource("a:b:C", name, {"v": 1}) for name in ("gone1", "kept", "changed", "gone2")),
                resource("a:b:C", "read", external=True))  # fmt: skip
    new = state(
        resource("a:b:C", "changed", {"v": 2}),
        resource("a:b:C", "new"),
        resource("a:b:C", "kept", {"v": 1}),
    )
    found = [(item.name, item.op) for item in diff_states(old, new)]
    assert found == [
        ("proj-dev", "same"), ("changed", "update"), ("new", "create"), ("kept", "same"),
        ("gone2", "delete"), ("gone1", "delete"),
    ]  # fmt: skip


def test_changes_are_named_as_in_the_engines_detailed_diff():
    found = one(
        resource("a:b:C", "x", {"a": {"b.c/d": 1, "gone": [1]}, "l": [{"k": 1}, 2], "t": "1", "n": None, "f": True}),
        resource("a:b:C", "x", {"a": {"b.c/d": 2}, "l": [{"k": 1}], "t": {"x": 1}, "added": {"y": [1]}, "f": 1}),
    )
    assert changed(found) == [
        ('a["b.c/d"]', "update", 1, 2),
        ("a.gone", "delete", [1], None),
        ("added", "add", None, {"y": [1]}),
        ("f", "update", True, 1),
        ("l[1]", "delete", 2, None),
        ("t", "update", "1", {"x": 1}),
    ]


def test_secrets_are_never_shown_nor_compared_with_each_other():
    found = one(
        resource("a:b:C", "x", {"both": secret(), "was": "hunter2", "is": secret(), "list": secret(), "in": ["a"]}),
        resource("a:b:C", "x", {"both": secret(known=False), "was": secret(), "is": "hunter2",
                                "list": [{"v": secret()}], "in": [secret()]}),
    )  # fmt: skip
    assert found.uncompared == ("both", "list")
    assert changed(found) == [
        ("in[0]", "update", PLAIN_TEXT_NOT_SHOWN, secret()),
        ("is", "update", secret(), PLAIN_TEXT_NOT_SHOWN),
        ("was", "update", PLAIN_TEXT_NOT_SHOWN, secret()),
    ]
    assert "hunter2" not in repr(found.changes)


def test_an_unknown_of_unchanged_resources_is_taken_as_unchanged_and_said_so():
    source, other = resource("a:b:Source", "s", {"v": 1}), resource("a:b:Source", "s", {"v": 2})
    old = resource("a:b:C", "x", {"id": "i-1"}, property_dependencies={"id": (source.urn,)})
    new = resource("a:b:C", "x", {"id": UNKNOWN}, property_dependencies={"id": (source.urn,)})
    same = one(old, new, before=[source], after=[source])
    assert (same.op, same.assumed) == ("same", ("id",))
    update = one(old, new, before=[source], after=[other])
    assert (update.op, changed(update)) == ("update", [("id", "update", "i-1", UNKNOWN)])
    # Without knowing where it comes from, or with another source, nothing is assumed.
    assert one(old, resource("a:b:C", "x", {"id": UNKNOWN}), before=[source], after=[source]).op == "update"
    nowhere = resource("a:b:C", "x", {"id": "i-1"})
    assert one(nowhere, new, before=[source], after=[source]).op == "update"
    assert one(new, new, before=[source], after=[other]).op == "same"


def test_ignored_changes_are_no_changes():
    inputs = {"a": {"b": 1, "c": 1}, "l": [{"x": 1}, {"x": 2}]}
    new = {"a": {"b": 2, "c": 2, "d": 3}, "l": [{"x": 7}, {"x": 8}, {"x": 9}]}
    ignored = ("a.b", "l[*].x", "a.d")
    found = one(resource("a:b:C", "x", inputs), resource("a:b:C", "x", new, ignore_changes=ignored))
    assert [path for path, *_ in changed(found)] == ["a.c", "l[2]"]


def test_a_former_name_is_the_same_resource():
    old = resource("a:b:C", "old", {"v": 1})
    new = resource("a:b:C", "new", {"v": 1}, aliases=("urn:pulumi:dev::proj::a:b:C::none", old.urn))
    found = diff_states(state(old), state(new))
    assert [(item.op, item.name) for item in found] == [("same", "proj-dev"), ("same", "new")]
    assert found[1].old == old


def test_a_former_name_that_is_another_resource_now_is_not_taken_from_it():
    old = resource("a:b:C", "a", {"v": 1})
    first = resource("a:b:C", "0", {"v": 1}, aliases=(old.urn,))
    ops = {item.name: item.op for item in diff_states(state(old), state(first, old))}
    assert (ops["0"], ops["a"]) == ("create", "same")


def test_two_stacks_are_compared_by_what_their_resources_are_called():
    dev = state(resource("a:b:C", "x", {"v": 1}))
    document = json.dumps([resource.urn for resource in dev.resources]).replace("dev", "prod")
    prod = StackState(
        stack="prod",
        project="proj",
        resources=tuple(
            ResourceState(urn=urn, type=item.type, custom=item.custom, inputs=item.inputs)
            for urn, item in zip(json.loads(document), dev.resources, strict=True)
        ),
    )
    assert [item.op for item in diff_states(prod, dev)] == ["same", "same"]


def test_protected_resources_are_told_from_others():
    kept = resource("a:b:C", "x", {"v": 1}, protect=True, replace_on_changes=("v",))
    changed_kept = resource("a:b:C", "x", {"v": 2}, protect=True, replace_on_changes=("v",))
    freed = resource("a:b:C", "x", {"v": 2}, replace_on_changes=("v",))
    assert one(kept, changed_kept).refused
    assert not one(kept, freed).refused
    assert diff_states(state(kept), state())[-1].refused
    assert not diff_states(state(freed), state())[-1].refused


def test_reasons_for_a_replacement_outside_the_inputs():
    first = resource("a:b:C", "first", {"v": 1}, replace_on_changes=("*",))
    again = resource("a:b:C", "first", {"v": 2}, replace_on_changes=("*",))
    for wish, reason in (
        ({"deleted_with": first.urn}, "deletedWith"),
        ({"replace_with": (first.urn,)}, "replaceWith"),
    ):
        second = resource("a:b:C", "second", **wish)
        found = one(second, second, before=[first], after=[again])
        assert (found.op, found.replace_reasons) == ("replace", (reason,))
    pending = resource("a:b:C", "x", pending_replacement=True)
    assert one(pending, resource("a:b:C", "x")).replace_reasons == ("pendingReplacement",)
    assert one(resource("a:b:C", "x"), resource("a:b:C", "x", custom=False)).replace_reasons == ("type",)
    assert one(resource("a:b:C", "x", external=True), resource("a:b:C", "x")).op == "create"
    assert one(resource("a:b:C", "x"), resource("a:b:C", "x", external=True)).op == "same"


KUBECONFIG = """
apiVersion: v1
clusters: [{name: one, cluster: {server: "https://one"}}, {name: two, cluster: {server: "https://two"}}]
contexts: [{name: a, context: {cluster: one}}, {name: b, context: {cluster: two}}]
current-context: a
"""


@pytest.mark.parametrize(
    ("old", "new", "keys"),
    [
        ({"context": "a"}, {"context": "b"}, ()),
        ({"kubeconfig": KUBECONFIG, "context": "a"}, {"kubeconfig": KUBECONFIG, "context": "b"}, ("context",)),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG.replace("https://one", "https://1")}, ("kubeconfig",)),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG + "\nusers: []"}, ()),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": KUBECONFIG, "cluster": "two"}, ("cluster",)),
        ({"kubeconfig": KUBECONFIG}, {"kubeconfig": UNKNOWN}, ("kubeconfig",)),
        ({"kubeconfig": secret()}, {"kubeconfig": secret(known=False)}, ()),
        ({"kubeconfig": "[]"}, {"kubeconfig": "{"}, ()),
        ({"clusterIdentifier": "1"}, {"clusterIdentifier": "2"}, ("clusterIdentifier",)),
        ({"clusterIdentifier": "1", "kubeconfig": "a"}, {"clusterIdentifier": "1", "kubeconfig": UNKNOWN}, ()),
        ({}, {"clusterIdentifier": "2"}, ()),
        ({"renderYamlToDirectory": "a"}, {"renderYamlToDirectory": "b"}, ("renderYamlToDirectory",)),
    ],
)
def test_a_new_cluster_replaces_the_provider_and_all_its_objects(old, new, keys):
    thing = kube("core/v1:Namespace", {"metadata": {"name": "n"}})
    found = diff_states(state(provider(**old), thing), state(provider(**new), thing))
    assert found[1].replace_reasons == keys
    assert found[1].op == ("replace" if keys else "same" if found[1].uncompared else "update")
    assert found[2].op == ("replace" if keys else "same")
    assert found[2].replace_reasons == (("provider",) if keys else ())


def test_a_resource_of_another_provider_is_replaced_when_that_manages_another_cluster():
    def other(name, **inputs):
        return resource("pulumi:providers:kubernetes", name, inputs)

    old = kube("core/v1:Namespace", {}, provider=other("a").urn + "::id-1")
    new = kube("core/v1:Namespace", {}, provider=other("b").urn + f"::{UNKNOWN}")
    before = other("a", kubeconfig=KUBECONFIG)
    assert one(old, new, before=[before], after=[other("b", kubeconfig=KUBECONFIG)]).op == "same"
    moved = one(old, new, before=[before], after=[other("b", kubeconfig=KUBECONFIG, context="b")])
    assert moved.replace_reasons == ("provider",)
    assert one(old, new, before=[], after=[other("b")]).op == "same"


@pytest.mark.parametrize(
    ("kind", "old", "new", "settings", "reasons"),
    [
        ("core/v1:Namespace", {"metadata": {"name": "a"}}, {"metadata": {"name": "b"}}, {}, ["metadata.name"]),
        ("apps/v1:Deployment", {"spec": {"replicas": 1}}, {"spec": {"replicas": 2}}, {}, []),
        ("apps/v1:Deployment", {"spec": {"selector": {"matchLabels": {"a": "b"}}}},
         {"spec": {"selector": {"matchLabels": {"a": "c"}}}}, {}, ["spec.selector.matchLabels.a"]),
        ("apps/v1:StatefulSet", {"spec": {}}, {"spec": {"serviceName": "x"}}, {}, ["spec.serviceName"]),
        ("apps/v1:StatefulSet", {}, {"spec": {"serviceName": "x"}}, {}, ["spec"]),
        ("core/v1:Pod", {"spec": {"containers": [{"image": "a"}]}}, {"spec": {"containers": [{"image": "b"}]}}, {},
         ["spec.containers[0].image"]),
        ("core/v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, {}, ["data.a"]),
        ("core/v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}}, {"enableConfigMapMutable": "true"}, []),
        ("core/v1:ConfigMap", {"data": {"a": "1"}}, {"data": {"a": "2"}, "immutable": True},
         {"enableConfigMapMutable": True}, ["data.a"]),
        ("core/v1:Secret", {"type": "a"}, {"type": "b"}, {}, ["type"]),
        ("core/v1:Secret", {"data": {"a": secret()}}, {"data": {"a": secret(), "b": secret()}}, {}, ["data.b"]),
        ("core/v1:Secret", {"data": {}}, {"data": {"b": secret()}}, {"enableSecretMutable": "true"}, []),
        ("core/v1:ServicePatch", {"spec": {"clusterIP": "a"}}, {"spec": {"clusterIP": "b"}}, {}, []),
        ("rbac.authorization.k8s.io/v1:RoleBinding", {"roleRef": {"name": "a"}}, {"roleRef": {"name": "b"}}, {},
         ["roleRef.name"]),
        ("serving.kserve.io/v1beta1:InferenceService", {"spec": {"a": 1}}, {"spec": {"a": 2}}, {}, []),
    ],
)  # fmt: skip
def test_kubernetes_objects_are_replaced_where_they_cannot_change(kind, old, new, settings, reasons):
    named = {"metadata": {"name": "n"}}
    own = provider(**settings)
    found = one(kube(kind, {**named, **old}), kube(kind, {**named, **new}), before=[own], after=[own])
    assert found.op == ("replace" if reasons else "update")
    assert list(found.replace_reasons) == reasons
    assert found.delete_before_replace == (bool(reasons) and "metadata.name" not in reasons)
    assert any(change.replaces for change in found.changes) == bool(reasons)


@pytest.mark.parametrize(("key", "value"), [("keepers", {"rotation": "2"}), ("length", 40), ("special", True)])
def test_a_generated_password_is_replaced_by_any_change(key, value):
    inputs = {"length": 32, "special": False, "keepers": {"rotation": "1"}}
    token = "random:index/randomPassword:RandomPassword"
    found = one(resource(token, "p", inputs), resource(token, "p", {**inputs, key: value}))
    assert (found.op, [reason.partition(".")[0] for reason in found.replace_reasons]) == ("replace", [key])


def test_the_programs_wish_decides_which_goes_first():
    for wish in (True, False):
        old = kube("core/v1:ConfigMap", {"metadata": {"name": "n"}, "data": {"a": "1"}})
        new = kube(
            "core/v1:ConfigMap", {"metadata": {"name": "n"}, "data": {"a": "2"}}, delete_before_replace=wish
        )  # fmt: skip
        assert one(old, new).delete_before_replace is wish
    unnamed = kube("core/v1:ConfigMap", {"data": {"a": "1"}}), kube("core/v1:ConfigMap", {"data": {"a": "2"}})
    assert not one(*unnamed).delete_before_replace
    other = resource("a:b:C", "x", {"v": 1}), resource("a:b:C", "x", {"v": 2}, replace_on_changes=("v",))
    assert (one(*other).op, one(*other).delete_before_replace) == ("replace", False)


AUTONAMED = {"pulumi.com/autonamed": "true"}


@pytest.mark.parametrize(
    ("kind", "old", "new", "op"),
    [
        # A generated name, with and without other annotations.
        ("core/v1:ConfigMap", {"metadata": {"name": "x-1", "annotations": AUTONAMED}}, {}, "same"),
        ("core/v1:ConfigMap", {"metadata": {"name": "x-1", "annotations": {**AUTONAMED, "a": "b"}}},
         {"metadata": {"annotations": {"a": "b"}}}, "same"),
        ("core/v1:ConfigMap", {"metadata": {"name": "x-1", "annotations": AUTONAMED}},
         {"metadata": {"name": "y"}}, "replace"),
        # A name of the program's own that goes away is a change.
        ("core/v1:ConfigMap", {"metadata": {"name": "x-1", "annotations": {}}}, {}, "replace"),
        # The provider's namespace, named or not.
        ("core/v1:ConfigMap", {"metadata": {"namespace": "team"}}, {"metadata": {}}, "same"),
        ("core/v1:ConfigMap", {"metadata": {}}, {"metadata": {"namespace": "team"}}, "same"),
        ("core/v1:ConfigMap", {"metadata": {"namespace": "other"}}, {"metadata": {}}, "replace"),
        # stringData has become data.
        ("core/v1:Secret", {"data": secret()}, {"stringData": {"a": secret()}}, "same"),
        ("core/v1:Secret", {"data": {"a": "YQ==", "b": "Yg=="}}, {"data": {"a": "x", "b": "Yg=="},
                                                                "stringData": {"a": "a"}}, "same"),
        ("core/v1:Secret", {"data": secret()}, {"stringData": secret(known=False), "data": {"x": "y"}}, "same"),
        ("core/v1:Secret", {"data": UNKNOWN}, {"stringData": UNKNOWN}, "same"),
        ("core/v1:Secret", {"data": {"a": "YQ=="}}, {"stringData": {"a": "b"}}, "replace"),
        # Set by the API server, or written with dashes by the provider.
        ("core/v1:Service", {"metadata": {"uid": "1"}}, {"metadata": {"creationTimestamp": ""}}, "same"),
        ("apiextensions.k8s.io/v1:CustomResourceDefinition", {"spec": [{"x-kubernetes-preserve-unknown-fields": True}]},
         {"spec": [{"x_kubernetes_preserve_unknown_fields": True}]}, "same"),
    ],
)  # fmt: skip
def test_what_check_does_to_kubernetes_objects_is_no_change(kind, old, new, op):
    own = provider(namespace="team")
    assert one(kube(kind, old), kube(kind, new), before=[own], after=[own]).op == op


RELEASE = "kubernetes:helm.sh/v3:Release"
HELM = {
    "chart": "base", "version": "1.2.3", "name": "istio-1a", "namespace": "default", "timeout": 300, "atomic": False,
    "description": "", "maxHistory": None, "values": {"a": 1}, "keyring": "/home/x/pubring.gpg", "status": {"a": 1},
    "repositoryOpts": {"repo": "https://x", "caFile": "", "username": ""}, "valueYamlFiles": [],
}  # fmt: skip
WANTED = {"chart": "base", "version": "v1.2.3", "values": {"a": 1}, "repositoryOpts": {"repo": "https://x"}}


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        ({}, []),
        ({"version": None}, []),
        ({"version": "~1.2"}, []),
        ({"version": "1.2.4"}, ["version"]),
        ({"values": None}, ["values"]),
        ({"atomic": True}, ["atomic"]),
        ({"skipCrds": False}, []),
        ({"compat": "true"}, []),
        ({"timeout": 10}, ["timeout"]),
        ({"namespace": "other"}, ["namespace"]),
        ({"name": "own"}, ["name"]),
        ({"repositoryOpts": {"repo": "https://y"}}, ["repositoryOpts.repo"]),
    ],
)
def test_what_check_adds_to_a_helm_release_is_no_change(change, paths):
    new = {key: value for key, value in {**WANTED, **change}.items() if value is not None}
    found = one(resource(RELEASE, "x", HELM), resource(RELEASE, "x", new))
    assert [item.path for item in found.changes] == paths
    assert found.op == ("replace" if paths in (["name"], ["namespace"]) else "update" if paths else "same")


@pytest.mark.parametrize(
    ("old", "new", "paths"),
    [
        ({"flag": "true", "version": "4.34.2", "__internal": {}}, {"flag": True}, []),
        ({"flag": "true"}, {"flag": False}, ["flag"]),
        ({"map": '{"b": 1, "a": [2]}'}, {"map": {"a": [2], "b": 1}}, []),
        ({"map": "{not json"}, {"map": "{not json"}, []),
        ({"map": secret()}, {"map": {"a": secret()}}, []),
        ({"version": "1.0.0"}, {"version": "1.0.1"}, ["version"]),
        ({"x": None}, {}, []),
    ],
)
def test_a_providers_inputs_are_compared_as_texts(old, new, paths):
    found = one(provider(**old), provider(**new))
    assert [item.path for item in found.changes] == paths


def test_a_component_of_an_export_without_inputs_is_not_compared():
    # "inputs": null, as some engines write components.
    assert one(resource("a:b:C", "x", custom=False), resource("a:b:C", "x", {"n": 1}, custom=False)).op == "same"
    assert one(resource("a:b:C", "x", {"n": 1}, custom=False), resource("a:b:C", "x", custom=False)).op == "update"
    assert one(resource("a:b:C", "x"), resource("a:b:C", "x", {"n": 1})).op == "update"


def test_outputs_of_the_stack_are_compared_apart():
    old, new = state(outputs={"a": 1, "b": "x", "s": secret()}), state(outputs={"a": 2, "b": UNKNOWN, "s": secret()})
    assert [(item.path, item.old, item.new) for item in output_changes(old, new)] == [("a", 1, 2)]
    assert diff_states(old, new)[0].op == "same"
    assert [item.kind for item in output_changes(None, new)] == ["add", "add", "add"]


values = st.recursive(
    st.booleans() | st.integers(0, 3) | st.sampled_from(["x", UNKNOWN]) | st.builds(secret),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("ab"), inner, max_size=2),
    max_leaves=5,
)
resources = st.builds(
    resource,
    st.sampled_from(["a:b:C", "kubernetes:core/v1:Secret", "kubernetes:apps/v1:Deployment", RELEASE]),
    st.sampled_from("xyz"),
    st.dictionaries(st.sampled_from(["a", "data", "stringData", "metadata", "version"]), values, max_size=3),
)
states = st.lists(resources, max_size=4, unique_by=lambda item: item.urn).map(lambda items: state(*items))


@given(states)
def test_a_state_does_not_differ_from_itself(any_state):
    assert {item.op for item in diff_states(any_state, any_state)} == {"same"}


@given(states, states)
def test_a_comparison_is_deterministic_and_covers_every_resource_once(old, new):
    found = diff_states(old, new)
    assert found == diff_states(old, new)
    assert {item.urn for item in found} == {*old.by_urn, *new.by_urn}
    assert len(found) == len({item.urn for item in found})


@given(resources, resources)
def test_a_comparison_never_changes_the_states(old, new):
    before = json.dumps([dict(old.inputs), dict(new.inputs)])
    comparable(old, new, {})
    one(old, new)
    assert json.dumps([dict(old.inputs), dict(new.inputs)]) == before
