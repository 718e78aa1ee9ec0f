"""What the callers of a model notice when its signature changes. Pure.

Judged from the callers' side: a caller sends what the old signature declares, and reads what it promises. What MLflow
does with a request is ``mlflow/models/utils.py`` of 3.17 (``_enforce_schema``, ``_enforce_params_schema``), which
``tests/review/models/test_signature_mlflow.py`` asks itself.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlplatform.review.models import rules
from mlplatform.review.models.column_types import input_types, output_types, param_types
from mlplatform.review.models.schema import Array, Column, Object, Tensor, UnreadableError, read_params, read_schema
from mlplatform.review.models.tensors import input_tensors, output_tensors
from mlplatform.review.state.property_values import same

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from mlplatform.review.models.change import SignatureChange
    from mlplatform.review.models.schema import Param

_PARTS = ("inputs", "outputs", "params")
# How much of a default is shown.
_LONGEST = 60


def diff_signatures(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[SignatureChange, ...]:
    """Return the differences of two signatures, the breaking ones first, else in the order of the signature.

    Args:
        old: ``{"inputs": [...], "outputs": [...], "params": [...]}`` as parsed from MLmodel; each part may be absent or
            ``None``. ``None`` for a model without a signature.
        new: likewise.

    """
    if old is None or new is None:
        if old is None and new is None:
            return ()
        return ((rules.SIGNATURE_ADDED if old is None else rules.SIGNATURE_REMOVED).at("signature"),)
    changes = [change for part in _PARTS for change in _part(part, old.get(part), new.get(part))]
    return tuple(sorted(changes, key=lambda change: not change.breaking))


def _part(part: str, old: Any, new: Any) -> Iterator[SignatureChange]:
    if equal(old, new):
        return
    try:
        changes = list(_COMPARE[part](old, new))
    except (UnreadableError, RecursionError) as error:
        why = error if isinstance(error, UnreadableError) else "nested too deeply"
        changes = [rules.SIGNATURE_UNREADABLE.at(part, old=why)]
    yield from changes


def equal(old: Any, new: Any) -> bool:
    """Whether two values of JSON are the same; unlike Python, NaN is and true is not 1."""
    try:
        return same(old, new) or json.dumps(old, sort_keys=True) == json.dumps(new, sort_keys=True)
    except (RecursionError, TypeError, ValueError):
        return False


def _inputs(old_part: Any, new_part: Any) -> Iterator[SignatureChange]:
    """Compare what requests must hold.

    MLflow ignores columns and named tensors that it does not know, matches named ones by name whatever their order,
    and checks unnamed ones by position and number.
    """
    old, new = _schema(old_part), _schema(new_part)
    if old is None or new is None:
        if old is not new:
            yield (rules.INPUTS_DECLARED if old is None else rules.INPUTS_UNDECLARED).at("inputs")
    elif _kind(old) != _kind(new):
        yield rules.INPUTS_KIND.at("inputs", old=_kind(old), new=_kind(new))
    elif _naming(old) != _naming(new):
        yield rules.INPUTS_NAMING.at("inputs", old=_naming(old), new=_naming(new))
    else:
        yield from _rows(old, new)
        if old[0].name is None:
            yield from _unnamed_inputs(old, new)
        else:
            yield from _named_inputs({str(spec.name): spec for spec in old}, {str(spec.name): spec for spec in new})


def _rows(old: Sequence[Column | Tensor], new: Sequence[Column | Tensor]) -> Iterator[SignatureChange]:
    """Tell when a request of ``{"a": [1, 2]}`` is two rows no more, or again: a list or object column makes it one."""
    words = {True: "one row", False: "a list of rows a column"}
    was, now = _one_row(old), _one_row(new)
    if was != now:
        yield rules.INPUTS_ROWS.at("inputs", old=words[was], new=words[now])


def _unnamed_inputs(old: Sequence[Column | Tensor], new: Sequence[Column | Tensor]) -> Iterator[SignatureChange]:
    if len(old) != len(new):
        rule = rules.INPUT_ADDED_UNNAMED if len(new) > len(old) else rules.INPUT_REMOVED_UNNAMED
        yield rule.at("inputs", old=len(old), new=len(new))
    for index, (was, now) in enumerate(zip(old, new, strict=False)):
        yield from _input(was, now, f"inputs[{index}]")


def _named_inputs(old: Mapping[str, Column | Tensor], new: Mapping[str, Column | Tensor]) -> Iterator[SignatureChange]:
    for name, was in old.items():
        path = f"inputs.{name}"
        now = new.get(name)
        if now is None:
            yield rules.INPUT_REMOVED.at(path)
            continue
        if was.required != now.required:
            yield (rules.INPUT_NOW_REQUIRED if now.required else rules.INPUT_NOW_OPTIONAL).at(path)
        yield from _input(was, now, path)
    for name, now in new.items():
        if name not in old:
            rule = rules.INPUT_ADDED_REQUIRED if now.required else rules.INPUT_ADDED_OPTIONAL
            yield rule.at(f"inputs.{name}", new=_described(now))
    if _reordered(old, new):
        yield rules.INPUTS_REORDERED.at("inputs")


def _input(old: Column | Tensor, new: Column | Tensor, where: str) -> Iterator[SignatureChange]:
    if isinstance(old, Column) and isinstance(new, Column):
        yield from input_types(old.type, new.type, where)
    elif isinstance(old, Tensor) and isinstance(new, Tensor):
        yield from input_tensors(old, new, where)


def _outputs(old_part: Any, new_part: Any) -> Iterator[SignatureChange]:
    """Compare what answers hold. MLflow checks no outputs; the signature is a promise to whoever reads them."""
    old, new = _schema(old_part), _schema(new_part)
    if old is None or new is None:
        if old is not new:
            yield (rules.OUTPUTS_DECLARED if old is None else rules.OUTPUTS_UNDECLARED).at("outputs")
    elif _kind(old) != _kind(new):
        yield rules.OUTPUTS_KIND.at("outputs", old=_kind(old), new=_kind(new))
    elif _naming(old) != _naming(new):
        yield rules.OUTPUTS_NAMING.at("outputs", old=_naming(old), new=_naming(new))
    elif old[0].name is None:
        if len(old) != len(new):
            yield rules.OUTPUTS_COUNT.at("outputs", old=len(old), new=len(new))
        for index, (was, now) in enumerate(zip(old, new, strict=False)):
            yield from _output(was, now, f"outputs[{index}]")
    else:
        yield from _named_outputs({str(spec.name): spec for spec in old}, {str(spec.name): spec for spec in new})


def _named_outputs(old: Mapping[str, Column | Tensor], new: Mapping[str, Column | Tensor]) -> Iterator[SignatureChange]:
    for name, was in old.items():
        path = f"outputs.{name}"
        now = new.get(name)
        if now is None:
            yield rules.OUTPUT_REMOVED.at(path)
            continue
        if was.required != now.required:
            yield (rules.OUTPUT_NOW_REQUIRED if now.required else rules.OUTPUT_NOW_OPTIONAL).at(path)
        yield from _output(was, now, path)
    for name, now in new.items():
        if name not in old:
            yield rules.OUTPUT_ADDED.at(f"outputs.{name}", new=_described(now))
    if _reordered(old, new):
        yield rules.OUTPUTS_REORDERED.at("outputs")


def _output(old: Column | Tensor, new: Column | Tensor, where: str) -> Iterator[SignatureChange]:
    if isinstance(old, Column) and isinstance(new, Column):
        yield from output_types(old.type, new.type, where)
    elif isinstance(old, Tensor) and isinstance(new, Tensor):
        yield from output_tensors(old, new, where)


def _params(old_part: Any, new_part: Any) -> Iterator[SignatureChange]:
    """Compare what requests may set. MLflow ignores parameters that it does not know; each has a default."""
    old, new = read_params(old_part), read_params(new_part)
    for name, was in old.items():
        if name not in new:
            yield rules.PARAM_REMOVED.at(f"params.{name}")
        else:
            yield from _param(was, new[name])
    for name, now in new.items():
        if name not in old:
            yield rules.PARAM_ADDED.at(f"params.{name}", new=f"{_param_type(now)}, default {_shown(now.default)}")


def _param(old: Param, new: Param) -> Iterator[SignatureChange]:
    where = f"params.{old.name}"
    if old.shape != new.shape:
        yield rules.PARAM_SHAPE.at(where, old=_param_type(old), new=_param_type(new))
    else:
        yield from param_types(old.type, new.type, where)
    if not equal(old.default, new.default):
        yield rules.PARAM_DEFAULT.at(where, old=_shown(old.default), new=_shown(new.default))


def _param_type(param: Param) -> str:
    return str(param.type) if param.shape is None else f"list of {param.type}"


def _shown(default: Any) -> str:
    text = json.dumps(default)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _schema(part: Any) -> Sequence[Column | Tensor] | None:
    return read_schema(part)


def _kind(schema: Sequence[Column | Tensor]) -> str:
    return "tensors" if isinstance(schema[0], Tensor) else "columns"


def _naming(schema: Sequence[Column | Tensor]) -> str:
    return "unnamed" if schema[0].name is None else "named"


def _one_row(schema: Sequence[Column | Tensor]) -> bool:
    return any(isinstance(spec, Column) and isinstance(spec.type, Array | Object) for spec in schema)


def _reordered(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return [name for name in old if name in new] != [name for name in new if name in old]


def _described(spec: Column | Tensor) -> str:
    return str(spec.type) if isinstance(spec, Column) else str(spec)


_COMPARE: dict[str, Callable[[Any, Any], Iterator[SignatureChange]]] = {
    "inputs": _inputs,
    "outputs": _outputs,
    "params": _params,
}
