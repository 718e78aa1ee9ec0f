"""The report: models, policies, text and JSON."""

import json
import os
import re
from dataclasses import replace
from pathlib import Path

import jsonschema
import pytest
from pulumi_policy import EnforcementLevel, Severity
from pulumi_policy.proxy import UnknownValueError

from mlplatform.config.problems import Problem
from mlplatform.review.render.json_document import report_document
from mlplatform.review.render.line import Line
from mlplatform.review.render.markdown import render_markdown
from mlplatform.review.render.text import render
from mlplatform.review.report import Report, compare, failure
from mlplatform.review.state.display_values import one_line, printable, with_placeholders
from mlplatform.review.verdicts import count_rules, judge
from policies.rule import Rule
from policies.rules import RULES, container_image_is_pinned, namespace_has_pod_security_label
from tests.review.rules import SHOWN_RULES
from tests.review.states import SECRET, UNKNOWN, entry, model, namespace, state

ROOT = Path(__file__).parents[2]
CHECKED_RULES = (container_image_is_pinned.RULE, namespace_has_pod_security_label.RULE, *SHOWN_RULES)
RESOURCES = {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}}
GOLDEN = Path(__file__).parent / "golden"
SCHEMA = json.loads((ROOT / "mlplatform" / "review" / "report.schema.json").read_text())


def text(report):
    return "\n".join(line.text for line in render(report)) + "\n"


def document(report):
    data = report_document(report)
    jsonschema.validate(data, SCHEMA)
    return data


def assert_golden(name, content):
    path = GOLDEN / name
    if os.environ.get("UPDATE_GOLDEN"):
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    assert content == path.read_text()


def secret_resource(value, name="store"):
    return entry(
        f"urn:pulumi:dev::mlplatform::kubernetes:core/v1:Secret::{name}",
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "data": {"key": value}},
    )


@pytest.fixture
def everything():
    """A create, an update, a replace, a delete and something that stays, secrets and unknowns among them."""
    config = "urn:pulumi:dev::mlplatform::kubernetes:core/v1:ConfigMap::settings"
    old = state(
        namespace(),
        namespace("retired"),
        model("iris", "1"),
        model("wine", "3"),
        secret_resource(SECRET),
        entry(config, {"metadata": {"name": "old"}, "data": {"host": "a", "gone": "x"}}),
    )
    new = state(
        namespace(),
        model("iris", "2", metrics={"f1": 0.9}),
        model("sales", "7"),
        secret_resource(SECRET),
        entry(config, {"metadata": {"name": "new"}, "data": {"host": UNKNOWN, "more": "y"}}),
    )
    return compare(old, new, SHOWN_RULES)


def test_text_shows_every_kind_of_change(everything):
    assert_golden("everything.txt", text(everything))


def test_json_follows_the_schema(everything):
    data = document(everything)
    assert_golden("everything.json", json.dumps(data, indent=2) + "\n")
    assert {resource["op"] for resource in data["resources"]} == {"create", "update", "replace", "delete", "same"}


def test_moved_model_shows_old_and_new_version():
    report = compare(state(namespace(), model("iris", "1")), state(namespace(), model("iris", "2")))
    (row,) = document(report)["models"]
    assert (row["previousVersion"], row["version"]) == ("1", "2")
    changed = [resource for resource in document(report)["resources"] if resource["op"] != "same"]
    assert {resource["name"] for resource in changed} == {"iris"}
    assert {"path": "version", "old": "1", "new": "2"} in changed[0]["diff"]


def test_retired_model_has_no_version():
    (row,) = document(compare(state(namespace(), model()), state(namespace())))["models"]
    assert (row["previousVersion"], row["version"]) == ("1", None)


def test_previous_version_from_an_export_without_component_inputs():
    old = model("iris", "1")
    old[0] |= {"inputs": None, "outputs": {"version": "1"}}
    (row,) = document(compare(state(namespace(), old), state(namespace(), model("iris", "2"))))["models"]
    assert row["previousVersion"] == "1"


def test_no_change():
    report = compare(state(namespace()), state(namespace()))
    assert not report.differs
    assert "No changes." in text(report)
    assert "3 unchanged" in text(report)


def test_secret_is_named_not_compared():
    report = compare(state(secret_resource(SECRET)), state(secret_resource({**SECRET, "ciphertext": "v1:other"})))
    assert not report.differs
    assert "kubernetes:core/v1:Secret store data.key: secret, not compared" in text(report)
    assert "v1:other" not in text(report)


def test_errors_alone():
    report = failure("dev", [Problem(file="Pulumi.dev.yaml", key="models[0].alias", message="is missing")])
    assert document(report)["errors"] == [
        {"file": "Pulumi.dev.yaml", "key": "models[0].alias", "message": "is missing"}
    ]
    assert text(report).endswith(
        "error: Pulumi.dev.yaml: models[0].alias: is missing\n\n1 error; nothing was planned.\n"
    )


