"""What the object of a serving engine says, against the facts of the component above it: offline and in the engine."""

import json

import pytest
from google.protobuf import struct_pb2
from pulumi.runtime.proto import analyzer_pb2

from components.serving.engines import ENGINES
from components.serving.facts import model_facts
from mlplatform.review.state.state_file import parse_document
from mlplatform.review.verdicts import judge
from policies.rules import RULES
from policies.rules.locked_model_is_a_release import RULE as LOCKED
from policies.rules.reviewed_bytes_are_served import RULE as REVIEWED
from tests.policies.judging import spoil
from tests.review.states import PROVIDER, STACK, entry
from tests.served import example_models, settings_with

CHAIN = "mlplatform:serving:ModelDeployments$mlplatform:serving:ModelDeployment"
MODELS = "urn:pulumi:dev::mlplatform::mlplatform:serving:ModelDeployments::models"
COMPONENT = f"urn:pulumi:dev::mlplatform::{CHAIN}::iris"
OTHER_RELEASE = f"s3://model-releases/prod/iris-classifier/sha256-{'b' * 64}"
CONTAINER = {"name": "extra", "image": "registry.example.org/server:1"}


def served_by(engine):
    (served,) = example_models(settings_with({"name": "iris", "serving": engine}))
    return served


def resources(served, *, mode="live", facts=None, manifest=None, options=None):
    """Return a model with its object as a stack has them, as items of an export."""
    manifest = manifest or served.manifest
    kind = f"kubernetes:{manifest['apiVersion']}:{manifest['kind']}"
    facts = {**model_facts(served.model, served.version, locked=mode == "locked"), **(facts or {})}
    return [
        entry(MODELS, {"registry": {"mode": mode, "verified": True}}, custom=False),
        entry(COMPONENT, facts, custom=False, parent=MODELS),
        entry(
            f"urn:pulumi:dev::mlplatform::{CHAIN}${kind}::iris",
            manifest,
            parent=COMPONENT,
            provider=f"{PROVIDER}::id",
            **(options or {}),
        ),
    ]


def state_of(items):
    root, provider = entry(STACK, custom=False, parent=""), entry(PROVIDER, {"context": "kind-dev"}, id="id")
    return parse_document({"version": 3, "deployment": {"resources": [root, provider, *items]}}, file="test")


def faults(items, rule=REVIEWED):
    return [verdict.message for verdict in judge(state_of(items), [rule]) if verdict.outcome == "violated"]


