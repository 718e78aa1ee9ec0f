import json

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import resource_pb2

from mlplatform.review.engine.errors import OfflineError
from mlplatform.review.engine.monitor import ReviewMonitor
from mlplatform.review.state.property_values import SECRET, SIGNATURE, UNKNOWN, contains_unknown, from_struct, is_secret
from mlplatform.review.state.urn import is_provider, make_urn, provider_urn

PREAMBLE = """
import pulumi
from pulumi import ResourceOptions as Opts

class Part(pulumi.ComponentResource):
    def __init__(self, name, props=None, opts=None):
        super().__init__("my:mod:Part", name, props, opts)

class Thing(pulumi.CustomResource):
    out: pulumi.Output[str]
    def __init__(self, name, props=None, opts=None, type_="test:index:Thing"):
        super().__init__(type_, name, {"out": None, **(props or {})}, opts)

class Provider(pulumi.ProviderResource):
    def __init__(self, name, props=None, opts=None):
        super().__init__("test", name, props or {}, opts)
"""
ROOT = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"


def test_the_stack_comes_first_then_providers_then_parents_before_children(offline):
    state = offline.state(
        PREAMBLE
        + """
zebra = Part("zebra")
b = Thing("b", opts=Opts(parent=zebra, depends_on=[]))
a = Thing("a", opts=Opts(depends_on=[b]))
provider = Provider("late")
Thing("own", opts=Opts(provider=provider))
"""
    )
    assert (state.stack, state.project) == ("dev", "proj")
    assert [resource.name for resource in state.resources] == [
        "proj-dev", "default", "late", "zebra", "b", "a", "own"
    ]  # fmt: skip


def test_urns_carry_the_types_of_all_parents_but_not_the_stack(offline):
    found = offline.resources(
        PREAMBLE + 'outer = Part("outer"); inner = Part("inner", opts=Opts(parent=outer)); '
        'Thing("x", opts=Opts(parent=inner))'
    )
    assert found["outer"].urn == "urn:pulumi:dev::proj::my:mod:Part::outer"
    assert found["x"].urn == "urn:pulumi:dev::proj::my:mod:Part$my:mod:Part$test:index:Thing::x"
    assert found["x"].parent == found["inner"].urn
    assert found["outer"].parent == ROOT
    assert found["proj-dev"].parent is None


def test_everything_the_program_says_of_a_resource_is_kept(offline):
    found = offline.resources(
        PREAMBLE
        + """
first = Thing("first", {"a": 1.0, "b": 1.5, "n": None, "l": [1, None]})
Thing("second", {"from": first.out, "plain": "x"}, Opts(
    depends_on=[first], protect=True, retain_on_delete=True, delete_before_replace=False,
    ignore_changes=["a.b"], replace_on_changes=["c"], additional_secret_outputs=["out"],
    custom_timeouts=pulumi.CustomTimeouts(create="1h30m", delete="500ms", update="90s"),
    deleted_with=first, replace_with=[first], import_="id-7",
))
"""
    )
    first, second = found["first"], found["second"]
    assert first.inputs == {"a": 1, "b": 1.5, "l": [1, None]}
    assert isinstance(first.inputs["a"], int)
    assert second.inputs == {"from": UNKNOWN, "plain": "x"}
    assert second.dependencies == (first.urn,)
    assert second.property_dependencies == {"from": (first.urn,), "plain": ()}
    assert (second.protect, second.retain_on_delete, second.delete_before_replace) == (True, True, False)
    assert (second.ignore_changes, second.replace_on_changes) == (("a.b",), ("c",))
    assert second.additional_secret_outputs == ("out",)
    assert second.custom_timeouts == {"create": 5400, "delete": 0.5, "update": 90}
    assert (second.deleted_with, second.replace_with) == (first.urn, (first.urn,))
    assert second.import_id == second.id == "id-7"
    assert first.id is None


def test_children_inherit_protection_and_retention(offline):
    found = offline.resources(
        PREAMBLE
        + """
p = Part("p", opts=Opts(protect=True, retain_on_delete=True))
Thing("child", opts=Opts(parent=p))
Thing("free", opts=Opts(parent=p, protect=False))
"""
    )
    assert found["child"].protect
    assert found["child"].retain_on_delete
    assert not found["free"].protect


