import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.review.models.rules import RULES
from mlplatform.review.models.signature import diff_signatures

DOUBLE = {"type": "double"}


def col(name, kind="double", *, required=True):
    kind = {"type": kind} if isinstance(kind, str) else kind
    return {**kind, "name": name, "required": required}


def array(items):
    return {"type": "array", "items": items}


def mapping(values):
    return {"type": "map", "values": values}


def record(**properties):
    """An object; a property is a type, or a type and whether it is required."""
    pairs = {name: prop if isinstance(prop, tuple) else (prop, True) for name, prop in properties.items()}
    return {
        "type": "object",
        "properties": {name: {"type": kind, "required": required} for name, (kind, required) in pairs.items()},
    }


def tensor(dtype, shape, name=None):
    spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}
    return spec if name is None else {"name": name, **spec}


def param(name, kind="long", default=1, shape=None):
    return {"name": name, "type": kind, "default": default, "shape": shape}


A, B = col("a"), col("b")
VECTOR = {"type": "sparkml_vector"}

# Part of the signature, before, after -> the rules that must be found, each where.
CASES = [
    ("inputs", None, [A], [("inputs-declared", "inputs")]),
    ("inputs", [A], None, [("inputs-undeclared", "inputs")]),
    ("inputs", [A], [tensor("float64", [-1, 1])], [("inputs-kind-changed", "inputs")]),
    ("inputs", [tensor("float64", [-1, 1])], [A], [("inputs-kind-changed", "inputs")]),
    ("inputs", [A], [DOUBLE], [("inputs-naming-changed", "inputs")]),
    ("inputs", [DOUBLE], [A], [("inputs-naming-changed", "inputs")]),
    ("inputs", [A, B], [B, A], [("inputs-reordered", "inputs")]),
    ("inputs", [A, B], [A], [("input-removed", "inputs.b")]),
    ("inputs", [A], [A, B], [("input-added-required", "inputs.b")]),
    ("inputs", [A], [A, col("b", required=False)], [("input-added-optional", "inputs.b")]),
    ("inputs", [A], [B], [("input-added-required", "inputs.b"), ("input-removed", "inputs.a")]),
    ("inputs", [col("a", required=False)], [A], [("input-now-required", "inputs.a")]),
    ("inputs", [A], [col("a", required=False)], [("input-now-optional", "inputs.a")]),
    ("inputs", [DOUBLE], [DOUBLE, DOUBLE], [("input-added-unnamed", "inputs")]),
    ("inputs", [DOUBLE, DOUBLE], [DOUBLE], [("input-removed-unnamed", "inputs")]),
    ("inputs", [DOUBLE, {"type": "long"}], [{"type": "long"}, DOUBLE], 2 * ["input-retyped"]),
    ("inputs", [col("a", "integer")], [col("a", "long")], [("input-widened", "inputs.a")]),
    ("inputs", [col("a", "integer")], [col("a", "double")], [("input-widened", "inputs.a")]),
    ("inputs", [col("a", "float")], [col("a", "double")], [("input-widened", "inputs.a")]),
    ("inputs", [col("a", "double")], [col("a", "any")], [("input-widened", "inputs.a")]),
    ("inputs", [{"type": "float"}], [DOUBLE], [("input-widened", "inputs[0]")]),
    # MLflow refuses a long where a double is expected, and an integer where a float is.
    ("inputs", [col("a", "long")], [col("a", "double")], [("input-retyped", "inputs.a")]),
    ("inputs", [col("a", "integer")], [col("a", "float")], [("input-retyped", "inputs.a")]),
    ("inputs", [col("a", "double")], [col("a", "float")], [("input-retyped", "inputs.a")]),
    ("inputs", [col("a", "any")], [col("a", "double")], [("input-retyped", "inputs.a")]),
    ("inputs", [col("a", "string")], [col("a", "binary")], [("input-retyped", "inputs.a")]),
    ("inputs", [col("a", "binary")], [col("a", "any")], [("input-undecoded", "inputs.a")]),
    ("inputs", [col("a", array(DOUBLE))], [col("a")], ["inputs-rows-changed", "input-retyped"]),
    ("inputs", [array(DOUBLE)], [{"type": "any"}], ["inputs-rows-changed", "input-widened"]),
    ("inputs", [A], [A, col("b", array(DOUBLE), required=False)], ["inputs-rows-changed", "input-added-optional"]),
    ("inputs", [col("a", array(DOUBLE))], [col("a", VECTOR)], [("input-widened", "inputs.a")]),
    (
        "inputs",
        [col("a", array({"type": "integer"}))],
        [col("a", array({"type": "long"}))],
        [("input-widened", "inputs.a[]")],
    ),
    ("inputs", [col("a", mapping(DOUBLE))], [col("a", mapping({"type": "float"}))], [("input-retyped", "inputs.a{}")]),
    (
        "inputs",
        [col("a", array(record(p="long")))],
        [col("a", array(record(p="string")))],
        [("input-retyped", "inputs.a[].p")],
    ),
    (
        "inputs",
        [col("a", record(p="long", q="long"))],
        [col("a", record(p="long"))],
        [("property-removed", "inputs.a.q")],
    ),
    (
        "inputs",
        [col("a", record(p="long"))],
        [col("a", record(p="long", q="long"))],
        [("property-added-required", "inputs.a.q")],
    ),
    (
        "inputs",
        [col("a", record(p="long"))],
        [col("a", record(p="long", q=("long", False)))],
        [("property-added-optional", "inputs.a.q")],
    ),
    (
        "inputs",
        [col("a", record(p=("long", False)))],
        [col("a", record(p="long"))],
        [("property-now-required", "inputs.a.p")],
    ),
    (
        "inputs",
        [col("a", record(p="long"))],
        [col("a", record(p=("long", False)))],
        [("property-now-optional", "inputs.a.p")],
    ),
    ("inputs", [tensor("float64", [-1, 3])], [tensor("float32", [-1, 3])], [("input-dtype-changed", "inputs[0]")]),
    ("inputs", [tensor("int32", [-1, 3])], [tensor("int64", [-1, 3])], ["input-dtype-changed"]),
    ("inputs", [tensor("float64", [-1, 3])], [tensor("float64", [-1, 4])], [("input-shape-narrowed", "inputs[0]")]),
    ("inputs", [tensor("float64", [-1, 3])], [tensor("float64", [8, 3])], ["input-shape-narrowed"]),
    ("inputs", [tensor("float64", [-1, 3])], [tensor("float64", [-1, 3, 1])], ["input-shape-narrowed"]),
    ("inputs", [tensor("float64", [8, 3])], [tensor("float64", [-1, 3])], [("input-shape-widened", "inputs[0]")]),
    ("inputs", [tensor("float64", [-1, -1, 3])], [tensor("float64", [-1, -1, -1])], ["input-shape-widened"]),
    (
        "inputs",
        [tensor("float64", [-1, 3])],
        [tensor("float64", [-1, -1])],
        [("input-data-frames-refused", "inputs[0]")],
    ),
    ("inputs", [tensor("float64", [-1])], [tensor("object", [-1])], ["input-shape-widened"]),
    ("inputs", [tensor("object", [-1])], [tensor("object", [5])], ["input-shape-narrowed"]),
    (
        "inputs",
        [tensor("float64", [-1], "a"), tensor("float64", [-1], "b")],
        [tensor("float64", [-1], "b")],
        ["input-removed"],
    ),
    (
        "inputs",
        [tensor("float64", [-1], "a")],
        [tensor("float64", [-1], "a"), tensor("int64", [2], "b")],
        ["input-added-required"],
    ),
    ("outputs", None, [A], [("outputs-declared", "outputs")]),
    ("outputs", [A], None, [("outputs-undeclared", "outputs")]),
    ("outputs", [A], [tensor("float64", [-1])], [("outputs-kind-changed", "outputs")]),
    ("outputs", [A], [DOUBLE], [("outputs-naming-changed", "outputs")]),
    ("outputs", [DOUBLE], [DOUBLE, DOUBLE], [("outputs-count-changed", "outputs")]),
    ("outputs", [A, B], [B, A], [("outputs-reordered", "outputs")]),
    ("outputs", [A, B], [A], [("output-removed", "outputs.b")]),
    ("outputs", [A], [A, B], [("output-added", "outputs.b")]),
    ("outputs", [A], [col("a", required=False)], [("output-now-optional", "outputs.a")]),
    ("outputs", [col("a", required=False)], [A], [("output-now-required", "outputs.a")]),
    ("outputs", [col("a", "any")], [A], [("output-specified", "outputs.a")]),
    ("outputs", [A], [col("a", "any")], [("output-retyped", "outputs.a")]),
    # Narrower or wider: whoever reads a typed answer relies on the type to the letter.
    ("outputs", [DOUBLE], [{"type": "float"}], [("output-retyped", "outputs[0]")]),
    ("outputs", [{"type": "integer"}], [{"type": "long"}], [("output-retyped", "outputs[0]")]),
    ("outputs", [col("a", array(DOUBLE))], [col("a", array({"type": "long"}))], [("output-retyped", "outputs.a[]")]),
    (
        "outputs",
        [col("a", mapping(DOUBLE))],
        [col("a", mapping({"type": "long"}))],
        [("output-retyped", "outputs.a{}")],
    ),
    ("outputs", [col("a", array(DOUBLE))], [col("a", VECTOR)], [("output-retyped", "outputs.a")]),
    (
        "outputs",
        [col("a", record(p="long", q="long", r=("long", False), s="long"))],
        [col("a", record(p="double", r="long", s=("long", False), t="long"))],
        [
            ("output-retyped", "outputs.a.p"),
            ("output-removed", "outputs.a.q"),
            ("output-now-optional", "outputs.a.s"),
            ("output-now-required", "outputs.a.r"),
            ("output-added", "outputs.a.t"),
        ],
    ),
    ("outputs", [tensor("float64", [-1])], [tensor("float32", [-1])], [("output-dtype-changed", "outputs[0]")]),
    ("outputs", [tensor("float64", [-1, 3])], [tensor("float64", [-1, 4])], [("output-shape-changed", "outputs[0]")]),
    ("outputs", [tensor("float64", [-1, 3])], [tensor("float64", [1, 3])], ["output-shape-changed"]),
    ("outputs", [tensor("float64", [-1, 3])], [tensor("float64", [-1, -1])], ["output-shape-changed"]),
    ("outputs", [tensor("float64", [-1, -1])], [tensor("float64", [-1, 3])], [("output-shape-fixed", "outputs[0]")]),
    ("params", None, [param("k")], [("param-added", "params.k")]),
    ("params", [param("k")], None, [("param-removed", "params.k")]),
    ("params", [param("k")], [param("k", default=2)], [("param-default-changed", "params.k")]),
    ("params", [param("k", default=True)], [param("k", default=1)], [("param-default-changed", "params.k")]),
    ("params", [param("k")], [param("k", "double")], [("param-widened", "params.k")]),
    ("params", [param("k", "double")], [param("k", "long")], [("param-retyped", "params.k")]),
    ("params", [param("k")], [param("k", shape=[-1], default=[1])], ["param-shape-changed", "param-default-changed"]),
    (
        "params",
        [{**record(x="integer", y="long"), "name": "k", "default": {}}],
        [{**record(x="long", y="double"), "name": "k", "default": {}}],
        [("param-retyped", "params.k.y"), ("param-widened", "params.k.x")],
    ),
    ("inputs", [A], [A, DOUBLE], [("signature-unreadable", "inputs")]),
    ("inputs", [A], [A, tensor("float64", [1], "b")], ["signature-unreadable"]),
    ("inputs", [A], [A, A], ["signature-unreadable"]),
    ("inputs", [A], [col("a", "decimal")], ["signature-unreadable"]),
    ("inputs", [A], [col("a", {"type": "array"})], ["signature-unreadable"]),
    ("inputs", [A], "all of them", ["signature-unreadable"]),
    ("inputs", [A], [col("a", mapping(VECTOR))], ["signature-unreadable"]),
    ("inputs", [tensor("float64", [-1])], [tensor("float64", "any")], ["signature-unreadable"]),
    (
        "inputs",
        [tensor("float64", [-1])],
        [{"type": "tensor", "tensor-spec": {"shape": [1]}}],
        ["signature-unreadable"],
    ),
    ("outputs", [{**A, "name": ["a"]}], [A], ["signature-unreadable"]),
    ("params", [param("k")], [param("k"), param("k", default=2)], ["signature-unreadable"]),
    ("params", [param("k")], [{"type": "long"}], ["signature-unreadable"]),
    ("params", [param("k")], [{**array(DOUBLE), "name": "k"}], ["signature-unreadable"]),
]


