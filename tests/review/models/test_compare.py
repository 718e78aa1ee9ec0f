import copy
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.serving.facts import model_facts
from mlplatform.config.models import Model
from mlplatform.registry.facts import ModelFacts
from mlplatform.review.models.change import DEFAULT
from mlplatform.review.models.compare import compare_deployments
from mlplatform.review.state.property_values import SECRET_TEXT, UNKNOWN, clean, secret

URI = "https://mlflow.example.com"


def facts(version="3", **more):
    """The inputs of a component, from the one place that writes them, as they come back from a state."""
    model = Model(
        name="iris", registeredModel="iris-classifier", alias="champion", serving="kserve", namespace="models"
    )
    found = model_facts(
        model,
        ModelFacts(
            registered_model="iris-classifier",
            version=version,
            alias="champion",
            model_id=f"m-{version}",
            run_id=f"run{version}",
            experiment_id="7",
            source=f"models:/m-{version}",
            artifact_uri=f"mlflow-artifacts:/7/models/m-{version}/artifacts",
            storage_uri=f"s3://releases/iris-classifier/sha256-{version}",
            flavors={"python_function": {}, "sklearn": {}},
            signature={"inputs": [{"name": "length", "type": "double"}], "outputs": [{"type": "long"}], "params": None},
            requirements=("scikit-learn==1.9.1", "mlflow==3.17.2"),
            python_version="3.11.7",
            mlflow_version="3.17.2",
            metrics={"accuracy": 0.9, "loss": 0.25},
            params={"depth": "3"},
            tags={"team": "flowers"},
            created_at=1_763_630_000_000,
            created_by="ada",
            digest=f"sha256:{version}",
            size=1000,
        ),
    )
    return clean(json.loads(json.dumps({**found, **more})))


def compare(old, new, *, uri=URI, directions=None):
    """Compare one deployment, given by its inputs before and after; ``None`` where there is none."""
    sides = ({} if side is None else {"iris": side} for side in (old, new))
    (found,) = compare_deployments(*sides, tracking_uri=uri, directions=directions or {})
    return found


def without(side, *names):
    return {name: value for name, value in side.items() if name not in names}


def test_a_deployment_that_stays_as_it_is():
    found = compare(facts(), facts())
    assert (found.kind, found.aspects, found.breaking, found.worse) == ("unchanged", frozenset(), False, False)
    (variant,) = found.variants
    assert (variant.name, variant.kind, variant.changed) == (DEFAULT, "unchanged", frozenset())
    assert {metric.outcome for metric in variant.metrics} == {"same"}
    assert (variant.params, variant.tags, variant.signature, variant.libraries, variant.uncompared) == ((),) * 5


def test_a_new_deployment_shows_its_facts_and_is_compared_with_nothing():
    found = compare(None, facts())
    (variant,) = found.variants
    assert (found.kind, found.namespace, found.serving) == ("new", (None, "models"), (None, "kserve"))
    assert (variant.kind, variant.old, variant.baseline) == ("new", None, None)
    assert {metric.name: metric.outcome for metric in variant.metrics} == {"accuracy": "added", "loss": "added"}
    side = variant.new
    assert (side.registered_model, side.alias, side.version) == ("iris-classifier", "champion", "3")
    assert (side.values["model_id"], side.values["run_id"]) == ("m-3", "run3")
    assert (side.digest, side.values["size"]) == ("sha256:3", 1000)
    assert (side.values["created_by"], side.values["created_at"]) == ("ada", "2025-11-20T09:13:20.000Z")
    assert (side.flavor, side.python_version, side.mlflow_version) == ("sklearn", "3.11.7", "3.17.2")
    assert (side.storage_uri, side.traffic) == ("s3://releases/iris-classifier/sha256-3", 100)


def test_a_retired_deployment():
    found = compare(facts(), None)
    (variant,) = found.variants
    assert (found.kind, variant.kind, variant.new, variant.old.version) == ("retired", "retired", None, "3")
    assert found.runtime == ("kserve-mlserver", None)


