"""What the engine would answer a program in a preview of a stack that exists: ids and outputs of what stays.

With them, a document that the program computes from an ARN is known offline, is compared with the one that is there,
and is judged. Only resources on AWS are answered so: what a program reads of Kubernetes objects are their own inputs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.review.diff.aws_resources import AWS_PREFIX, RENEWED_OUTPUTS
from mlplatform.review.diff.comparison import Comparison
from mlplatform.review.state.property_values import SECRET, SIGNATURE, is_secret
from mlplatform.review.state.resources import renamed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.review.diff.resource_diff import ResourceDiff
    from mlplatform.review.state.resources import Desired, ResourceState, StackState


class LastKnown:
    """The last known state, asked once for each resource in the order of registration.

    Args:
        state: an export of the engine, or any other state; without outputs it answers nothing.
        stack: name of the stack that is previewed.
        project: its project.
        desired: what the program has registered so far.

    """

    def __init__(self, state: StackState, *, stack: str, project: str, desired: Desired) -> None:
        self._comparison = Comparison(renamed(state, stack=stack, project=project), desired)

    def answer(self, new: ResourceState, inputs: Mapping[str, Any]) -> tuple[str, dict[str, Any]] | None:
        """Return id and properties of a resource that stays or changes in place, ``None`` where they are not known.

        Args:
            new: the resource as the program wants it.
            inputs: its inputs as they came, secrets with their values.

        """
        resource_diff = self._comparison.one(new)
        old = resource_diff.old
        if old is None or not old.id or not old.outputs or not new.custom or not new.type.startswith(AWS_PREFIX):
            return None
        if resource_diff.op == "same":
            return old.id, {**inputs, **_answered(old.outputs)}
        return (old.id, _updated(resource_diff, inputs)) if resource_diff.op == "update" else None


def _updated(resource_diff: ResourceDiff, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the provider's preview answers of a change in place: all as it is, but for what changes."""
    old = resource_diff.old
    outputs = _answered(old.outputs) if old else {}
    for name in RENEWED_OUTPUTS.get(resource_diff.type, ()):
        outputs[name] = UNKNOWN
    for name, value in inputs.items():
        before = outputs.get(name)
        if isinstance(value, dict) and isinstance(before, dict) and SIGNATURE not in {*value, *before}:
            outputs[name] = {**before, **value}
        else:
            outputs[name] = value
    return outputs


def _answered(outputs: Mapping[str, Any]) -> dict[str, Any]:
    """Return outputs as a program may have them: nobody knows the value of a secret here."""
    return {name: _open(value) for name, value in outputs.items() if not name.startswith("__")}


def _open(value: Any) -> Any:
    if is_secret(value):
        return {SIGNATURE: SECRET, "value": UNKNOWN}
    if isinstance(value, dict):
        return {key: _open(item) for key, item in value.items() if not str(key).startswith("__")}
    return [_open(item) for item in value] if isinstance(value, list) else value
