"""Reports as markdown: never beyond GitHub's limit, and no foreign text that acts."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlplatform.config.problems import Problem
from mlplatform.review.render.budget import Piece, Section, assemble, size
from mlplatform.review.render.escape import code, html_code, link, prose, summary
from mlplatform.review.render.markdown import LIMIT, render_markdown
from mlplatform.review.report import compare, failure
from tests.properties import examples
from tests.review.pairs import PAIRS, facts, kube, platform, served
from tests.review.rules import SHOWN_RULES
from tests.review.states import state

COMMAND = "mlplatform preview dev"
# What GitHub reads as markdown: CommonMark with tables and HTML. Links from bare text are looked for below.
READER = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
HOSTILE = [
    "</details><script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a | b | c", "a\\", "a\\|b", "`",
    "``` \n", "` | `", "@octocat", "team @org/admins!", "#1", "org/repo#12", "GH-7", "https://evil.example",
    "www.evil.example", "[x](javascript:alert(1))", "![x](https://evil.example/x.png)", "<!--", "-->", "]]>",
    "&lt;b&gt;", "&#64;octocat", "*bold*", "__bold__", "~~gone~~", "> quote", "# title", "- item", "1. item",
    "| a |\n| - |", "\r\n\r\n<b>", "\u2028<b>", "\u202egnp.exe", "\u200b", "\u001b[31mred", "\ud800", "",
    " ", "   lead", "trail   ", "$x$", "$`x`$", ":shipit:", "\\`", "```diff\n+ x", "~~~", "x" * 5_000,
    "\U0001d4b3" * 300, "\u00e9|`<@\u00e9>", "</code>", "</summary>", "<?php", "<![CDATA[", "\t- x",
    "\u0000",
]  # fmt: skip
foreign = st.sampled_from(HOSTILE) | st.text(max_size=40) | st.lists(st.sampled_from(HOSTILE), max_size=3).map("".join)
PLAIN = "plain"


class Skeleton(HTMLParser):
    """The elements of an HTML text without its texts, and the texts outside of code."""

    def __init__(self):
        super().__init__()
        self.tags, self.texts, self.depth = [], [], 0

    def handle_starttag(self, tag, attrs):
        self.depth += tag in {"code", "pre"}
        if tag != "code":
            # Whether a name is code in backticks or in tags is the same to a reader.
            self.tags.append((tag, tuple(name for name, _ in attrs)))

    def handle_endtag(self, tag):
        self.depth -= tag in {"code", "pre"}
        if tag != "code":
            self.tags.append(f"/{tag}")

    def handle_data(self, data):
        if not self.depth:
            self.texts.append(data)


def skeleton(markdown):
    found = Skeleton()
    found.feed(READER.render(markdown))
    return found


ACTIVE = re.compile(r"(?<![\w`])@\w|(?<!\w)#\d|\bGH-\d|https?://|www\.|:[a-z]+:", re.IGNORECASE)
ALLOWED = {
    "details", "summary", "b", "p", "h3", "strong", "em", "blockquote", "ul", "li", "table", "thead", "tbody", "tr",
    "th", "td", "a", "pre",
}  # fmt: skip


def hostile_pair(text):
    """Return states that hold a foreign text wherever people name things."""
    old = facts("iris", createdBy=text, alias=text, flavor="a", params={"p": "1", text: "1"}, metrics={text: 1.0})
    new = facts(
        "iris", "2", registeredModel=f"r{text}", createdBy=f"{text}b", alias=f"{text}c", flavor=f"{text}d",
        params={"p": text, text: "2"}, metrics={text: 0.5}, tags={text: text}, runId=f"{text}e",
        requirements=[f"{text}==1"], runtime=f"{text}f", namespace=f"{text}g",
        signature={"inputs": [{"name": f"{text}x", "type": "double", "required": True}]},
    )  # fmt: skip
    return (
        state(platform(kube("core/v1:ConfigMap", f"m{text}", data={"k": text})), served(old)),
        state(
            platform(kube("core/v1:ConfigMap", f"m{text}", data={"k": f"{text}2", f"{text}k": "v"})),
            served(new, facts(f"n{text}"), unverified=[f"why {text}"], notices=[f"notice {text}"]),
        ),
    )


def shown(text):
    return render_markdown(compare(*hostile_pair(text)), command=COMMAND)


@settings(max_examples=examples(100))
@given(foreign)
def test_foreign_texts_stay_texts(text):
    found = skeleton(shown(text))
    assert {tag[0] for tag in found.tags if isinstance(tag, tuple)} <= ALLOWED
    outside = " ".join(found.texts)
    assert not ACTIVE.search(outside), ACTIVE.search(outside)
    opened = [tag for tag in found.tags if tag in {("details", ()), ("details", ("open",))}]
    assert len(opened) == found.tags.count("/details")


@pytest.mark.parametrize("text", HOSTILE)
def test_foreign_texts_change_no_structure(text):
    """The same elements in the same order as with a harmless name, whatever it is called."""

    def rows(markdown):
        found = skeleton(markdown).tags
        return (
            found.count("/tr"),
            found.count("/td"),
            found.count("/details"),
            found.count("/table"),
            found.count("/h3"),
        )

    named = {
        key: render_markdown(compare(None, state(served(facts(f"a{value}", createdBy=f"b{value}")))), command=COMMAND)
        for key, value in (("hostile", text), ("plain", PLAIN))
    }
    assert rows(named["hostile"]) == rows(named["plain"])


@given(foreign, foreign)
def test_a_row_of_a_table_keeps_its_cells(one, other):
    row = f"| a | b | c |\n| - | - | - |\n| {code(one)} | {prose(other)} | end |\n"
    found = skeleton(row)
    assert found.tags.count(("td", ())) == 3
    assert re.search(r"<td>end</td>", READER.render(row))


@given(foreign)
def test_a_summary_keeps_its_fold(text):
    folded = f"<details>\n<summary>{html_code(text)} {summary(text)}</summary>\n\ninside\n\n</details>\n"
    found = skeleton(folded)
    assert [tag for tag in found.tags if tag != "/p"] == [
        ("details", ()), ("summary", ()), "/summary", ("p", ()), "/details",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        (
            "https://mlflow.example.org/#/experiments/1/runs/a",
            "[`x`](https://mlflow.example.org/#/experiments/1/runs/a)",
        ),
        ("https://h.example/a)b|c`d", "[`x`](https://h.example/a%29b%7Cc%60d)"),
        ("https://h.example/a b<c>", "[`x`](https://h.example/a%20b%3Cc%3E)"),
        ("javascript:alert(1)", "`javascript:alert(1)`"),
        ("https://", "`https://`"),
    ],
)
def test_links_lead_only_to_web_pages(url, expected):
    assert link("x", url) == expected


def test_names_are_readable():
    assert code("iris") == "`iris`"
    assert code("a|b") == "<code>a&#124;b</code>"
    assert code("") == "*(empty)*"
    assert code("x" * 200) == f"`{'x' * 119}…`"
    assert prose("lacks limits.memory; ask @ada") == "lacks limits.memory; ask `@ada`"
    # Who copies the code copies no comma.
    assert (
        prose("write s3://models/prod, or s3://other; see #7).")
        == "write `s3://models/prod`, or `s3://other`; see `#7`)."
    )
    assert prose("a_b <c>") == "a&#95;b &#60;c&#62;"


def test_errors_alone():
    problems = [Problem(file="Pulumi.dev.yaml", key="models[0].alias", message="is missing; ask @ada")]
    assert render_markdown(failure("dev", problems), command=COMMAND) == (
        "### Preview of `dev`\n\n**nothing was planned: 1 error**\n\n**Nothing was planned:**\n\n"
        "- `Pulumi.dev.yaml` `models[0].alias`: is missing; ask `@ada`\n\n"
    )


def test_a_report_on_policies_holds_them_and_the_banner_alone():
    report = compare(*PAIRS["policy"], SHOWN_RULES).of_policies()
    text = render_markdown(report, command="mlplatform check dev")
    assert text.startswith("### Policies of `dev`\n\n**3 policy violations (3 MANDATORY)**\n\n**Policies violated**")
    assert "Resources" not in text
    unverified = render_markdown(compare(*PAIRS["unverified"], SHOWN_RULES).of_policies(), command=COMMAND)
    assert "> [!CAUTION]\n> **UNVERIFIED" in unverified


def big(*, models, resources, text="", metrics, violations):
    many = {f"m{index}{text}": index / 7 for index in range(metrics)}
    old = [facts(f"d{index}{text}", metrics=many, params=dict.fromkeys(many, "1")) for index in range(models)]
    changed = {key: value - 1 for key, value in many.items()}
    signature = {
        "inputs": [{"name": f"i{key}", "type": "string", "required": True} for key in many],
        "outputs": None,
        "params": None,
    }
    new = [
        facts(f"d{index}{text}", "2", metrics=changed, params=dict.fromkeys(many, text), signature=signature)
        for index in range(models)
    ]
    objects = [kube("core/v1:PersistentVolumeClaim", f"v{index}{text}", spec={}) for index in range(resources)]
    return (
        state(platform(*objects), served(*old)),
        state(
            platform(),
            served(*new, limits=not violations, unverified=[text * 40] * resources, notices=[text] * resources),
        ),
    )


sizes = st.fixed_dictionaries(
    {
        "models": st.integers(0, 40),
        "resources": st.integers(0, 80),
        "text": foreign,
        "metrics": st.integers(0, 30),
        "violations": st.booleans(),
    }
)


@settings(max_examples=examples(15))
@given(sizes, st.integers(8_000, LIMIT))
def test_no_report_is_beyond_its_limit(sizes, limit):
    shown = render_markdown(compare(*big(**sizes)), command=COMMAND, limit=limit)
    assert len(shown) <= len(shown.encode()) <= limit
    found = skeleton(shown)
    assert found.tags.count("/details") == sum(tag[0] == "details" for tag in found.tags if isinstance(tag, tuple))
    assert ("UNVERIFIED" in shown) == bool(sizes["resources"])


def test_what_decides_is_the_last_to_go():
    report = compare(*big(models=150, resources=30, metrics=30, violations=True))
    text = render_markdown(report, command=COMMAND)
    assert text.count("| **replace** |") + text.count("| **delete** |") >= 30
    assert text.count("| `container-resources-are-set` | **mandatory** | `d0`, `d1`, ") == 1
    assert " and 138 more | spec.predictor.model.resources lacks limits.memory" in text
    assert text.count("**BREAKING**") >= 150
    assert "Shortened to what GitHub takes in a comment. Left out: " in text
    assert "600" not in text.split("Left out")[0]
    smaller = render_markdown(report, command=COMMAND, limit=8_000)
    assert "STATE AT STAKE" in smaller
    assert "Policies violated" in smaller
    assert "UNVERIFIED" in smaller


def test_shortening_says_how_much_and_takes_the_unimportant_first():
    report = compare(*PAIRS["all-at-once"], SHOWN_RULES)
    whole = render_markdown(report, command=COMMAND)
    assert "Shortened" not in whole
    seen = []
    for limit in range(len(whole.encode()) - 1, 2_500, -150):
        shown = render_markdown(report, command=COMMAND, limit=limit)
        seen.append([each in shown for each in (
            "secret, not compared", "```diff", "retired", "BREAKING", "UNVERIFIED",
        )])  # fmt: skip
        assert "Left out: " in shown
    # Each that is gone stays gone, and goes before those that matter more.
    for column in zip(*seen, strict=True):
        assert list(column) == sorted(column, reverse=True)
    first_gone = [column.index(False) if False in column else len(column) for column in zip(*seen, strict=True)]
    assert first_gone == sorted(first_gone)
    assert seen[-1][-2:] == [True, True]


texts = st.text("abcé", max_size=12)
pieces = st.lists(
    st.lists(texts, min_size=1, max_size=3).map(
        lambda levels: Piece(tuple(enumerate(sorted(levels, key=len), start=1)))
    ),
    max_size=6,
)


@given(st.lists(st.tuples(texts, texts, pieces), max_size=4), st.integers(20, 200))
def test_assembled_sections_stay_in_their_limit_and_keep_their_order(sections, limit):
    given = [Section(name="x", opening=o, closing=c, pieces=p) for o, c, p in sections]
    text = assemble(given, limit=limit, note=lambda left: f"[{len(left)}]", reserve=10)
    assert size(text) <= limit
    whole = "".join(o + "".join(piece.levels[-1][1] for piece in p) + c for o, c, p in sections if p)
    if size(whole) <= limit:
        assert text == whole