def test_a_new_version_is_compared_in_every_respect():
    new = facts(
        "4",
        metrics={"accuracy": 0.95, "loss": 0.3, "rows": 5},
        params={"depth": "5"},
        tags={},
        signature={"inputs": [{"name": "length", "type": "string"}], "outputs": [{"type": "long"}], "params": None},
        requirements=["scikit-learn==2.0.0", "mlflow==3.17.2"],
        pythonVersion="3.12.1",
    )
    found = compare(facts(), new)
    (variant,) = found.variants
    assert (found.kind, found.aspects) == ("changed", {"version"})
    assert found.breaking
    assert found.worse
    assert [(metric.name, metric.outcome) for metric in variant.metrics] == [
        ("accuracy", "better"),
        ("loss", "worse"),
        ("rows", "added"),
    ]
    assert [(change.name, change.old, change.new) for change in variant.params] == [("depth", "3", "5")]
    assert [(change.name, change.old, change.new) for change in variant.tags] == [("team", "flowers", None)]
    assert [(change.where, change.rule) for change in variant.signature] == [("inputs.length", "input-retyped")]
    assert [(change.name, change.kind, change.major) for change in variant.libraries] == [
        ("python", "upgraded", True),
        ("scikit-learn", "upgraded", True),
    ]


OTHER = {
    "model": {"registeredModel": "iris-forest"},
    "version": {"version": "4"},
    "alias": {"alias": "candidate"},
    "artifact": {"digest": "sha256:ff"},
    "storage": {"storageUri": "s3://elsewhere/iris"},
    "traffic": {"traffic": 60},
    "engine": {"serving": "seldon", "runtime": "MLFLOW_SERVER"},
    "runtime": {"runtime": "iris-runtime"},
    "namespace": {"namespace": "flowers"},
    "facts": {"tags": {"team": "bees"}},
    "variants": {"variants": {"canary": facts("4", traffic=10)}},
}


@pytest.mark.parametrize("aspect", OTHER)
def test_every_kind_of_step_is_told_apart(aspect):
    found = compare(facts(), facts(**OTHER[aspect]))
    assert (found.kind, found.aspects) == ("changed", {aspect})


def test_steps_come_together():
    found = compare(facts(), facts("4", alias=None, namespace="flowers", **OTHER["engine"]))
    assert found.aspects == {"version", "alias", "namespace", "engine"}


@pytest.mark.parametrize(
    "more",
    [
        {"runId": "other"},
        {"modelId": "m-other"},
        {"size": 1001},
    ],
)
def test_a_version_with_other_bytes_is_another_artifact(more):
    assert compare(facts(), facts(**more)).aspects == {"artifact"}


@pytest.mark.parametrize("name", ["createdBy", "createdAt", "flavor", "pythonVersion", "mlflowVersion"])
def test_a_version_of_which_the_registry_tells_otherwise(name):
    assert compare(facts(), facts(**{name: "other"})).aspects == {"facts"}


@pytest.mark.parametrize(
    "name",
    [
        "digest",
        "size",
        "createdBy",
        "createdAt",
        "experimentId",
        "traffic",
        "pythonVersion",
        "mlflowVersion",
        "namespace",
    ],
)
def test_a_fact_that_only_one_state_tells_is_no_change(name):
    assert compare(without(facts(), name), facts()).kind == "unchanged"
    assert compare(facts(), without(facts(), name)).kind == "unchanged"


def canary(version, traffic, **more):
    side = without(facts(version, traffic=traffic, **more), "name", "namespace", "serving", "runtime")
    return {"canary": side}


def test_a_canary_is_compared_with_what_its_callers_were_served_by():
    new = facts(traffic=90, variants=canary("4", 10, metrics={"accuracy": 0.8}, signature={"inputs": None}))
    found = compare(facts(), new)
    default, added = found.variants
    assert found.aspects == {"variants", "traffic"}
    assert (default.kind, default.changed, default.old.traffic, default.new.traffic) == (
        "changed",
        {"traffic"},
        100,
        90,
    )
    assert (added.name, added.kind, added.old, added.baseline) == ("canary", "new", None, DEFAULT)
    assert (added.new.version, added.new.traffic) == ("4", 10)
    assert [(metric.name, metric.outcome) for metric in added.metrics] == [("accuracy", "worse"), ("loss", "removed")]
    assert found.worse
    assert found.breaking