def test_a_provider_is_inherited_through_components(offline):
    found = offline.resources(
        PREAMBLE
        + """
provider = Provider("mine", {"flag": "true"}, Opts(version="1.2.3"))
p = Part("p", opts=Opts(providers=[provider]))
q = Part("q", opts=Opts(parent=p))
Thing("child", opts=Opts(parent=q))
"""
    )
    assert found["child"].provider == f"{found['mine'].urn}::{UNKNOWN}"
    assert found["mine"].inputs == {"flag": "true", "version": "1.2.3"}
    assert found["mine"].property_dependencies == {"flag": ()}
    assert found["p"].provider is None


def test_a_resource_without_a_provider_gets_a_default_one_of_its_version(offline):
    found = offline.resources(
        PREAMBLE + 'Thing("x", opts=Opts(version="1.2.3-beta.1", plugin_download_url="https://x/y"))',
        config={"test:region": "eu", "test:token": UNKNOWN, "proj:other": "no"},
        secret_keys=["test:token"],
    )
    default = found["default_1_2_3_beta_1_https___x_y"]
    assert provider_urn(found["x"].provider) == default.urn
    assert default.parent is None
    assert default.inputs["region"] == "eu"
    assert is_secret(default.inputs["token"])
    assert default.inputs["version"] == "1.2.3-beta.1"


@pytest.mark.parametrize("denied", ["*", "test", " test "])
def test_disabled_default_providers_are_refused_as_in_the_engine(offline, denied):
    config = {"pulumi:disable-default-providers": json.dumps(["aws", denied])}
    message = offline.error(PREAMBLE + 'Thing("x")', config=config)
    urn = "urn:pulumi:dev::proj::test:index:Thing::x"
    assert message == f"Default provider for 'test' disabled. '{urn}' must use an explicit provider."


def test_the_list_of_disabled_default_providers_must_be_one(offline):
    message = offline.error(PREAMBLE, config={"pulumi:disable-default-providers": "test"})
    assert message == "the configuration's pulumi:disable-default-providers must be a list of package names"


def test_a_urn_may_be_used_once(offline):
    message = offline.error(PREAMBLE + 'Part("x"); Part("x")')
    assert message == "Duplicate resource URN 'urn:pulumi:dev::proj::my:mod:Part::x'; try giving it a unique name"


def test_a_plain_secret_value_never_reaches_the_state_or_the_messages(offline):
    result = offline.answer(
        PREAMBLE
        + """
import pulumi_kubernetes as k8s
s = pulumi.Output.secret("hunter2")
Thing("t", {"one": s, "deep": {"list": ["a", s]}, "text": pulumi.Output.concat("x-", s)})
Part("c", {"s": s})
k8s.core.v1.Secret("k", metadata={"name": "k"}, string_data={"plain": "hunter2"}, data={"b": "aHVudGVyMg=="})
pulumi.export("s", s)
"""
    )
    text = json.dumps(result)
    assert "document" in result
    assert "hunter2" not in text
    assert "aHVudGVyMg==" not in text


def test_configuration_that_cannot_be_decrypted_is_an_unknown_secret(offline):
    found = offline.resources(
        PREAMBLE + 'Thing("t", {"pw": pulumi.Config().require_secret("pw"), "out": "given"})',
        config={"proj:pw": UNKNOWN},
        secret_keys=["proj:pw"],
    )
    assert is_secret(found["t"].inputs["pw"])
    assert contains_unknown(found["t"].inputs["pw"])


