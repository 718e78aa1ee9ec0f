"""The graph of components and models."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from mlplatform.review.render.mermaid import EDGES, render_mermaid
from mlplatform.review.report import compare
from tests.properties import examples
from tests.review.pairs import PAIRS, facts, platform, served
from tests.review.states import entry, state

# One line of the part of Mermaid's language that is used; checked once with Mermaid's own parser.
LINE = re.compile(
    r"flowchart LR|  %% .*"
    r'|  (n\d+|more|arrows)\["(?:[\w .,/\-→…]|#\d+;|<br/>)*"\](:::(create|update|replace|delete))?'
    r"|  n\d+ (-->|-\.->) n\d+|  classDef \w+ fill:#\w+,stroke:#\w+,color:#\w+"
)


def graph(name):
    return render_mermaid(compare(*PAIRS[name])).splitlines()


def test_components_and_models_with_what_happens_to_them():
    assert graph("all-at-once") == [
        "flowchart LR",
        "  %% a line: contains; a dotted line: needs",
        '  n0["models<br/>ModelDeployments"]:::update',
        '  n1["iris<br/>ModelDeployment<br/>1 → 2"]:::update',
        '  n2["cancer<br/>ModelDeployment<br/>5 → 6"]:::update',
        '  n3["fraud<br/>ModelDeployment<br/>new → 1"]:::create',
        '  n4["sales<br/>ModelDeployment"]',
        '  n5["wine<br/>ModelDeployment"]',
        '  n6["churn<br/>ModelDeployment<br/>2 → removed"]:::delete',
        *(f"  n0 --> n{number}" for number in range(1, 7)),
        "  classDef create fill:#dafbe1,stroke:#1a7f37,color:#1f2328",
        "  classDef update fill:#fff8c5,stroke:#9a6700,color:#1f2328",
        "  classDef delete fill:#ffebe9,stroke:#cf222e,color:#1f2328",
    ]


def component(name, parent=None, **more):
    chain = "a:b:Outer$a:b:Inner" if parent else "a:b:Outer"
    urn = f"urn:pulumi:dev::mlplatform::{chain}::{name}"
    return entry(urn, custom=False, **({"parent": parent} if parent else {}), **more)


def test_a_component_needs_what_its_resources_need_each_once():
    outer = component("outer")
    inner = component("inner", parent=outer["urn"])
    other = component("other")
    below = f"urn:pulumi:dev::mlplatform::{inner['type']}$a:b:R::"
    first = entry(f"{below}1", parent=inner["urn"])
    second = entry(f"{below}2", parent=other["urn"], dependencies=[first["urn"]])
    third = entry(f"{below}3", parent=other["urn"], propertyDependencies={"x": [inner["urn"], first["urn"]]})
    # Inside one family, an arrow would say nothing new.
    fourth = entry(f"{below}4", parent=inner["urn"], dependencies=[outer["urn"]])
    lines = render_mermaid(compare(None, state(outer, inner, other, first, second, third, fourth))).splitlines()
    assert [line for line in lines if "-->" in line or "-.->" in line] == ["  n0 --> n1", "  n2 -.-> n1"]


def test_a_large_stack_shows_what_changes_and_says_what_it_leaves_out():
    many = [facts(f"m{index}") for index in range(400)]
    changed = [*many[:-1], facts("m399", "2")]
    text = render_mermaid(compare(state(platform(), served(*many)), state(platform(), served(*changed))))
    assert 'm399<br/>ModelDeployment<br/>1 → 2"]:::update' in text
    assert '  more["201 more not drawn"]' in text
    assert text.count("-->") == 199
    assert len(text) < 50_000


names = st.sampled_from(['a"]; end', "%%{init: {}}%%", "`x`", "#quot;", "<b>", "@me", "a\nb --> c", "\\", "|x|", ""])


@settings(max_examples=examples(50))
@given(names | st.text(max_size=80), st.integers(1, 6))
def test_no_name_is_read_as_language(name, nodes):
    text = render_mermaid(
        compare(None, state(served(facts(f"a{name}", registeredModel="r"), facts("b")))), nodes=nodes, edges=1
    )
    for line in text.splitlines():
        assert LINE.fullmatch(line), line


def test_arrows_beyond_the_limit_are_counted():
    lines = render_mermaid(compare(*PAIRS["three-hundred"]), edges=10).splitlines()
    assert sum("-->" in line for line in lines) == 10
    assert '  arrows["189 more arrows not drawn"]' in lines
    assert EDGES < 500