KSERVE_MODEL, SELDON_GRAPH = "spec.predictor.model", "spec.predictors.0.graph"
# Engine, path in its object, what stands there instead (None: nothing), part of the message.
SPOILT = [
    ("kserve", f"{KSERVE_MODEL}.storageUri", "s3://elsewhere/iris/2", "storageUri is s3://elsewhere/iris/2"),
    ("kserve", f"{KSERVE_MODEL}.storageUri", OTHER_RELEASE, "storageUri is"),
    ("kserve", f"{KSERVE_MODEL}.storageUri", "https://ci:hunter2@example.org/m.tgz?sig=hunter2", "https://example.org"),
    ("kserve", f"{KSERVE_MODEL}.storageUri", None, "names no model"),
    ("kserve", f"{KSERVE_MODEL}.image", "registry.example.org/server:1", "model.image is"),
    ("kserve", f"{KSERVE_MODEL}.runtimeVersion", "1.7.0", "runtimeVersion is 1.7.0"),
    ("kserve", f"{KSERVE_MODEL}.runtime", "kserve-sklearnserver", "runtime is kserve-sklearnserver"),
    ("kserve", f"{KSERVE_MODEL}.storage", {"key": "other", "path": "iris"}, "names a place by a Secret"),
    ("kserve", f"{KSERVE_MODEL}.storageUris", [{"uri": "gs://b/m", "mountPath": "/mnt/m"}], "storageUris[0].uri"),
    ("kserve", f"{KSERVE_MODEL}.args", ["--model_dir=s3://elsewhere/iris"], "args[0] is s3://elsewhere/iris"),
    ("kserve", f"{KSERVE_MODEL}.env", [{"name": "STORAGE_URI", "value": "pvc://claim/m"}], "env[0].value is pvc://"),
    ("kserve", f"{KSERVE_MODEL}.env", [{"name": "MODEL_URI", "valueFrom": {}}], "env[0].valueFrom"),
    ("kserve", f"{KSERVE_MODEL}.env", [{"name": "X", "value": "hf://org/model"}], "env[0].value is hf://"),
    ("kserve", f"{KSERVE_MODEL}.volumeMounts", [{"name": "v", "mountPath": "/mnt/models"}], "/mnt/models"),
    ("kserve", "spec.predictor.containers", [CONTAINER], "containers[0].image"),
    ("kserve", "spec.predictor.initContainers", [CONTAINER], "initContainers[0].image"),
    ("kserve", "spec.transformer", {"containers": [CONTAINER]}, "transformer.containers[0].image"),
    ("kserve", "spec.explainer", {"art": {"type": "SquareAttack", "storageUri": "gs://b/x"}}, "explainer.art"),
    ("kserve", "spec.predictor.canaryTrafficPercent", 10, "canaryTrafficPercent is 10"),
    ("kserve", "metadata.annotations.mlplatform+dev/version", "7", "annotations[mlplatform.dev/version] is 7"),
    ("seldon", f"{SELDON_GRAPH}.modelUri", "s3://elsewhere/iris/2", "graph.modelUri is s3://elsewhere/iris/2"),
    ("seldon", f"{SELDON_GRAPH}.modelUri", None, "names no model"),
    ("seldon", f"{SELDON_GRAPH}.implementation", "SKLEARN_SERVER", "implementation is SKLEARN_SERVER"),
    ("seldon", f"{SELDON_GRAPH}.storageInitializerImage", "e.io/rclone:1", "storageInitializerImage is"),
    ("seldon", f"{SELDON_GRAPH}.children", [{"name": "b", "modelUri": "s3://b/m"}], "children[0].modelUri"),
    ("seldon", f"{SELDON_GRAPH}.parameters", [{"name": "model_uri", "value": "s3://b/m"}], "parameters[0].value"),
    ("seldon", "spec.predictors.1", {"name": "b", "graph": {"modelUri": "s3://b/m"}}, "predictors[1].graph.modelUri"),
    ("seldon", "spec.predictors.0.explainer", {"type": "AnchorTabular", "modelUri": "gs://b/x"}, "explainer.modelUri"),
    ("seldon", "spec.predictors.0.componentSpecs.0.spec.containers.0.image", "e.io/s:1", "containers[0].image"),
]


def spoilt(manifest, path, value):
    if path.endswith(".1"):
        copy = json.loads(json.dumps(manifest))
        copy["spec"]["predictors"].append(value)
        return copy
    if "+" in path:
        copy = json.loads(json.dumps(manifest))
        copy["metadata"]["annotations"][path.rpartition("annotations.")[2].replace("+", ".")] = value
        return copy
    return spoil(manifest, path, value)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_what_an_engine_makes_is_what_was_reviewed(engine):
    items = resources(served_by(engine))
    assert faults(items) == []
    assert {verdict.outcome for verdict in judge(state_of(items), [REVIEWED])} == {"passed"}


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_every_engine_has_an_object_that_can_be_told_from_the_reviewed_one(engine):
    assert engine in {row[0] for row in SPOILT}
    served = served_by(engine)
    text = json.dumps(served.manifest)
    manifest = json.loads(text.replace(served.version.storage_uri, "s3://elsewhere/iris"))
    assert manifest != served.manifest
    assert any("s3://elsewhere/iris" in fault for fault in faults(resources(served, manifest=manifest)))


@pytest.mark.parametrize(("engine", "path", "value", "message"), SPOILT, ids=[f"{row[0]}-{row[1]}" for row in SPOILT])
def test_an_object_that_serves_something_else_is_refused(engine, path, value, message):
    served = served_by(engine)
    found = faults(resources(served, manifest=spoilt(served.manifest, path, value)))
    assert any(message in fault for fault in found), found
    assert "hunter2" not in " ".join(found)