def test_outputs_that_the_program_gave_are_known_and_others_unknown(offline):
    found = offline.resources(
        PREAMBLE
        + """
import pulumi_kubernetes as k8s
ns = k8s.core.v1.Namespace("n", metadata={"name": "models"})
unnamed = k8s.core.v1.ConfigMap("m", metadata={"namespace": ns.metadata.name}, data={"a": "b"})
given = Thing("given", {"out": "x"}, Opts(additional_secret_outputs=["out"]))
Thing("user", {
    "known": ns.metadata.name, "applied": ns.metadata.apply(lambda m: m.name + "!"), "id": ns.id,
    "generated": unnamed.metadata.name, "status": ns.status.phase, "secret": given.out,
})
"""
    )
    inputs = found["user"].inputs
    assert found["m"].inputs["metadata"] == {"namespace": "models"}
    assert (inputs["known"], inputs["applied"]) == ("models", "models!")
    assert inputs["id"] == inputs["generated"] == inputs["status"] == UNKNOWN
    assert is_secret(inputs["secret"])


def test_outputs_of_components_and_of_the_stack_are_kept(offline):
    found = offline.resources(
        PREAMBLE
        + """
class Whole(pulumi.ComponentResource):
    def __init__(self):
        super().__init__("my:mod:Whole", "w", {"in": 1})
        self.thing = Thing("t", opts=Opts(parent=self))
        self.register_outputs({"out": self.thing.out, "two": 2.0})
w = Whole()
pulumi.export("answer", {"a": [1, w.thing.id]})
pulumi.export("asset", pulumi.StringAsset("text"))
"""
    )
    assert found["w"].outputs == {"out": UNKNOWN, "two": 2}
    assert found["w"].inputs == {"in": 1}
    assert found["proj-dev"].outputs["answer"] == {"a": [1, UNKNOWN]}
    assert found["proj-dev"].outputs["asset"]["text"] == "text"


def test_aliases_become_urns_and_children_inherit_them(offline):
    found = offline.resources(
        PREAMBLE
        + """
p = Part("new", opts=Opts(aliases=[pulumi.Alias(name="old")]))
Thing("new-child", opts=Opts(parent=p))
Thing("moved", opts=Opts(parent=p, aliases=[
    pulumi.Alias(parent=pulumi.ROOT_STACK_RESOURCE), "urn:pulumi:dev::proj::a:b:C::x", pulumi.Alias(type_="a:b:D"),
]))
"""
    )
    old = "urn:pulumi:dev::proj::my:mod:Part::old"
    assert found["new"].aliases == (old,)
    assert found["new-child"].aliases == (make_urn("dev", "proj", old, "test:index:Thing", "old-child"),)
    assert found["moved"].aliases == (
        "urn:pulumi:dev::proj::test:index:Thing::moved",
        "urn:pulumi:dev::proj::a:b:C::x",
        "urn:pulumi:dev::proj::my:mod:Part$a:b:D::moved",
        # Under the parent's former name, the URN of the second alias; the others are the same as without it.
        "urn:pulumi:dev::proj::my:mod:Part$a:b:C::x",
    )


def test_resources_that_are_only_read_are_external_and_unknown(offline):
    found = offline.resources(
        PREAMBLE
        + """
import pulumi_kubernetes as k8s
ns = k8s.core.v1.Namespace.get("existing", "kube-system")
ref = pulumi.StackReference("org/network/dev")
Thing("user", {"name": ns.metadata.name, "vpc": ref.get_output("vpc"), "id": ns.id})
"""
    )
    assert (found["existing"].external, found["existing"].id) == (True, "kube-system")
    assert found["org/network/dev"].external
    assert found["org/network/dev"].type == "pulumi:pulumi:StackReference"
    inputs = found["user"].inputs
    assert inputs["name"] == UNKNOWN
    assert contains_unknown(inputs["vpc"])
    assert inputs["id"] == "kube-system"


def test_remote_components_are_one_resource_with_unknown_outputs(offline):
    found = offline.resources(
        PREAMBLE
        + """
class Remote(pulumi.ComponentResource):
    out: pulumi.Output[str]
    def __init__(self, name):
        super().__init__("test:index:Remote", name, {"in": 1, "out": None}, None, True)
r = Remote("r")
Thing("user", {"out": r.out})
"""
    )
    assert not found["r"].custom
    assert found["r"].inputs == {"in": 1}
    assert found["user"].inputs == {"out": UNKNOWN}


