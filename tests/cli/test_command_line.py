"""Usage, exit codes and messages that need no registry."""

import json

import pytest

MISTAKES = """\
config:
  mlplatform:cluster: {kind: gke, context: ""}
  mlplatform:registry: {uri: mlflow, artifactStores: {data: "s3://a/"}, timeoutSeconds: soon}
  mlplatform:objectStore: {serviceAccount: A_b}
  mlplatform:models:
    - {name: Iris, registeredModel: iris, alias: a, serving: kserve, namespace: models}
    - {name: b, registeredModel: iris, serving: bento, namespace: models, alias: a}
    - {name: c, registeredModel: c, version: latest, serving: kserve, namespace: models}
    - {name: d, serving: kserve, namespace: kube-system, alias: a, registeredModel: d}
"""


def test_ten_mistakes_are_ten_errors(project):
    project.write(text=MISTAKES)
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 1
    errors = json.loads(result.stdout)["errors"]
    assert [error["key"] for error in errors] == [
        "cluster.context",
        "cluster.kind",
        "models[0].name",
        "models[1].serving",
        "models[2].version",
        "models[3].namespace",
        "objectStore.serviceAccount",
        "registry.artifactStores.data",
        "registry.timeoutSeconds",
        "registry.uri",
    ]
    assert {error["file"] for error in errors} == {"Pulumi.case.yaml"}


@pytest.mark.parametrize(
    "arguments",
    [("preview",), ("preview", "case", "--fromat", "json"), ("preview", "case", "--format", "xml"), ("fly",)],
)
def test_wrong_usage_ends_with_64(project, arguments):
    result = project.run(*arguments)
    assert result.returncode == 64
    assert "--help" in result.stderr
    assert result.stdout == ""


def test_help_names_every_command(project):
    result = project.run("--help")
    assert result.returncode == 0
    for command in ("preview", "synth", "diff", "check", "registry"):
        assert command in result.stdout


def test_unknown_stack(project):
    project.write("other")
    result = project.run("preview", "case")
    assert result.returncode == 1
    assert "Pulumi.case.yaml: there is no such stack file; stacks here: other" in result.stdout


def test_state_file_that_is_none(project):
    project.write()
    (project.folder / "state.json").write_text("{}")
    result = project.run("preview", "case", "--against", "state.json")
    assert result.returncode == 1
    assert "state.json: is no Pulumi state" in result.stdout


def test_diff_of_missing_files(project):
    result = project.run("diff", "a.json", "b.json")
    assert result.returncode == 1
    assert "a.json: there is no such file" in result.stdout


def test_program_that_fails(project):
    project.write()
    (project.folder / "__main__.py").write_text("raise ValueError('no such luck')\n")
    result = project.run("preview", "case", "--format", "json")
    assert result.returncode == 1
    (error,) = json.loads(result.stdout)["errors"]
    assert error["file"] == "__main__.py"
    assert "no such luck" in error["message"]


def test_what_a_program_logs_goes_to_standard_error(project):
    project.write()
    (project.folder / "__main__.py").write_text("import pulumi\npulumi.log.warn('mind the gap')\nprint('printed')\n")
    result = project.run("preview", "case")
    assert result.returncode == 0
    assert "warning: mind the gap" in result.stderr
    assert "printed" in result.stderr
    assert "gap" not in result.stdout


def test_registry_down_when_nothing_runs(project):
    result = project.run("registry", "down")
    assert result.returncode == 0
    assert "not running" in result.stderr


def test_registry_up_somewhere_else(project):
    result = project.run("registry", "up", "--uri", "http://mlflow.example.org:5500")
    assert result.returncode == 1
    assert result.stderr.startswith("error: ")


def test_kubeconfig_of_the_environment_is_no_part_of_the_state(project):
    project.write()
    first = project.run("synth", "case", "-o", "a", KUBECONFIG="/home/jo/.kube/config")
    assert first.returncode == 0, first.stderr
    assert "/home/jo" not in (project.folder / "a" / "stack.json").read_text()


def test_folder_that_cannot_be_written(project):
    project.write()
    (project.folder / "file").write_text("")
    result = project.run("synth", "case", "-o", "file/out")
    assert result.returncode == 1
    assert result.stderr.startswith("error: file/out: Not a directory")


def test_mistakes_are_found_before_the_embedded_registry_starts(project):
    project.write(text=MISTAKES.replace("uri: mlflow", "uri: http://127.0.0.1:5500"))
    result = project.run("preview", "case", "--start-registry")
    assert result.returncode == 1
    assert "9 errors; nothing was planned." in result.stdout
    assert not (project.folder / ".mlplatform").exists()


def test_broken_baseline_names_its_place_in_the_project(project):
    project.write()
    folder = project.folder / ".mlplatform" / "baselines"
    folder.mkdir(parents=True)
    (folder / "case.json").write_text("{")
    result = project.run("preview", "case")
    assert result.returncode == 1
    assert "error: .mlplatform/baselines/case.json: is not JSON" in result.stdout
    assert "`make baseline` forgets it" in result.stdout
