"""What ``pulumi preview --json`` writes: the steps the engine intends to take.

The format is pulumi/pulumi's ``PreviewDigest`` (``pkg/display/json.go``, written by ``pkg/backend/display/json.go``):
one step for each resource that changes, with its state before and after; resources that stay the same only with
``--show-sames``, default providers never; every secret is the text ``[secret]``. Outputs of components are not known
yet when it is written.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.credentials import redacted_text
from mlplatform.review.diff.preview_steps import HOW, OPS, Step, read_steps
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.order import ordered
from mlplatform.review.state.resources import ResourceState, StackState
from mlplatform.review.state.state_file import file_problem
from mlplatform.review.state.urn import MODELS_TYPE, STACK_TYPE, parse_urn

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


UNVERIFIED = "UNVERIFIED: "
# Of the engine about itself, whatever is previewed.
_NEW_VERSION = "A new version of Pulumi is available"


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
        engine_warnings: warnings of the engine itself, such as of operations that were cut off.
        former_copies: what was replaced before and never deleted; this update does.

    """

    file: str
    stack: str
    project: str
    steps: tuple[Step, ...]
    unlisted: int
    unverified: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    engine_warnings: tuple[str, ...] = ()
    former_copies: tuple[ResourceState, ...] = ()

    @property
    def before(self) -> StackState:
        """The resources listed, as they are now."""
        return replace(self._state(step.old for step in self.steps), pending_deletes=self.former_copies)

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
    steps, former_copies = read_steps(items, file=file)
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
        unlisted=max(0, sum(n for op, n in counts.items() if OPS.get(op) == "same") - listed),
        unverified=tuple(text.removeprefix(UNVERIFIED) for text in warnings if text.startswith(UNVERIFIED)),
        notices=tuple(text for text in warnings if not text.startswith(UNVERIFIED)),
        engine_warnings=tuple(_said_by_the_engine(data)),
        former_copies=former_copies,
    )


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _diagnostics(data: Mapping[str, Any], severity: str) -> Iterator[tuple[str, str]]:
    """Yield (URN, message) of the preview's messages of one severity, without the engine's own prefix."""
    items = data.get("diagnostics")
    for item in items if isinstance(items, list) else ():
        if isinstance(item, dict) and item.get("severity") == severity:
            text = redacted_text(str(item.get("message") or "")).removeprefix(f"{severity}: ").strip()
            yield str(item.get("urn") or ""), text


def _said_of_models(data: Mapping[str, Any]) -> Iterator[str]:
    seen: set[str] = set()
    for urn, text in _diagnostics(data, "warning"):
        if f"{MODELS_TYPE}::" in urn and text not in seen:
            seen.add(text)
            yield text


def _said_by_the_engine(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield the warnings that belong to no resource: those of the stack's program are the models' and others'."""
    texts = (" ".join(printable(text).split()) for urn, text in _diagnostics(data, "warning") if not urn)
    yield from dict.fromkeys(text for text in texts if text and not text.startswith(_NEW_VERSION))


def _refuse_failed(data: Mapping[str, Any], file: str) -> None:
    errors = dict.fromkeys(printable(text) for _, text in _diagnostics(data, "error"))
    if errors:
        raise ProblemsError(
            Problem(file=file, key="diagnostics", message=f"this preview failed, so that it plans nothing: {text}")
            for text in errors
        )
