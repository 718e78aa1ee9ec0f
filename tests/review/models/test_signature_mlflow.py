"""The rules of inputs and parameters against MLflow itself: what is called compatible, its enforcement accepts.

Pairs of signatures are generated with requests that the old one's enforcement accepts; where the diff finds nothing
breaking, the new one's must accept them as well. Callers send what the old signature declares, and nothing else.
"""

import copy
import itertools
import json

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, event, given, settings
from hypothesis import strategies as st
from mlflow.exceptions import MlflowException
from mlflow.models.utils import _enforce_params_schema, _enforce_schema
from mlflow.types.schema import ParamSchema, Schema

from mlplatform.review.models.signature import diff_signatures
from tests.properties import examples

SCALARS = ["boolean", "integer", "long", "float", "double", "string", "binary", "datetime"]
# What a caller may put into a column, by numpy's or pandas' type; each is accepted by some scalar.
VALUES = {
    "bool": [True, False],
    "int8": [1, -7],
    "int32": [1, -70000],
    "int64": [2, 2**40],
    "uint8": [3, 200],
    "uint16": [3, 60000],
    "uint32": [3, 2**31],
    "float16": [0.5, -1.5],
    "float32": [0.5, 1.25],
    "float64": [0.1, -2.5],
    "datetime64[ns]": ["2026-11-20", "2026-11-21"],
    "datetime64[s]": ["2026-11-20", "2026-11-21"],
    "str": ["a", "b"],
}


def own_copy(data):
    """Return a copy that shares nothing: MLflow changes nested values in place, and pandas copies only references."""
    if not isinstance(data, pd.DataFrame):
        return copy.deepcopy(data)
    columns = {name: data[name] for name in data}
    return pd.DataFrame(
        {name: objects(copy.deepcopy(list(col))) if col.dtype == object else col for name, col in columns.items()}
    )


def accepts(schema, data):
    """Whether MLflow's enforcement of a schema takes the data."""
    try:
        _enforce_schema(own_copy(data), Schema.from_json(json.dumps(schema)))
    except (MlflowException, TypeError, ValueError, IndexError, KeyError, OverflowError):
        return False
    return True


def breaking(part, old, new):
    return any(change.breaking for change in diff_signatures({part: old}, {part: new}))


def series(dtype, rows=2):
    return pd.Series((VALUES[dtype] * rows)[:rows]).astype(dtype)