@pytest.fixture
def checked():
    """What `check` reports of a state that violates one rule and leaves another undecided."""
    unknown = "urn:pulumi:dev::mlplatform::kubernetes:apps/v1:Deployment::later"
    containers = [{"name": "c", "image": UNKNOWN, "resources": RESOURCES}]
    later = entry(unknown, {"spec": {"template": {"spec": {"containers": containers}}}})
    return compare(None, state(namespace("loose", None), later), CHECKED_RULES).of_policies()


def names(outcome):
    """Return the rules with an outcome in that report."""
    others = {
        "namespace-has-pod-security-label": "violated",
        "container-image-is-pinned": "undecided",
        "no-plaintext-credentials": "undecided",
    }
    return [rule.name for rule in CHECKED_RULES if others.get(rule.name, "passed") == outcome]


def test_check_lists_the_rules_with_their_verdicts_as_text(checked):
    shown = text(checked)
    assert shown.startswith("Checking policies (dev)\n")
    assert f"\nPolicies: {len(CHECKED_RULES) - 3} passed, 1 violated, 2 undecided\n" in shown
    assert re.findall(r"^    (\w+) +([\w-]+)", shown, re.MULTILINE) == sorted(
        ((outcome, name) for outcome in ("passed", "violated", "undecided") for name in names(outcome)),
        key=lambda listed: listed[1],
    )
    assert "violated   namespace-has-pod-security-label (mandatory) loose: metadata.labels" in shown
    assert "undecided  container-image-is-pinned (mandatory) later: cannot be judged before it is known" in shown
    assert "Resources" not in shown


def test_check_lists_the_rules_with_their_verdicts_as_markdown(checked):
    shown = render_markdown(checked, command="mlplatform check dev")
    assert f"\nPolicies: {len(CHECKED_RULES) - 3} passed, 1 violated, 2 undecided\n" in shown
    violated, undecided, passed = re.split("<summary>Undecided: 2 verdicts|<summary>Passed: ", shown)
    assert "| `namespace-has-pod-security-label` | **mandatory** | `loose` |" in violated
    assert re.findall(r"^\| `([\w-]+)` \| mandatory \| `later` \|", undecided, re.MULTILINE) == names("undecided")
    assert passed.startswith(f"{len(CHECKED_RULES) - 3} policies</summary>\n\n`")
    assert re.findall(r"`([\w-]+)`", passed) == names("passed")


def test_check_lists_the_rules_with_their_verdicts_as_json(checked):
    data = document(checked)
    assert data["summary"]["policies"] == {"passed": len(CHECKED_RULES) - 3, "violated": 1, "undecided": 2}
    for outcome in ("passed", "violated", "undecided"):
        assert [item["policy"] for item in data["policies"] if item["outcome"] == outcome] == names(outcome)


def test_a_preview_names_no_rule_that_passed(checked):
    report = replace(checked, policies_only=False)
    data = document(report)
    assert {item["policy"] for item in data["policies"]} == {*names("violated"), *names("undecided")}
    assert data["summary"] == document(checked)["summary"]
    for form in (text(report), render_markdown(report, command="mlplatform preview dev")):
        assert f"\nPolicies: {len(CHECKED_RULES) - 3} passed, 1 violated, 2 undecided\n" in form
        assert not [name for name in names("passed") if name in form]


def test_check_lists_the_whole_pack():
    report = compare(None, state()).of_policies()
    every = [rule.name for rule in RULES]
    assert re.findall(r"^    passed +([\w-]+)$", text(report), re.MULTILINE) == every
    assert re.findall(r"`([\w-]+-[\w-]+)`", render_markdown(report, command="mlplatform check dev")) == every
    assert [item["policy"] for item in document(report)["policies"]] == every


def test_each_rule_counts_once_by_its_worst_verdict():
    def check(_args):
        yield from ("no", "neither")
        raise UnknownValueError(UNKNOWN, ["later"])

    rules = [rule(check, types=("kubernetes:core/v1:Namespace",))]
    verdicts = judge(state(namespace("one"), namespace("two")), rules)
    assert [verdict.outcome for verdict in verdicts] == ["violated", "violated", "undecided"] * 2
    assert count_rules(verdicts) == {"passed": 0, "violated": 1, "undecided": 0}


def test_protected_resource_that_would_go():
    report = compare(state(namespace("models", protect=True)), state())
    assert "delete (refused: protected)" in text(report)
    assert text(report).endswith("1 error; the update would be refused.\n")
    (error,) = document(report)["errors"]
    assert error["key"].endswith("Namespace::models")