@pytest.mark.parametrize(
    ("call", "name"),
    [
        ('pulumi.runtime.invoke("test:index:lookup", {"a": 1})', "test:index:lookup"),
        ('Thing("x", {"a": pulumi.runtime.invoke_output("test:index:lookup", {})})', "test:index:lookup"),
        ('pulumi.runtime.call("test:index:Thing/go", {}, res=Part("p"))', "test:index:Thing/go"),
    ],
)
def test_what_only_a_provider_could_answer_is_refused_by_name(offline, call, name):
    message = offline.error(PREAMBLE + f"pulumi.export('r', {call})")
    assert f"'{name}' cannot be called offline" in message
    assert "Traceback" not in message


def test_transforms_run_as_in_the_engine_the_resources_own_first(offline):
    found = offline.resources(
        PREAMBLE
        + """
order = []
def mark(name):
    def transform(args):
        if args.type_ != "test:index:Thing":
            return None
        marks = [*args.props.get("marks", []), name]
        options = pulumi.ResourceOptions.merge(args.opts, Opts(protect=True, ignore_changes=["x"]))
        return pulumi.ResourceTransformResult(props={**args.props, "marks": marks}, opts=options)
    return transform
pulumi.runtime.register_resource_transform(mark("stack"))
pulumi.runtime.register_invoke_transform(lambda args: None)
p = Part("p", opts=Opts(transforms=[mark("parent")]))
t = Thing("t", {"a": pulumi.Output.secret("pw")}, Opts(
    parent=p, transforms=[mark("own")], aliases=["urn:pulumi:dev::proj::a:b:C::x"], retain_on_delete=True,
    custom_timeouts=pulumi.CustomTimeouts(create="1m"), delete_before_replace=True))
"""
    )
    thing = found["t"]
    assert thing.inputs["marks"] == ["own", "parent", "stack"]
    assert is_secret(thing.inputs["a"])
    assert (thing.protect, thing.ignore_changes, thing.retain_on_delete) == (True, ("x",) * 3, True)
    assert thing.delete_before_replace is True
    assert thing.custom_timeouts == {"create": 60}
    assert thing.aliases == ("urn:pulumi:dev::proj::a:b:C::x",)


def test_a_failing_transform_says_whose_it_is(offline):
    message = offline.error(
        PREAMBLE
        + """
def broken(args):
    raise ValueError("nope")
Thing("t", opts=Opts(transforms=[broken]))
"""
    )
    assert message.startswith("a transform of 't' (test:index:Thing) failed: ")
    assert "nope" in message


def test_hooks_of_updates_are_accepted_and_hooks_of_previews_refused(offline):
    hook = (
        PREAMBLE + 'h = pulumi.ResourceHook("h", lambda args: None, pulumi.ResourceHookOptions(on_dry_run=WHEN)); '
        'Thing("t", opts=Opts(hooks=pulumi.ResourceHookBinding(before_create=[h])))'
    )
    assert "t" in offline.resources(hook.replace("WHEN", "False"))
    assert "the resource hook 'h' runs at previews" in offline.error(hook.replace("WHEN", "True"))


def test_log_messages_are_kept_in_their_order(offline):
    result = offline.answer(
        PREAMBLE + 'pulumi.log.info("one"); pulumi.log.warn("two"); pulumi.log.error("three"); pulumi.log.warn("two")'
    )
    found = [(message["severity"], message["text"]) for message in result["messages"]]
    assert found == [("info", "one"), ("warning", "two"), ("error", "three"), ("warning", "two")]


def test_a_message_about_a_resource_names_it(offline):
    result = offline.answer(PREAMBLE + 'pulumi.log.info("here", resource=Part("x"))')
    assert result["messages"] == [{"severity": "info", "text": "here", "urn": "urn:pulumi:dev::proj::my:mod:Part::x"}]


def test_a_wrong_time_is_an_error(offline):
    message = offline.error(PREAMBLE + 'Thing("t", opts=Opts(custom_timeouts=pulumi.CustomTimeouts(create="soon")))')
    assert "'soon' is no time" in message