def objects(values):
    """A column of arbitrary objects, one a row."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return pd.Series(column)


SAMPLES = [
    *(series(dtype) for dtype in VALUES),
    objects([b"a", b"bc"]),
    objects([True, None]),
    objects(["a", None]),
    objects(["2026-11-20", "2026-11-21"]),
    pd.Series([0, 1], dtype="int64"),
    pd.Series([1, None], dtype="Int32"),
    pd.Series([1.5, None], dtype="float32"),
]


def test_each_pair_of_scalars_is_judged_as_mlflow_enforces_it():
    # MLflow passes texts and bytes through as they are, so that it accepts either for both; their meaning differs.
    tolerated = {("string", "binary"), ("binary", "string")}
    for old, new in itertools.product(SCALARS, [*SCALARS, "any"]):
        before, after = ([{"name": "x", "type": kind, "required": True}] for kind in (old, new))
        frames = [pd.DataFrame({"x": sample}) for sample in SAMPLES]
        accepted = [frame for frame in frames if accepts(before, frame)]
        assert accepted, f"no sample shows what {old} takes"
        refused = [frame for frame in accepted if not accepts(after, frame)]
        if not breaking("inputs", before, after):
            assert not refused, f"{old} -> {new} is called compatible, but MLflow refuses {refused[0].dtypes['x']}"
        elif (old, new) not in tolerated and new != "any":
            assert refused, f"{old} -> {new} is called breaking, but MLflow accepts every sample"


nested = st.recursive(
    st.sampled_from([{"type": kind} for kind in [*SCALARS, "any"]]),
    lambda inner: st.one_of(
        inner.map(lambda items: {"type": "array", "items": items}),
        inner.map(lambda values: {"type": "map", "values": values}),
        st.dictionaries(st.sampled_from("pq"), st.tuples(inner, st.booleans()), min_size=1).map(
            lambda items: {
                "type": "object",
                "properties": {name: {**kind, "required": required} for name, (kind, required) in items.items()},
            }
        ),
    ),
    max_leaves=4,
)
types = st.one_of(st.sampled_from([{"type": kind} for kind in SCALARS]), nested, st.just({"type": "sparkml_vector"}))


@st.composite
def mutated_types(draw, kind):
    """Draw a type near another, so that pairs that are compatible are as frequent as those that are not."""
    if draw(st.integers(0, 9)) == 0:
        return draw(types)
    if draw(st.integers(0, 4)) == 0:
        return {"type": "any"}
    match kind["type"]:
        case "array":
            return {"type": "array", "items": draw(mutated_types(kind["items"]))}
        case "map":
            return {"type": "map", "values": draw(mutated_types(kind["values"]))}
        case "object":
            properties = {}
            for name, prop in kind["properties"].items():
                if draw(st.integers(0, 5)):
                    required = draw(st.sampled_from([prop["required"], prop["required"], False, True]))
                    properties[name] = {**draw(mutated_types(prop)), "required": required}
            if draw(st.booleans()) or not properties:
                properties["new"] = {"type": "long", "required": draw(st.integers(0, 3)) == 0}
            return {"type": "object", "properties": properties}
    wider = {"integer": ["long", "double"], "float": ["double"], "long": ["double"], "string": ["binary"]}
    return draw(st.sampled_from([{"type": kind["type"]}, *({"type": w} for w in wider.get(kind["type"], []))]))


@st.composite
def schemas(draw):
    kinds = draw(st.lists(types, min_size=1, max_size=3))
    if draw(st.integers(0, 3)) == 0:
        return [{**kind, "required": True} for kind in kinds]
    return [{**kind, "name": name, "required": draw(st.booleans())} for name, kind in zip("abc", kinds, strict=False)]


@st.composite
def schema_pairs(draw):
    old = draw(schemas())
    new = []
    for spec in old:
        if draw(st.integers(0, 7)) == 0:
            continue
        bare = {key: value for key, value in spec.items() if key not in {"name", "required"}}
        same_type = draw(st.booleans())
        kind = bare if same_type else draw(mutated_types(bare))
        if "name" not in spec:
            new.append({**kind, "required": True})
            continue
        name = spec["name"] if draw(st.integers(0, 9)) else "renamed"
        new.append({**kind, "name": name, "required": draw(st.sampled_from([spec["required"], True, False]))})
    if draw(st.integers(0, 3)) == 0 or not new:
        named = "name" in old[0]
        extra = draw(types)
        new.append(
            {**extra, "name": "extra", "required": draw(st.booleans())} if named else {**extra, "required": True}
        )
    return old, draw(st.permutations(new)) if "name" in old[0] else new


def values(kind, *, required=True):
    """Return what a nested type may take."""
    inner = _VALUES.get(kind["type"], _scalar_values)(kind, required)
    return inner if required else st.none() | inner


def _array_values(kind, required):
    items = kind.get("items", {"type": "double"})
    lists = st.lists(values(items, required=required), max_size=2)
    return lists | st.sampled_from(TAKEN[items["type"]]).map(pd.Series.to_numpy) if items["type"] in SCALARS else lists


def _object_values(kind, _required):
    found = {name: values(prop, required=prop["required"]) for name, prop in kind["properties"].items()}
    needed = {name for name, prop in kind["properties"].items() if prop["required"]}
    return st.fixed_dictionaries(
        {name: found[name] for name in found if name in needed},
        optional={name: found[name] for name in found if name not in needed},
    )


def _scalar_values(kind, _required):
    if kind["type"] == "datetime":
        return st.just(np.datetime64("2026-11-20"))
    return st.sampled_from([value for column in TAKEN[kind["type"]] for value in [*column, *column.tolist()]])


_VALUES = {
    "array": _array_values,
    "sparkml_vector": _array_values,
    "map": lambda kind, required: st.dictionaries(
        st.sampled_from("kl"), values(kind["values"], required=required), max_size=2
    ),
    "object": _object_values,
    "any": lambda _kind, _required: st.none() | st.integers() | st.text(max_size=3) | st.lists(st.integers()),
}


TAKEN = {
    kind: [s for s in SAMPLES if accepts([{"name": "x", "type": kind, "required": True}], pd.DataFrame({"x": s}))]
    for kind in SCALARS
}


@st.composite
def requests(draw, schema):
    """Draw a request for a schema: a data frame, rows as JSON, or a JSON object of values or lists."""
    columns = {}
    for index, spec in enumerate(schema):
        if not spec["required"] and draw(st.booleans()):
            continue
        if spec["type"] in SCALARS:
            column = draw(st.sampled_from(TAKEN[spec["type"]]))
        else:
            column = objects([draw(values(spec, required=spec["required"])) for _ in range(2)])
        columns[spec.get("name", index)] = column
    assume(columns)
    form = draw(st.sampled_from(["frame", "frame", "rows", "row", "lists"]))
    if form == "frame":
        return pd.DataFrame(columns)
    if form == "rows":
        return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    if form == "row":
        return {name: column.iloc[0] for name, column in columns.items()}
    return {name: column.tolist() for name, column in columns.items()}


@settings(max_examples=examples(600))
@given(st.data())
def test_inputs_called_compatible_are_accepted_by_mlflow(data):
    old, new = data.draw(schema_pairs())
    request = data.draw(requests(old))
    assume(accepts(old, request))
    judged = breaking("inputs", old, new)
    event("breaking" if judged else "unchanged" if old == new else "compatible")
    if not judged:
        assert accepts(new, request), diff_signatures({"inputs": old}, {"inputs": new})


sizes = st.sampled_from([-1, -1, 1, 2])
shapes = st.lists(sizes, max_size=3)
dtypes = st.sampled_from(["float64", "float32", "int64", "object", "str"])


def tensor(dtype, shape, name=None):
    spec = {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": list(shape)}}
    return spec if name is None else {"name": name, **spec}


@st.composite
def tensor_pairs(draw):
    names = draw(st.sampled_from([[None], ["a"], ["a", "b"]]))
    old = [tensor(draw(dtypes), draw(shapes), name) for name in names]
    new = []
    for spec in old:
        info = spec["tensor-spec"]
        dtype = info["dtype"] if draw(st.integers(0, 3)) else draw(dtypes)
        shape = [size if draw(st.booleans()) else draw(sizes) for size in info["shape"]]
        if draw(st.integers(0, 7)) == 0:
            dtype, shape = "object", [-1]
        new.append(tensor(dtype, shape, spec.get("name")))
    if len(new) > 1 and draw(st.integers(0, 3)) == 0:
        new.pop()
    return old, new


@st.composite
def tensor_requests(draw, schema):
    """Draw arrays that fit, ragged ones, and data frames of values, of lists, or of arrays."""
    arrays = {}
    rows = draw(st.sampled_from([1, 2]))
    for spec in schema:
        info = spec["tensor-spec"]
        shape = [rows if size == -1 else size for size in info["shape"]]
        array = np.ones(shape, dtype=info["dtype"])
        if draw(st.integers(0, 4)) == 0:
            array = objects([[1.0], [1.0, 2.0]]).to_numpy()
        arrays[spec.get("name")] = array
    form = draw(st.sampled_from(["arrays", "arrays", "lists", "cells", "table"]))
    if form == "arrays":
        return arrays.get(None, arrays)
    if form == "table" and None in arrays and arrays[None].ndim == 2:
        return pd.DataFrame(arrays[None])
    columns = {}
    for name, array in arrays.items():
        assume(array.ndim > 0)
        cells = [cell if np.isscalar(cell) or isinstance(cell, list) else np.asarray(cell).ravel() for cell in array]
        if form == "lists":
            cells = [cell.tolist() if isinstance(cell, np.ndarray) else cell for cell in cells]
        columns[name or 0] = objects(cells)
    assume(len({len(column) for column in columns.values()}) == 1)
    return pd.DataFrame(columns)


@settings(max_examples=examples(600))
@given(st.data())
def test_tensors_called_compatible_are_accepted_by_mlflow(data):
    old, new = data.draw(tensor_pairs())
    request = data.draw(tensor_requests(old))
    assume(accepts(old, request))
    judged = breaking("inputs", old, new)
    event("breaking" if judged else "unchanged" if old == new else "compatible")
    if not judged:
        assert accepts(new, request), diff_signatures({"inputs": old}, {"inputs": new})


PARAM_TYPES = ["boolean", "integer", "long", "float", "double", "string", "datetime"]
DEFAULTS = {
    "boolean": True,
    "integer": 1,
    "long": 2,
    "float": 0.5,
    "double": 0.25,
    "string": "a",
    "datetime": "2026-11-20T00:00:00",
}
PARAM_VALUES = [
    *(True, 1, -(2**40), 0.5, "a", "2026-11-20"),
    *(np.int32(3), np.int64(3), np.float32(0.5), np.float64(0.5), np.datetime64("2026-11-20"), None),
]


def param(kind, *, listed=False, name="p"):
    default = [DEFAULTS[kind]] if listed else DEFAULTS[kind]
    return {"name": name, "type": kind, "default": default, "shape": [-1] if listed else None}


def accepts_params(schema, params):
    schema = [{**spec, "shape": None if spec["shape"] is None else tuple(spec["shape"])} for spec in schema]
    try:
        _enforce_params_schema(dict(params), ParamSchema.from_json(json.dumps(schema)))
    except MlflowException:
        return False
    return True


@pytest.mark.parametrize("listed", [False, True])
def test_each_pair_of_parameter_types_is_judged_as_mlflow_enforces_it(listed):
    for old, new in itertools.product(PARAM_TYPES, repeat=2):
        before, after = [param(old, listed=listed)], [param(new, listed=listed)]
        values = [{"p": [value] if listed else value} for value in PARAM_VALUES]
        accepted = [value for value in values if accepts_params(before, value)]
        assert accepted
        refused = [value for value in accepted if not accepts_params(after, value)]
        assert bool(refused) == breaking("params", before, after), (old, new, refused)


def test_parameters_that_are_removed_or_added_are_accepted_by_mlflow_all_the_same():
    # Accepted, but answered as if it had not been set: that is why the rule is breaking.
    assert accepts_params([param("long")], {"q": 7})
    assert breaking("params", [param("long", name="q")], [param("long")])
    assert accepts_params([param("long"), param("double", name="q")], {"p": 7})
    assert not breaking("params", [param("long")], [param("long"), param("double", name="q")])


def named(**kinds):
    return [{**kind, "name": name, "required": True} for name, kind in kinds.items()]


def record(*required, optional=()):
    names = {**dict.fromkeys(required, True), **dict.fromkeys(optional, False)}
    return {
        "type": "object",
        "properties": {name: {"type": "long", "required": needed} for name, needed in names.items()},
    }


LONG, DOUBLES = {"type": "long"}, {"type": "array", "items": {"type": "double"}}
# Rule, before, after, and a request that MLflow takes before and refuses after.
REFUSED = [
    ("inputs-kind-changed", named(x=LONG), [tensor("int64", [-1, 1], "x")], [{"x": 1}]),
    ("inputs-naming-changed", [LONG], named(x=LONG), pd.DataFrame([[1]])),
    (
        "inputs-rows-changed",
        named(x={"type": "double"}),
        [*named(x={"type": "double"}), {**DOUBLES, "name": "y", "required": False}],
        {"x": [0.5]},
    ),
    ("inputs-rows-changed", [DOUBLES, DOUBLES], [{"type": "any"}] * 2, {0: [], 1: [0.5, 1.5]}),
    ("input-added-required", named(x=LONG), named(x=LONG, y=LONG), pd.DataFrame({"x": [1]})),
    ("input-added-unnamed", [LONG], [LONG, LONG], pd.DataFrame([[1]])),
    (
        "input-now-required",
        [*named(x=LONG), {**LONG, "name": "y", "required": False}],
        named(x=LONG, y=LONG),
        {"x": [1]},
    ),
    ("property-removed", named(x=record("p", "q")), named(x=record("p")), [{"x": {"p": 1, "q": 1}}]),
    ("property-added-required", named(x=record("p")), named(x=record("p", "q")), [{"x": {"p": 1}}]),
    ("property-now-required", named(x=record(optional="p")), named(x=record("p")), [{"x": {}}]),
    ("input-dtype-changed", [tensor("int32", [-1])], [tensor("int64", [-1])], np.ones(2, dtype="int32")),
    ("input-shape-narrowed", [tensor("int64", [-1, 2])], [tensor("int64", [-1, 3])], np.ones((1, 2), dtype="int64")),
    ("input-shape-narrowed", [tensor("int64", [-1])], [tensor("int64", [2])], np.ones(3, dtype="int64")),
    ("input-data-frames-refused", [tensor("int64", [-1, 2])], [tensor("int64", [-1, -1])], pd.DataFrame([[1, 2]])),
]


@pytest.mark.parametrize(("rule", "old", "new", "request_"), REFUSED)
def test_what_a_breaking_rule_says_is_what_mlflow_does(rule, old, new, request_):
    found = {change.rule: change.breaking for change in diff_signatures({"inputs": old}, {"inputs": new})}
    assert found[rule]
    assert accepts(old, request_)
    assert not accepts(new, request_)


def test_columns_without_names_that_are_one_fewer_are_accepted_and_misread():
    # Why the rule is breaking all the same: of two columns the last is dropped, whichever was meant.
    frame = pd.DataFrame([[1, 2]])
    assert _enforce_schema(frame, Schema.from_json(json.dumps([LONG]))).to_numpy().tolist() == [[1]]
    found = diff_signatures({"inputs": [LONG, LONG]}, {"inputs": [LONG]})
    assert [(change.rule, change.breaking) for change in found] == [("input-removed-unnamed", True)]