@pytest.mark.parametrize(("part", "old", "new", "expected"), CASES)
def test_a_change_is_found_by_its_rule_where_it_is(part, old, new, expected):
    found = diff_signatures({part: old}, {part: new})
    pairs = [(change.rule, change.where) for change in found]
    assert [
        pair if isinstance(want, tuple) else pair[0] for pair, want in zip(pairs, expected, strict=True)
    ] == expected
    assert all(change.breaking == RULES[change.rule].breaking for change in found)
    assert all(change.text and "{" not in change.text.replace("{}", "") for change in found)


def test_each_rule_has_an_example():
    shown = {want if isinstance(want, str) else want[0] for *_, expected in CASES for want in expected}
    assert shown | {"signature-added", "signature-removed"} == RULES.keys()


def test_a_signature_that_comes_or_goes_breaks_callers():
    signature = {"inputs": [A], "outputs": [DOUBLE], "params": None}
    assert [change.rule for change in diff_signatures(None, signature)] == ["signature-added"]
    assert [change.rule for change in diff_signatures(signature, None)] == ["signature-removed"]
    assert diff_signatures(None, None) == ()


def test_breaking_changes_come_first_and_parts_keep_their_order():
    old = {"inputs": [A, B], "outputs": [A], "params": [param("k")]}
    new = {"inputs": [A], "outputs": [B], "params": []}
    assert [change.where for change in diff_signatures(old, new)] == ["outputs.a", "params.k", "inputs.b", "outputs.b"]