@pytest.mark.parametrize("engine", sorted(ENGINES))
def test_a_variant_of_the_facts_is_reviewed_too(engine):
    served = served_by(engine)
    text = json.dumps(served.manifest).replace(served.version.storage_uri, OTHER_RELEASE)
    variants = {"variants": {"canary": {"storageUri": OTHER_RELEASE}}}
    assert faults(resources(served, manifest=json.loads(text), facts=variants)) == []


def test_an_object_below_no_model_says_nothing_of_one():
    served = served_by("kserve")
    items = resources(served, manifest=spoil(served.manifest, f"{KSERVE_MODEL}.storageUri", "s3://elsewhere/iris"))
    items[-1]["parent"] = STACK
    assert faults(items) == []


def test_an_address_that_is_not_known_yet_is_undecided():
    served = served_by("kserve")
    unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
    items = resources(served, manifest=spoil(served.manifest, f"{KSERVE_MODEL}.storageUri", unknown))
    assert [verdict.outcome for verdict in judge(state_of(items), [REVIEWED])] == ["undecided"]


def test_a_state_that_keeps_no_inputs_of_components_is_judged_by_what_the_component_told():
    served = served_by("kserve")
    items = resources(served, manifest=spoil(served.manifest, f"{KSERVE_MODEL}.storageUri", "s3://elsewhere/iris"))
    items[1] = {**items[1], "inputs": {}, "outputs": {"storageUri": served.version.storage_uri, "version": "1"}}
    assert len(faults(items)) == 1


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("spec", True),
        ("spec.predictor.model.storageUri", True),
        ('spec["predictor"]["model"]', True),
        ("spec.*.model", True),
        ("spec.predictor.minReplicas", False),
        ("metadata.annotations", False),
    ],
)
def test_an_address_that_the_engine_would_keep_is_refused(path, kept):
    items = resources(served_by("kserve"), options={"ignoreChanges": [path]})
    assert bool(faults(items)) is kept
    # What is locked is served to the last field.
    assert not faults(items, LOCKED)
    assert faults(resources(served_by("kserve"), mode="locked", options={"ignoreChanges": [path]}), LOCKED)


@pytest.mark.parametrize("locked", [False, None])
def test_a_model_without_a_lock_is_refused_in_a_locked_stack(locked):
    served = served_by("seldon")
    digest = f"sha256:{'a' * 64}"
    facts = {"digest": digest, "storageUri": f"s3://model-releases/prod/iris/{digest.replace(':', '-')}"}
    items = resources(served, mode="locked", facts=facts)
    assert faults(items, LOCKED) == []
    items[1]["inputs"] = {key: value for key, value in items[1]["inputs"].items() if key != "locked"}
    items[1]["inputs"] |= {} if locked is None else {"locked": locked}
    (fault,) = faults(items, LOCKED)
    assert "locked is not true, but registry.mode is" in fault


def test_the_engine_remembers_what_lies_above_an_object(analyzer):
    served = served_by("kserve")

    def analyze(item):
        properties = struct_pb2.Struct()
        properties.update(json.loads(json.dumps(item["inputs"])))
        request = analyzer_pb2.AnalyzeRequest(
            type=item["type"], properties=properties, urn=item["urn"], name=item["urn"].rpartition("::")[2]
        )
        request.options.parent = item["parent"]
        return [violation.policyName for violation in analyzer.Analyze(request).diagnostics]

    assert [analyze(item) for item in resources(served)][-1] == []
    manifest = spoil(served.manifest, f"{KSERVE_MODEL}.storageUri", "s3://elsewhere/iris")
    assert [analyze(item) for item in resources(served, manifest=manifest)][-1] == ["reviewed-bytes-are-served"]


def test_a_rule_has_exactly_one_check():
    described = {key: getattr(RULES[0], key) for key in RULES[0].__dataclass_fields__}
    with pytest.raises(TypeError, match="needs one of check, check_below and check_change"):
        type(RULES[0])(**{**described, "check": None, "check_below": None})
