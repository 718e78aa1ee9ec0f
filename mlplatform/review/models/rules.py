"""The rules by which two signatures are compared: a stable code each, and whether it breaks callers.

The same table, with the reasons at length, is ``docs/model-report.md``; a test holds the two together. A rule is
breaking unless MLflow's own enforcement (``mlflow/models/utils.py``, 3.17) or the meaning of the answer shows that
whoever was served before is served as well afterwards.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlplatform.review.models.change import SignatureChange


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One rule.

    Attributes:
        code: stable name, for policies and scripts.
        breaking: whether a caller that was served before may be refused, or may misread the answer.
        text: the difference in words, with ``{old}`` and ``{new}``.

    """

    code: str
    breaking: bool
    text: str

    def at(self, where: str, *, old: object = "", new: object = "") -> SignatureChange:
        """Return a difference found by this rule."""
        text = self.text.format(old=old, new=new)
        return SignatureChange(where=where, rule=self.code, breaking=self.breaking, text=text)


def _breaking(code: str, text: str) -> Rule:
    return Rule(code=code, breaking=True, text=text)


def _compatible(code: str, text: str) -> Rule:
    return Rule(code=code, breaking=False, text=text)


SIGNATURE_ADDED = _breaking("signature-added", "the model now has a signature: requests that do not fit are refused")
SIGNATURE_REMOVED = _breaking("signature-removed", "no signature any more: nothing converts or checks requests")
SIGNATURE_UNREADABLE = _breaking("signature-unreadable", "cannot be judged: {old}")

INPUTS_DECLARED = _breaking("inputs-declared", "inputs are now declared: requests that do not fit are refused")
INPUTS_UNDECLARED = _breaking("inputs-undeclared", "inputs are declared no more: nothing converts or checks them")
INPUTS_KIND = _breaking("inputs-kind-changed", "{old} became {new}")
INPUTS_NAMING = _breaking("inputs-naming-changed", "{old} inputs became {new} ones")
INPUTS_ROWS = _breaking("inputs-rows-changed", "a plain JSON object was read as {old}, now as {new}")
INPUTS_REORDERED = _compatible("inputs-reordered", "other order; inputs are matched by name")
INPUT_REMOVED = _compatible("input-removed", "removed; a caller that still sends it is served, and it is ignored")
INPUT_REMOVED_UNNAMED = _breaking("input-removed-unnamed", "{old} columns without names became {new}")
INPUT_ADDED_UNNAMED = _breaking("input-added-unnamed", "{old} columns without names became {new}")
INPUT_ADDED_REQUIRED = _breaking("input-added-required", "new required input: {new}")
INPUT_ADDED_OPTIONAL = _compatible("input-added-optional", "new optional input: {new}")
INPUT_NOW_REQUIRED = _breaking("input-now-required", "was optional, is required")
INPUT_NOW_OPTIONAL = _compatible("input-now-optional", "was required, is optional")
INPUT_WIDENED = _compatible("input-widened", "{old} became {new}, which takes all of it")
INPUT_RETYPED = _breaking("input-retyped", "{old} became {new}")
INPUT_UNDECODED = _breaking("input-undecoded", "{old} became {new}: the server no longer decodes it")
INPUT_DTYPE = _breaking("input-dtype-changed", "{old} became {new}; tensors are not converted")
INPUT_SHAPE_NARROWED = _breaking("input-shape-narrowed", "shape {old} became {new}")
INPUT_SHAPE_WIDENED = _compatible("input-shape-widened", "shape {old} became {new}, which takes all of it")
INPUT_NO_FRAMES = _breaking("input-data-frames-refused", "shape {old} became {new}: data frames are refused")

PROPERTY_ADDED_REQUIRED = _breaking("property-added-required", "new required property: {new}")
PROPERTY_ADDED_OPTIONAL = _compatible("property-added-optional", "new optional property: {new}")
PROPERTY_REMOVED = _breaking("property-removed", "removed; an object that still has it is refused")
PROPERTY_NOW_REQUIRED = _breaking("property-now-required", "was optional, is required")
PROPERTY_NOW_OPTIONAL = _compatible("property-now-optional", "was required, is optional")

OUTPUTS_DECLARED = _compatible("outputs-declared", "outputs are now declared")
OUTPUTS_UNDECLARED = _breaking("outputs-undeclared", "outputs are declared no more: nothing says how answers look")
OUTPUTS_KIND = _breaking("outputs-kind-changed", "{old} became {new}")
OUTPUTS_NAMING = _breaking("outputs-naming-changed", "{old} outputs became {new} ones")
OUTPUTS_COUNT = _breaking("outputs-count-changed", "{old} columns without names became {new}")
OUTPUTS_REORDERED = _compatible("outputs-reordered", "other order: whoever reads outputs by position reads others")
OUTPUT_REMOVED = _breaking("output-removed", "removed")
OUTPUT_ADDED = _compatible("output-added", "new output: {new}")
OUTPUT_NOW_OPTIONAL = _breaking("output-now-optional", "was always there, may be missing")
OUTPUT_NOW_REQUIRED = _compatible("output-now-required", "might be missing, is always there")
OUTPUT_SPECIFIED = _compatible("output-specified", "{old} became {new}: more is promised than before")
OUTPUT_RETYPED = _breaking("output-retyped", "{old} became {new}")
OUTPUT_DTYPE = _breaking("output-dtype-changed", "{old} became {new}")
OUTPUT_SHAPE = _breaking("output-shape-changed", "shape {old} became {new}")
OUTPUT_SHAPE_FIXED = _compatible("output-shape-fixed", "shape {old} became {new}: more is promised than before")

PARAM_ADDED = _compatible("param-added", "new parameter: {new}")
PARAM_REMOVED = _breaking("param-removed", "removed; a request that sets it is answered as if it did not")
PARAM_WIDENED = _compatible("param-widened", "{old} became {new}, which takes all of it")
PARAM_RETYPED = _breaking("param-retyped", "{old} became {new}")
PARAM_SHAPE = _breaking("param-shape-changed", "{old} became {new}")
PARAM_DEFAULT = _compatible("param-default-changed", "default {old} became {new}")

RULES = {rule.code: rule for rule in list(globals().values()) if isinstance(rule, Rule)}