def test_spellings_of_older_mlflow_say_the_same():
    old = {
        "inputs": [{"name": "a", "type": "double"}, {"name": "b", "type": "double", "optional": True}],
        "params": [{"name": "k", "dtype": "long", "default": 1}],
    }
    assert diff_signatures(old, {"inputs": [A, col("b", required=False)], "params": [param("k")]}) == ()


def test_a_nested_column_without_a_word_on_it_is_optional_as_mlflow_reads_it():
    silent = {**array(DOUBLE), "name": "a"}
    assert diff_signatures({"inputs": [silent]}, {"inputs": [{**silent, "required": False}]}) == ()
    found = diff_signatures({"inputs": [silent]}, {"inputs": [{**silent, "required": True}]})
    assert [change.rule for change in found] == ["input-now-required"]


def test_a_signature_nested_beyond_reason_is_not_judged():
    deep = DOUBLE
    for _ in range(5000):
        deep = array(deep)
    found = diff_signatures({"inputs": [A]}, {"inputs": [{**deep, "name": "a"}]})
    assert [change.rule for change in found] == ["signature-unreadable"]


def test_long_defaults_are_cut():
    found = diff_signatures({"params": [param("k", "string", "x" * 500)]}, {"params": [param("k", "string", "y")]})
    assert len(found[0].text) < 120


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "items", "values", "properties", "tensor-spec", "shape", "dtype", "p"])
            | st.text(max_size=3),
            inner | st.sampled_from(["double", "array", "object", "map", "tensor", "any"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)
signatures = st.fixed_dictionaries({}, optional=dict.fromkeys(["inputs", "outputs", "params"], json_values))
real_parts = st.sampled_from([(part, side) for part, old, new, _ in CASES for side in (old, new)])


@given(signatures, signatures)
def test_no_json_is_too_odd(old, new):
    for change in diff_signatures(old, new):
        assert change.rule in RULES


@given(signatures)
def test_a_signature_does_not_differ_from_itself(signature):
    assert diff_signatures(signature, copy.deepcopy(signature)) == ()


@given(real_parts, real_parts)
def test_whatever_differs_has_a_place_and_a_rule(one, other):
    (part, old), (_, new) = one, other
    found = diff_signatures({part: old}, {part: new})
    assert all(change.where.startswith(part) for change in found)
    assert diff_signatures({part: old}, {part: copy.deepcopy(old)}) == ()