def test_a_canary_takes_more_traffic():
    old, new = (facts(traffic=100 - part, variants=canary("4", part)) for part in (10, 50))
    found = compare(old, new)
    assert found.aspects == {"traffic"}
    assert [(variant.old.traffic, variant.new.traffic) for variant in found.variants] == [(90, 50), (10, 50)]
    assert not found.worse


def test_a_canary_becomes_the_served_version():
    found = compare(facts(traffic=50, variants=canary("4", 50)), facts("4"))
    default, gone = found.variants
    assert found.aspects == {"version", "variants", "traffic"}
    assert (default.old.version, default.new.version) == ("3", "4")
    assert (gone.name, gone.kind, gone.old.version, gone.new) == ("canary", "retired", "4", None)


def test_the_default_variant_may_be_named_too():
    named = facts(variants={DEFAULT: {"version": "4", "traffic": 80}, **canary("5", 20)})
    found = compare(facts(), named)
    assert [(variant.name, variant.new.version, variant.new.traffic) for variant in found.variants] == [
        (DEFAULT, "4", 80),
        ("canary", "5", 20),
    ]


def test_a_new_deployment_with_a_canary_compares_neither():
    found = compare(None, facts(traffic=90, variants=canary("4", 10)))
    assert [(variant.name, variant.kind, variant.baseline) for variant in found.variants] == [
        (DEFAULT, "new", None),
        ("canary", "new", None),
    ]


@pytest.mark.parametrize("hidden", [UNKNOWN, SECRET_TEXT, secret(), secret(known=False)])
def test_what_cannot_be_told_is_not_compared(hidden):
    groups = ["metrics", "params", "tags", "signature", "requirements", "alias"]
    for name in groups:
        found = compare(facts(**{name: hidden}), facts(**{"metrics": {}, "params": {}, "tags": {}}.get(name) or {}))
        (variant,) = found.variants
        assert (found.kind, variant.uncompared) == ("unchanged", (name,))
    found = compare(facts(metrics={"accuracy": hidden, "loss": 0.25}, digest=hidden), facts())
    assert found.kind == "unchanged"
    assert found.variants[0].uncompared == ("metrics.accuracy",)
    assert [metric.name for metric in found.variants[0].metrics] == ["loss"]
    found = compare(facts(params={"depth": hidden}, tags={"team": hidden}), facts())
    assert found.variants[0].uncompared == ("params.depth", "tags.team")
    assert "secret" not in str(found)


def test_a_part_of_a_signature_that_cannot_be_told_hides_all_of_it():
    signature = {**facts()["signature"], "outputs": UNKNOWN}
    (variant,) = compare(facts(), facts(signature=signature)).variants
    assert (variant.signature, variant.signature_missing, variant.uncompared) == ((), None, ("signature",))


def test_a_state_that_holds_outputs_only_tells_versions_and_nothing_else():
    outputs = {"version": "3", "storageUri": "s3://releases/iris-classifier/sha256-3"}
    assert compare(outputs, facts()).kind == "unchanged"
    found = compare(outputs, facts("4"))
    (variant,) = found.variants
    assert found.aspects == {"version"}
    assert variant.uncompared == ("alias", "metrics", "params", "requirements", "signature", "tags")
    assert (variant.metrics, variant.signature, variant.libraries) == ((), (), ())


@pytest.mark.parametrize(
    ("old", "new", "missing", "rules"),
    [
        (True, True, None, []),
        (False, True, "old", ["signature-added"]),
        (True, False, "new", ["signature-removed"]),
        (False, False, "both", []),
    ],
)
def test_a_missing_signature_is_told(old, new, missing, rules):
    sides = (facts() if there else without(facts(), "signature") for there in (old, new))
    (variant,) = compare(*sides).variants
    assert (variant.signature_missing, [change.rule for change in variant.signature]) == (missing, rules)