def test_other_registered_model_is_a_change_even_at_the_same_version():
    report = compare(state(model("iris", "3")), state(model("iris", "3", registeredModel="other")))
    assert "iris-classifier 3 -> other 3" in text(report)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"a": [SECRET, UNKNOWN]}, {"a": ["[secret]", "[unknown]"]}),
        ({"a": 1}, {"a": 1}),
    ],
)
def test_placeholders(value, expected):
    assert with_placeholders(value) == expected


def test_one_line():
    assert one_line(SECRET) == "[secret]"
    assert one_line({"b": 1, "a": UNKNOWN}) == '{"a": "[unknown]", "b": 1}'
    assert len(one_line("x" * 1000)) == 160


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("plain ünïcode 𝄞 →", "plain ünïcode 𝄞 →"),
        ("a\nb\tc", "a b c"),
        ("\x1b[31mred\x07", "\\u001b[31mred\\u0007"),
        ("\u202egnp", "\\u202egnp"),
        ("\ud800", "\\ud800"),
        ("\u200b\u00a0\U000e0041", "\\u200b\\u00a0\\U000e0041"),
    ],
)
def test_what_acts_on_a_terminal_or_hides_is_made_visible(value, expected):
    assert printable(value) == expected
    assert Line(f"name {value}").text == f"name {expected}"


def test_a_terminal_is_safe_from_foreign_texts():
    shown = text(compare(None, state(model("iris", createdBy="\x1b[2Jada", alias="\x1b]0;x\x07"))))
    assert "\x1b" not in shown
    assert "\\u001b[2Jada" in shown


def rule(check, level=EnforcementLevel.MANDATORY, types=("*",)):
    return Rule(
        name="a-rule", description="d.", reason="r.", source="s", fix="f.", severity=Severity.LOW,
        level=level, resource_types=types, check=check,
    )  # fmt: skip


def refused(verdicts):
    return any(verdict.refuses for verdict in verdicts)


def named(name):
    (rule,) = [rule for rule in RULES if rule.name == name]
    return rule


def outcomes(verdicts):
    return [(verdict.outcome, verdict.urn and verdict.urn.rpartition("::")[2]) for verdict in verdicts]


def test_rule_that_passes_is_reported_once():
    verdicts = judge(state(namespace()), [rule(lambda _args: [])])
    assert outcomes(verdicts) == [("passed", None)]
    assert not refused(verdicts)


def test_violation_of_a_mandatory_rule_refuses():
    verdicts = judge(state(namespace(), namespace("loose", None)), [named("namespace-has-pod-security-label")])
    assert outcomes(verdicts) == [("violated", "loose")]
    assert refused(verdicts)


def test_violation_of_an_advisory_rule_does_not_refuse():
    verdicts = judge(state(), [rule(lambda _args: ["no"], EnforcementLevel.ADVISORY)])
    assert {verdict.outcome for verdict in verdicts} == {"violated"}
    assert not refused(verdicts)


def test_disabled_rule_is_not_run():
    assert judge(state(), [rule(lambda _args: ["no"], EnforcementLevel.DISABLED)]) == ()


def test_a_rule_judges_the_types_that_it_is_for():
    rules = [rule(lambda _args: ["no"], types=("kubernetes:core/v1:Namespace",))]
    assert outcomes(judge(state(namespace()), rules)) == [("violated", "models")]


def test_unknown_value_is_undecided_and_never_passed():
    urn = "urn:pulumi:dev::mlplatform::kubernetes:core/v1:Namespace::later"
    later = entry(urn, {"metadata": {"name": "later", "labels": UNKNOWN}})
    verdicts = judge(state(later), [named("namespace-has-pod-security-label")])
    assert outcomes(verdicts) == [("undecided", "later")]
    assert "metadata.labels" in verdicts[0].message
    assert not refused(verdicts)
    assert "undecided" in text(Report(stack="dev", verdicts=verdicts))


def test_component_of_an_export_without_inputs_is_undecided():
    bare = model("iris", "1")
    bare[0] |= {"inputs": None, "outputs": {"version": "1"}}
    assert outcomes(judge(state(bare), [named("model-has-signature")])) == [("undecided", "iris")]


def test_rules_see_options_provider_and_no_secret():
    seen = []

    def look(args):
        if args.resource_type.endswith("Secret"):
            seen.append(
                (args.props["data"]["key"], args.opts.protect, args.provider and args.provider.props["context"])
            )
        return []

    secret = secret_resource(SECRET) | {
        "protect": True,
        "provider": "urn:pulumi:dev::mlplatform::pulumi:providers:kubernetes::cluster::id",
    }
    judge(state(secret), [rule(look)])
    assert seen == [("[secret]", True, "kind-dev")]
