"""What ``pulumi preview --json`` writes: the steps the engine intends to take.

The format is pulumi/pulumi's ``PreviewDigest`` (``pkg/display/json.go``, written by ``pkg/backend/display/json.go``):
one step for each resource that changes, with its state before and after; resources that stay the same only with
``--show-sames``, default providers never; every secret is the text ``[secret]``. Outputs of components are not known
yet when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.order import ordered
from mlplatform.review.state.parse_resource import parse_resource
from mlplatform.review.state.property_values import SECRET_TEXT, secret
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.review.state.state_file import file_problem
from mlplatform.review.state.urn import MODELS_TYPE, STACK_TYPE, parse_urn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlplatform.review.diff.resource_diff import Op

HOW = "it must be the whole output of 'pulumi preview --json'"
UNVERIFIED = "UNVERIFIED: "

# Step of the engine -> what happens to the resource. Steps that only say how a replacement is done are left out; the
# logical ``replace`` is always there, too.
_OPS: Mapping[str, Op] = {
    "same": "same", "create": "create", "update": "update", "delete": "delete", "replace": "replace",
    "read": "same", "read-replacement": "same", "refresh": "same", "discard": "delete", "import": "create",
    "import-replacement": "replace", "remove-pending-replace": "same",
}  # fmt: skip
_PHYSICAL = {"create-replacement", "delete-replaced", "discard-replaced"}


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step.

    Attributes:
        op: what happens to the resource.
        old: its state before, ``None`` where it is new.
        new: its state after, ``None`` where it goes.
        kinds: property path -> ``add``, ``update``, ``delete``, with ``-replace`` where it forces a replacement.
        replace_reasons: property paths that force a replacement.

    """

    op: Op
    old: ResourceState | None
    new: ResourceState | None
    kinds: Mapping[str, str] = field(default_factory=dict)
    replace_reasons: tuple[str, ...] = ()

    @property
    def urn(self) -> str:
        """The resource's URN, the new one where it has one."""
        state = self.new or self.old
        return state.urn if state else ""


@dataclass(frozen=True, kw_only=True)
class EnginePreview:
    """A preview of the engine.

    Attributes:
        file: the file it was read from, for errors.
        stack: name of the stack.
        project: name of the project.
        steps: by URN; the engine's order depends on threads.
        unlisted: how many resources stay the same and are not listed.
        unverified: reasons why the served models could not be verified in full, from the program's log.
        notices: the models' other warnings.

    """

    file: str
    stack: str
    project: str
    steps: tuple[Step, ...]
    unlisted: int
    unverified: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def before(self) -> StackState:
        """The resources listed, as they are now."""
        return self._state(step.old for step in self.steps)

    @property
    def after(self) -> StackState:
        """The resources listed, as they would be."""
        return self._state(step.new for step in self.steps)

    def _state(self, resources: Iterator[ResourceState | None]) -> StackState:
        present = (resource for resource in resources if resource)
        return StackState(stack=self.stack, project=self.project, resources=ordered(present))


def is_preview(data: Any) -> bool:
    """Whether a document looks like an engine's preview."""
    return isinstance(data, dict) and "deployment" not in data and ("steps" in data or "changeSummary" in data)


def parse_preview(data: Mapping[str, Any], *, file: str) -> EnginePreview:
    """Return the preview in a document; ``file`` names it in errors.

    Raises:
        ProblemsError: the preview failed, is not whole, or has a form that is not known.

    """
    _refuse_failed(data, file)
    items = data.get("steps")
    counts = data.get("changeSummary")
    if not isinstance(items, list) or not isinstance(counts, dict) or not all(_is_count(n) for n in counts.values()):
        raise file_problem(file, "steps", f"no list of steps with a changeSummary; {HOW}")
    steps: dict[str, Step] = {}
    for index, item in enumerate(items):
        key = f"steps[{index}]"
        if not isinstance(item, dict) or not isinstance(item.get("op"), str):
            raise file_problem(file, key, f"is no step; {HOW}")
        if item["op"] in _PHYSICAL:
            continue
        step = _step(item, file=file, key=key)
        if step.urn in steps:
            raise file_problem(file, key, f"a second step for '{printable(step.urn)}'; {HOW}")
        steps[step.urn] = step
    root = next((urn for urn in steps if parse_urn(urn).type == STACK_TYPE), None)
    if root is None:
        raise file_problem(file, "steps", f"the stack itself is not among them; {HOW}")
    listed = sum(step.op == "same" for step in steps.values())
    parsed = parse_urn(root)
    warnings = tuple(_said_of_models(data))
    return EnginePreview(
        file=file,
        stack=parsed.stack,
        project=parsed.project,
        steps=tuple(steps[urn] for urn in sorted(steps)),
        unlisted=max(0, sum(n for op, n in counts.items() if _OPS.get(op) == "same") - listed),
        unverified=tuple(text.removeprefix(UNVERIFIED) for text in warnings if text.startswith(UNVERIFIED)),
        notices=tuple(text for text in warnings if not text.startswith(UNVERIFIED)),
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _step(item: Mapping[str, Any], *, file: str, key: str) -> Step:
    op = _OPS.get(item["op"])
    if op is None:
        raise file_problem(file, f"{key}.op", f"is '{printable(item['op'])}', a step that this tool does not know")
    try:
        old, new = (_resource(item.get(side)) for side in ("oldState", "newState"))
        kinds = {str(path): str(diff["kind"]) for path, diff in (item.get("detailedDiff") or {}).items()}
        reasons = tuple(str(reason) for reason in item.get("replaceReasons") or ())
    except (AttributeError, KeyError, TypeError, ValueError):
        message = f"is no step: a state of the resource or a difference is missing or wrong; {HOW}"
        raise file_problem(file, key, message) from None
    old = None if op == "create" else old
    new = None if op == "delete" else new
    lacks_old = old is None and op != "create" and item["op"] != "read"
    step = Step(op=op, old=old, new=new, kinds=kinds, replace_reasons=reasons)
    if lacks_old or (new is None and op != "delete") or item.get("urn") != step.urn:
        raise file_problem(file, key, f"has not the states before and after that '{op}' needs; {HOW}")
    return step


def _resource(item: Any) -> ResourceState | None:
    if item is None:
        return None
    resource = parse_resource(item)
    # Of a planned replacement, not of the state.
    return replace(
        resource,
        inputs=_with_secrets(dict(resource.inputs)),
        outputs=_with_secrets(dict(resource.outputs)),
        pending_replacement=False,
    )


def _with_secrets(value: Any) -> Any:
    """Give the engine's placeholder of a secret the form that a state gives it."""
    if isinstance(value, dict):
        return {key: _with_secrets(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_with_secrets(item) for item in value]
    return secret() if value == SECRET_TEXT else value


def _diagnostics(data: Mapping[str, Any], severity: str) -> Iterator[tuple[str, str]]:
    """Yield (URN, message) of the preview's messages of one severity, without the engine's own prefix."""
    items = data.get("diagnostics")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("severity") == severity:
            text = str(item.get("message") or "").removeprefix(f"{severity}: ").strip()
            yield str(item.get("urn") or ""), text


def _said_of_models(data: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for urn, text in _diagnostics(data, "warning"):
        if f"{MODELS_TYPE}::" in urn and text not in seen:
            seen.add(text)
            yield text


def _refuse_failed(data: Mapping[str, Any], file: str) -> None:
    errors = dict.fromkeys(printable(text) for _, text in _diagnostics(data, "error"))
    if errors:
        raise ProblemsError(
            Problem(file=file, key="diagnostics", message=f"this preview failed, so that it plans nothing: {text}")
            for text in errors
        )
