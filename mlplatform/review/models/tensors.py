"""When one tensor takes, or gives, what another did: type and shape, as MLflow checks them. Pure.

The source is ``mlflow/models/utils.py`` (3.17): ``_enforce_tensor_spec`` for arrays, and for data frames
``_enforce_tensor_schema`` with ``_reshape_and_cast_pandas_column_values``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.models import rules

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.review.models.change import SignatureChange
    from mlplatform.review.models.schema import Tensor

_FREE = -1


def input_tensors(old: Tensor, new: Tensor, where: str) -> Iterator[SignatureChange]:
    """Yield how a tensor takes other arrays, or other data frames, than before.

    MLflow wants the very type of the signature and converts nothing. A dimension of ``-1`` takes any size. An
    ``object`` of one free dimension takes every array. Data frames are only taken where the first dimension is free
    and no other.
    """
    if (old.dtype, old.shape) == (new.dtype, new.shape):
        return
    if _takes_every_array(new) and old.shape == (_FREE,):
        yield rules.INPUT_SHAPE_WIDENED.at(where, old=old, new=new)
        return
    if old.dtype != new.dtype:
        yield rules.INPUT_DTYPE.at(where, old=old.dtype, new=new.dtype)
    if old.shape == new.shape:
        return
    words = {"old": _shape(old), "new": _shape(new)}
    if not _covers(new.shape, old.shape):
        yield rules.INPUT_SHAPE_NARROWED.at(where, **words)
    elif _takes_data_frames(old) and not _takes_data_frames(new):
        yield rules.INPUT_NO_FRAMES.at(where, **words)
    else:
        yield rules.INPUT_SHAPE_WIDENED.at(where, **words)


def output_tensors(old: Tensor, new: Tensor, where: str) -> Iterator[SignatureChange]:
    """Yield how a tensor gives other arrays than before.

    Whoever copes with any size copes with a fixed one, except in the first dimension: so many rows are answered.
    """
    if old.dtype != new.dtype:
        yield rules.OUTPUT_DTYPE.at(where, old=old.dtype, new=new.dtype)
    if old.shape != new.shape:
        fixed = _covers(old.shape, new.shape) and old.shape[0] == new.shape[0]
        rule = rules.OUTPUT_SHAPE_FIXED if fixed else rules.OUTPUT_SHAPE
        yield rule.at(where, old=_shape(old), new=_shape(new))


def _covers(wide: tuple[int, ...], narrow: tuple[int, ...]) -> bool:
    """Whether each array of the narrow shape is one of the wide shape."""
    return len(wide) == len(narrow) and all(size in {_FREE, other} for size, other in zip(wide, narrow, strict=True))


def _takes_every_array(tensor: Tensor) -> bool:
    return tensor.dtype == "object" and tensor.shape == (_FREE,)


def _takes_data_frames(tensor: Tensor) -> bool:
    return tensor.shape[:1] == (_FREE,) and _FREE not in tensor.shape[1:]


def _shape(tensor: Tensor) -> str:
    return f"({', '.join(map(str, tensor.shape))})"
