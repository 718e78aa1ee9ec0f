"""Errors name the entry and the line that they are about."""

import shutil
from pathlib import Path

import pytest

from mlplatform.config.load import check_stack_file
from mlplatform.config.positions import located
from mlplatform.config.problems import Problem, ProblemsError

ROOT = Path(__file__).parents[2]
HEAD = """config:
  mlplatform:cluster: {kind: existing, context: kind-dev}
  mlplatform:registry:
    uri: http://127.0.0.1:5500
    artifactStores: {"mlflow-artifacts:/": "s3://models/"}
  mlplatform:models:
"""


def lines(folder, models, head=HEAD):
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    (folder / "Pulumi.case.yaml").write_text(head + models)
    with pytest.raises(ProblemsError) as caught:
        check_stack_file(folder, "case")
    return [str(problem) for problem in caught.value.problems]


def model(name, **changes):
    facts = {"registeredModel": "iris", "alias": "champion", "serving": "kserve", "namespace": "models", **changes}
    return f"    - name: {name}\n" + "".join(f"      {key}: {value}\n" for key, value in facts.items() if value)


def test_an_entry_far_down_is_found(tmp_path):
    models = [model(f"m{index}") for index in range(17)] + [model("churn", alias="latest")]
    (line,) = lines(tmp_path, "".join(models))
    assert line.startswith("Pulumi.case.yaml: models[17].alias: 'latest' is a moving name")
    assert line.endswith("(models[17] 'churn', line 94)")


def test_what_is_missing_has_the_line_of_what_it_is_missing_in(tmp_path):
    (line,) = lines(tmp_path, model("churn", namespace=None))
    assert line.startswith("Pulumi.case.yaml: models[0].namespace: is required")
    assert line.endswith("(models[0] 'churn', line 7)")


def test_a_deep_key_and_a_key_that_is_a_uri(tmp_path):
    head = HEAD.replace('{"mlflow-artifacts:/": "s3://models/"}', '\n      "mlflow-artifacts:/": "nowhere"')
    first, second = lines(tmp_path, model("a", resources="{requests: {memory: 512m}}"), head)
    assert first.endswith("did you mean 512Mi? (models[0] 'a', line 13)")
    assert 'registry.artifactStores["mlflow-artifacts:/"]' in second
    assert second.endswith("(line 6)")


def test_an_entry_without_a_name_has_its_line_alone(tmp_path):
    assert lines(tmp_path, "    - {registeredModel: iris}\n")[0].endswith("(line 7)")


@pytest.mark.parametrize(
    "text", [None, "", "[", "- a", "config: {}", "config: [1]", "config: {mlplatform:a: *x}", "a: &a [*a]"]
)
def test_what_cannot_be_found_is_left_as_it_is(tmp_path, text):
    if text is not None:
        (tmp_path / "Pulumi.case.yaml").write_text(text)
    problem = Problem(file="Pulumi.case.yaml", key="models[2].alias", message="x")
    assert str(*located([problem], tmp_path)) == str(problem)
    others = [
        Problem(file="locks/case/a.yaml", key="a", message="x"),
        Problem(file="Pulumi.case.yaml", key="", message="x"),
    ]
    assert list(located(others, tmp_path)) == others


def test_a_name_that_is_a_credential_is_not_shown(tmp_path):
    name = "hf_" + "Ab3" * 10
    assert name not in str(lines(tmp_path, model(name, alias="latest")))
