"""What an engine's state or preview tells beside resources, as sentences for a reviewer. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.state.display_values import printable
from mlplatform.review.state.urn import display_type, parse_urn

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.review.diff.plan import Plan
    from mlplatform.review.state.resources import PendingOperation

_FEW = 5
# What settles an operation that was cut off. A refresh asks the provider for everything that has an id; what was being
# made has none yet. Source: pulumi/pulumi, pkg/resource/deploy/deployment.go and the help of `pulumi refresh`.
_REFRESH = "`pulumi refresh` reads what is there and settles it"
_CREATED = (
    "a plain `pulumi refresh` does not settle that: look whether it is there, then `pulumi refresh "
    "--clear-pending-creates` forgets it, or `--import-pending-creates URN ID` takes it over"
)
_CANCEL = "an update that still runs, or left its lock behind, is ended by `pulumi cancel`"


def engine_notices(plan: Plan) -> tuple[str, ...]:
    """Return what a reviewer should know of the state to come from, and of the engine's preview."""
    operations = plan.old.pending_operations if plan.old else ()
    sentences = [_interrupted(operation) for operation in operations[:_FEW]]
    if len(operations) > _FEW:
        sentences.append(f"{len(operations) - _FEW} more operations were cut off; see pending_operations of the state")
    if plan.preview:
        sentences += plan.preview.engine_warnings
        sentences += _several_steps(plan)
    return tuple(sentences)


def _interrupted(operation: PendingOperation) -> str:
    kind = printable(operation.kind)
    how = _CREATED if operation.kind == "creating" else _REFRESH
    return (
        f"{described(operation.urn)}: an update was cut off while {kind} it, and nobody knows the end; {how}; {_CANCEL}"
    )


def _several_steps(plan: Plan) -> Iterator[str]:
    for step in plan.preview.steps if plan.preview else ():
        if step.imported:
            yield f"{described(step.urn)}: is taken over from what is there (import) before anything else happens to it"
        if step.drift:
            places = ", ".join(map(printable, step.drift[:_FEW]))
            more = f" and {len(step.drift) - _FEW} more" if len(step.drift) > _FEW else ""
            yield (
                f"{described(step.urn)}: drifted, the refresh found other values than the state has: {places}{more}; "
                "what follows is compared with what is there"
            )


def described(urn: str) -> str:
    """Return name and type of a resource."""
    parsed = parse_urn(urn)
    return printable(f"{parsed.name} ({display_type(parsed.type)})")