def test_references_to_components_are_answered_and_versions_of_the_engine_accepted(offline):
    found = offline.resources(
        PREAMBLE
        + """
pulumi.require_pulumi_version(">=3.0.0")
part = Part("p")
user = Thing("user", {"part": part})
pulumi.export("part", user.part if hasattr(user, "part") else None)
"""
    )
    assert found["user"].dependencies == ()
    assert found["user"].inputs["part"]["urn"] == found["p"].urn


def test_two_runs_give_the_same_bytes(offline):
    program = PREAMBLE + "\n".join(f'Thing("t{index}", {{"x": Part("p{index}").urn}})' for index in range(20))
    assert json.dumps(offline.answer(program)) == json.dumps(offline.answer(program))


@pytest.fixture
def monitor():
    return ReviewMonitor(project="proj", stack="dev", config={}, secret_keys=())


def _register(monitor, type_, name, **fields):
    return monitor.RegisterResource(resource_pb2.RegisterResourceRequest(type=type_, name=name, **fields))


def _struct(**values):
    found = struct_pb2.Struct()
    found.update(values)
    return found


def test_a_registered_resource_is_found_again_without_its_secrets(monitor):
    urn = _register(monitor, "my:mod:Part", "p").urn
    secret = {SIGNATURE: SECRET, "value": "hunter2"}
    monitor.RegisterResourceOutputs(
        resource_pb2.RegisterResourceOutputsRequest(urn=urn, outputs=_struct(a=1, s=secret))
    )
    ask = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource", args=_struct(urn=urn))
    answer = from_struct(getattr(monitor.Invoke(ask), "return"))
    assert answer == {"urn": urn, "id": "", "state": {"a": 1, "s": UNKNOWN}}
    ask = resource_pb2.ResourceInvokeRequest(tok="pulumi:pulumi:getResource", args=_struct(urn="other"))
    assert monitor.Invoke(ask).failures[0].reason == "unknown resource other"


def test_whether_an_object_exists_is_not_guessed(monitor):
    with pytest.raises(OfflineError, match=r"whether 'i-1' \(a:b:C\) exists cannot be known offline"):
        monitor.ExistsResource(resource_pb2.ReadResourceRequest(id="i-1", type="a:b:C"))


def test_a_method_of_a_remote_component_is_refused_by_name(monitor):
    with pytest.raises(OfflineError, match="the method 'a:b:C/go' cannot be called offline"):
        monitor.Call(resource_pb2.ResourceCallRequest(tok="a:b:C/go"))


def test_a_parameterized_package_names_its_default_provider(monitor):
    parameters = resource_pb2.Parameterization(name="pet", version="1.0.0")
    packages = [
        resource_pb2.RegisterPackageRequest(name="terraform", version="9.9.9", parameterization=parameters),
        resource_pb2.RegisterPackageRequest(name="plain", version="2.0.0"),
    ]
    for package, type_ in zip(packages, ("pet:index:Pet", "plain:index:X"), strict=True):
        reference = monitor.RegisterPackage(package).ref
        _register(monitor, type_, "x", custom=True, packageRef=reference)
    names = [resource.name for resource in monitor.state().resources if is_provider(resource.type)]
    assert names == ["default_1_0_0", "default_2_0_0"]


def test_a_child_takes_its_managed_parents_provider_when_it_is_of_the_same_package(monitor):
    reference = "urn:pulumi:dev::proj::pulumi:providers:test::mine::id-1"
    parent = _register(monitor, "test:index:Thing", "parent", custom=True, provider=reference).urn
    _register(monitor, "test:index:Thing", "child", custom=True, parent=parent)
    _register(monitor, "other:index:Thing", "stranger", custom=True, parent=parent)
    found = {resource.name: resource.provider for resource in monitor.state().resources}
    assert found["child"] == reference
    assert "::pulumi:providers:other::default::" in found["stranger"]


def test_a_read_of_an_unknown_id_stays_unknown(monitor):
    answer = monitor.ReadResource(resource_pb2.ReadResourceRequest(id=UNKNOWN, type="a:b:C", name="x"))
    assert answer.id == ""