def test_requirements_that_one_model_does_not_state_are_not_compared():
    bare = without(facts("4", pythonVersion="3.12.0"), "requirements")
    (variant,) = compare(facts(), bare).variants
    assert variant.uncompared == ("requirements",)
    assert [change.name for change in variant.libraries] == ["python"]
    assert compare(bare, bare).variants[0].uncompared == ()


def test_mlflow_is_told_once():
    new = facts("4", mlflowVersion="3.18.0", requirements=["scikit-learn==1.9.1", "mlflow==3.18.0"])
    assert [change.name for change in compare(facts(), new).variants[0].libraries] == ["mlflow"]
    logged = facts("4", mlflowVersion="3.18.0")
    assert [change.new for change in compare(facts(), logged).variants[0].libraries] == ["3.18.0"]


@pytest.mark.parametrize(
    ("uri", "more", "link"),
    [
        (URI, {}, f"{URI}/#/experiments/7/runs/run3"),
        (f"{URI}/ml/", {}, f"{URI}/ml/#/experiments/7/runs/run3"),
        ("http://u:pw@host:5000", {}, "http://host:5000/#/experiments/7/runs/run3"),
        (URI, {"runId": None}, f"{URI}/#/experiments/7/models/m-3"),
        (URI, {"runId": None, "modelId": None}, None),
        (URI, {"experimentId": None}, None),
        (URI, {"runId": "\ud800"}, f"{URI}/#/experiments/7/runs/%3F"),
        (URI, {"runId": "a/b?c"}, f"{URI}/#/experiments/7/runs/a%2Fb%3Fc"),
        ("sqlite:///mlflow.db", {}, None),
        ("databricks", {}, None),
        (UNKNOWN, {}, None),
        ("", {}, None),
        (None, {}, None),
    ],
)
def test_links_to_the_run(uri, more, link):
    assert compare(None, facts(**more), uri=uri).variants[0].new.run_url == link


def test_directions_of_the_stack_judge():
    found = compare(facts(metrics={"rows": 1}), facts("4", metrics={"rows": 2}), directions={"rows": "lower"})
    assert found.worse


def test_deployments_are_sorted_by_name():
    found = compare_deployments(
        {"b": facts(), "c": facts()}, {"a": facts(), "c": facts("4")}, tracking_uri=URI, directions={}
    )
    assert [(change.name, change.kind) for change in found] == [("a", "new"), ("b", "retired"), ("c", "changed")]


odd_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.just(10**400)
    | st.floats()
    | st.text(max_size=5)
    | st.sampled_from([UNKNOWN, SECRET_TEXT])
    | st.builds(secret),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)
odd_facts = st.fixed_dictionaries({}, optional={**dict.fromkeys(facts(), odd_values), "variants": odd_values}).map(
    lambda odd: {**facts(), **odd}
) | st.dictionaries(st.sampled_from(sorted(facts())) | st.text(max_size=3), odd_values)
odd_states = st.dictionaries(st.sampled_from("ab"), odd_facts, max_size=2)


@given(odd_states, odd_states, st.none() | st.text())
def test_no_facts_are_too_odd(old, new, uri):
    found = compare_deployments(old, new, tracking_uri=uri, directions={})
    assert {change.name for change in found} == old.keys() | new.keys()
    for change in found:
        assert change.kind in {"new", "retired"} or (change.kind == "changed") == bool(change.aspects)
        assert "[secret]" not in repr(change)


@given(odd_states)
def test_a_state_does_not_differ_from_itself(state):
    found = compare_deployments(state, copy.deepcopy(state), tracking_uri=URI, directions={})
    assert {change.kind for change in found} <= {"unchanged"}
    assert {variant.kind for change in found for variant in change.variants} <= {"unchanged"}
