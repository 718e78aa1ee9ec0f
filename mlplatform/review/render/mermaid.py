"""A graph of a stack's components and models in Mermaid's language, which GitHub draws.

GitHub leaves Mermaid's limits as they are: 50,000 characters and 500 edges. Here it is less, and what is left out is
said in the graph itself. Every character that Mermaid could read as its own is written as an entity of it (``#35;``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlplatform.review.render.escape import clipped
from mlplatform.review.render.model_words import steps
from mlplatform.review.render.tree import ORDER
from mlplatform.review.render.words import count
from mlplatform.review.state.display_values import printable
from mlplatform.review.state.urn import MODEL_TYPE, STACK_TYPE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mlplatform.review.diff.resource_diff import ResourceDiff
    from mlplatform.review.report import Report
    from mlplatform.review.state.resources import ResourceState

NODES = 200
EDGES = 400
_LABEL = 48
_CLASSES = {
    "create": "fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
    "update": "fill:#fff8c5,stroke:#9a6700,color:#1f2328",
    "replace": "fill:#fbefff,stroke:#8250df,color:#1f2328",
    "delete": "fill:#ffebe9,stroke:#cf222e,color:#1f2328",
}


def render_mermaid(report: Report, *, nodes: int = NODES, edges: int = EDGES) -> str:
    """Return the graph: components and models, coloured by what happens to them.

    Args:
        report: the report.
        nodes: how many components and models to draw at most; those that change come first.
        edges: how many arrows to draw at most; those from a component to what is in it come first.

    """
    listed = [resource for resource in report.resources if not resource.pending]
    states = {resource.urn: state for resource in listed if (state := resource.new or resource.old)}
    components = {resource.urn: resource for resource in listed if _is_component(states.get(resource.urn))}
    owners = {urn: owner for urn in states if (owner := _owner(urn, states, components))}
    drawn = {urn: f"n{number}" for number, urn in enumerate(_chosen(components, owners, states, nodes))}
    arrows = [
        f"  {drawn[start]} {arrow} {drawn[end]}"
        for start, arrow, end in _arrows(components, owners, states)
        if start in drawn and end in drawn
    ]
    changes = {
        model.change.name: steps(model.change, "→") for model in report.models if model.change.kind != "unchanged"
    }
    lines = ["flowchart LR", "  %% a line: contains; a dotted line: needs"]
    lines += [_node(name, components[urn], changes) for urn, name in drawn.items()]
    if len(components) > len(drawn):
        lines.append(f'  more["{len(components) - len(drawn)} more not drawn"]')
    lines += arrows[:edges]
    if len(arrows) > edges:
        more = count(len(arrows) - edges, "more arrow")
        lines.append(f'  arrows["{more} not drawn"]')
    used = {components[urn].op for urn in drawn}
    lines += [f"  classDef {op} {style}" for op, style in _CLASSES.items() if op in used]
    return "\n".join(lines) + "\n"


def _is_component(state: ResourceState | None) -> bool:
    return state is not None and not state.custom and state.type != STACK_TYPE


def _owner(urn: str, states: Mapping[str, ResourceState], components: Mapping[str, ResourceDiff]) -> str | None:
    """Return the component that a resource is, or is in."""
    return next((outer for outer in _line(urn, states) if outer in components), None)


def _line(urn: str | None, states: Mapping[str, ResourceState]) -> Iterator[str]:
    """Yield a resource and everything it is in, from the inside out."""
    seen: set[str] = set()
    while urn is not None and urn in states and urn not in seen:
        seen.add(urn)
        yield urn
        urn = states[urn].parent


def _chosen(
    components: Mapping[str, ResourceDiff], owners: Mapping[str, str], states: Mapping[str, ResourceState], limit: int
) -> Sequence[str]:
    """Return what to draw, in the order of the report: what changes with all it is in, then the rest."""
    ranked = sorted(
        components.values(), key=lambda component: (ORDER.index(component.op), component.type == MODEL_TYPE)
    )
    chosen: set[str] = set()
    for component in ranked:
        chain = {urn for urn in _line(component.urn, states) if urn in owners and urn in components} - chosen
        if len(chosen) + len(chain) <= limit:
            chosen |= chain
    return [urn for urn in components if urn in chosen]


def _arrows(
    components: Mapping[str, ResourceDiff], owners: Mapping[str, str], states: Mapping[str, ResourceState]
) -> Iterator[tuple[str, str, str]]:
    """Yield (start, arrow, end): first what is in what, then what needs what, each pair once."""
    for urn in components:
        if (parent := states[urn].parent) and parent in owners:
            yield owners[parent], "-->", urn
    seen: set[tuple[str, str]] = set()
    for urn, state in states.items():
        needed = {*state.dependencies, *(source for urns in state.property_dependencies.values() for source in urns)}
        for other in sorted(needed):
            pair = owners.get(urn, ""), owners.get(other, "")
            if all(pair) and pair not in seen:
                seen.add(pair)
                if pair[0] not in _line(pair[1], states) and pair[1] not in _line(pair[0], states):
                    yield pair[0], "-.->", pair[1]


def _node(name: str, resource: ResourceDiff, changes: Mapping[str, str]) -> str:
    kind = resource.type.rpartition(":")[2]
    step = changes.get(resource.name, "") if resource.type == MODEL_TYPE else ""
    label = "<br/>".join(_text(part) for part in (resource.name, kind, step) if part)
    mark = f":::{resource.op}" if resource.op in _CLASSES else ""
    return f'  {name}["{label}"]{mark}'


def _text(text: str) -> str:
    visible = printable(clipped(text, _LABEL))
    return "".join(c if c.isalnum() or c in " .,/-→…" else f"#{ord(c)};" for c in visible)
