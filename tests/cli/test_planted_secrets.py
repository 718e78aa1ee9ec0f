"""A secret in every place of a model, a stack and a state: whatever is printed or written holds none of them."""

import json
import uuid

import pytest
import yaml

from tests.cli.conftest import ROOT
from tests.object_stores import ENVIRONMENT

NAMES = ("AWS_SECRET_ACCESS_KEY", "openai_api_key", "db_password", "hf_token")


class Planted:
    """Secrets by the place that they were put in."""

    def __init__(self):
        self.texts = {}

    def plain(self, place):
        """Return one that only its name tells."""
        return self.texts.setdefault(place, f"hunter{uuid.uuid4().hex[:10]}")

    def url(self, place, scheme="https"):
        """Return an address with one."""
        return f"{scheme}://ci:{self.plain(place)}@mirror.example.org/simple"

    def token(self, place):
        """Return one that its form tells, whatever it is called."""
        return self.texts.setdefault(place, f"hf_{uuid.uuid4().hex}")

    def in_text(self, text):
        return sorted(place for place, secret in self.texts.items() if secret in text)


@pytest.fixture
def planted():
    return Planted()


@pytest.fixture
def model(registry_client, planted, tmp_path_factory):
    """A registered model with a secret wherever MLflow lets one put text."""
    client, folder = registry_client, tmp_path_factory.mktemp("model")
    name = f"planted-{uuid.uuid4().hex[:8]}"
    run = client.create_run("0", tags={"mlflow.user": "jo", "mlflow.note": planted.plain("tag of the run")})
    run_id = run.info.run_id
    for param in NAMES:
        client.log_param(run_id, param, planted.plain(f"param {param}"))
    client.log_param(run_id, "note", f"use {planted.token('value of a neutral param')}")
    client.log_param(run_id, "dataset", planted.url("URL in a param", "postgresql"))
    client.log_param(run_id, f"name {planted.token('name of a param')}", "1")
    client.log_metric(run_id, f"loss_{planted.token('name of a metric')}".replace("loss_hf_", "loss hf_"), 0.5)
    client.log_metric(run_id, "accuracy", 0.9)
    (folder / "requirements.txt").write_text(
        f"--extra-index-url {planted.url('index of the requirements')}\n"
        f"private @ git+https://{planted.plain('token of a requirement')}@github.com/a/b.git@v1\n"
        "scikit-learn==1.9.1\n"
    )
    mlmodel = {
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "python_version": "3.11.7"},
            "sklearn": {"code": None, "hub_token": planted.plain("setting of a flavor")},
        },
        "signature": {
            "inputs": json.dumps([{"name": "x", "type": "double"}]),
            "outputs": json.dumps([{"type": "long"}]),
            "params": json.dumps(
                [{"name": "api_key", "type": "string", "shape": None, "default": planted.plain("default of a param")}]
            ),
        },
    }
    (folder / "MLmodel").write_text(yaml.safe_dump(mlmodel))
    client.log_artifacts(run_id, str(folder), "model")
    client.create_registered_model(name)
    tags = {"deploy_token": planted.plain("tag by name"), "note": f"{planted.token('tag by value')} in it"}
    version = client.create_model_version(name, f"{run.info.artifact_uri}/model", run_id, tags=tags)
    client.set_registered_model_alias(name, "champion", version.version)
    return name


def dev_stack(planted, registry_uri, name):
    """Return the dev stack, with a secret wherever its settings let one put text."""
    data = yaml.safe_load((ROOT / "Pulumi.dev.yaml").read_text())
    config = data["config"]
    config["mlplatform:registry"]["uri"] = registry_uri
    runtime = {
        "name": "own",
        "image": "registry.example.org/server:1.0",
        "formats": {"mlflow": "2"},
        "args": ["--app-password", planted.plain("argument pair"), f"--api-key={planted.plain('argument')}"],
        "env": {
            "OPENAI_API_KEY": planted.plain("variable of a runtime"),
            "BACKEND": planted.url("URL in a neutral variable", "amqp"),
            "NOTE": planted.token("token in a neutral variable"),
        },
    }
    config["mlplatform:kserve"]["runtimes"] = [runtime]
    config["mlplatform:training"][0] |= {
        "env": {"DB_PASSWORD": planted.plain("variable of a job")},
        "args": ["train", "--token", planted.plain("argument pair of a job")],
    }
    config["mlplatform:models"] = [
        {"name": "iris", "registeredModel": name, "alias": "champion", "serving": "kserve", "namespace": "models",
         "runtime": "own"}
    ]  # fmt: skip
    return yaml.safe_dump(data)


def with_plain_text(state, planted):
    """Return an engine's export of a state, in which values are as the engine keeps them."""
    state = json.loads(json.dumps(state))
    for resource in state["deployment"]["resources"]:
        inputs = resource.get("inputs", {})
        if resource["type"] == "mlplatform:serving:ModelDeployment":
            inputs["params"]["openai_api_key"] = planted.plain("param in a state")
            inputs["tags"]["note"] = planted.token("tag in a state")
        if resource["type"].endswith(":ClusterServingRuntime"):
            container = inputs["spec"]["containers"][0]
            (variable,) = (item for item in container["env"] if item["name"] == "OPENAI_API_KEY")
            variable["value"] = planted.plain("variable in a state")
        if resource["type"] == "kubernetes:core/v1:ConfigMap":
            inputs["data"] = {
                "rclone.conf": f"[s3]\nsecret_access_key = {planted.plain('rclone.conf')}\n",
                ".env": f"export DB_PASSWORD='{planted.plain('.env')}'\n",
                "basic_auth.ini": f"[mlflow]\nadmin_password = {planted.plain('basic_auth.ini')}\n",
            }
        if resource["type"] == "kubernetes:helm.sh/v3:Release":
            resource["outputs"] = {"values": {"adminPassword": planted.plain("Helm values in outputs")}}
            inputs["values"] = {**inputs.get("values", {}), "auth": {"password": planted.plain("Helm values")}}
        if resource["type"] == "kubernetes:core/v1:Secret":
            inputs["stringData"] = {"anything": planted.plain("a Secret that is not marked")}
    return state


def test_nothing_that_is_printed_or_written_holds_a_secret(project, registry_uri, model, planted):
    caches = {"XDG_CACHE_HOME": str(project.folder.parent / f"{project.folder.name}-cache"), **ENVIRONMENT}
    project.write("dev", dev_stack(planted, registry_uri, model))

    def said(*arguments, code=(0, 2)):
        result = project.run(*arguments, **caches)
        text = result.stdout + result.stderr
        assert result.returncode in code, text
        assert "Traceback" not in text
        assert planted.in_text(text) == [], arguments
        return text

    report = said("preview", "dev", "--format", "json")
    violated = {
        (verdict["policy"], verdict["message"]) for verdict in json.loads(report[: report.rindex("}") + 1])["policies"]
    }
    messages = "\n".join(f"{policy}: {message}" for policy, message in sorted(violated))
    for key in (*(f"params.{name}" for name in NAMES), "tags.deploy_token", "requirements[0]", "params.note"):
        assert f"model-facts-hold-no-credentials: {key} holds" in messages
    assert "(OPENAI_API_KEY)" in messages
    assert "no-plaintext-credentials: spec.containers[0].args[1]" in messages
    said("preview", "dev")
    said("preview", "dev", "--format", "markdown")
    said("check", "dev")
    said("graph", "dev")
    said("models", "dev")
    said("models", "dev", "--format", "json")
    said("synth", "dev", "--output", "out")
    state = json.loads((project.folder / "out" / "stack.json").read_text())
    old = with_plain_text(state, planted)
    (project.folder.parent / f"{project.folder.name}-old.json").write_text(json.dumps(old))
    against = f"../{project.folder.name}-old.json"
    for form in ("text", "markdown", "json"):
        text = said("diff", against, "out/stack.json", "--format", form)
        assert "redacted-" in text
        said("preview", "dev", "--against", against, "--format", form)
    # What changed is said, though not from what to what.
    assert "openai_api_key" in said("diff", against, "out/stack.json")
    written = [path for path in project.folder.rglob("*") if path.is_file() and not path.is_symlink()]
    written += [path for path in (project.folder.parent / f"{project.folder.name}-cache").rglob("*") if path.is_file()]
    leaks = {
        str(path): planted.in_text(path.read_text(errors="replace"))
        for path in written
        if path.name != "Pulumi.dev.yaml" and "components" not in path.parts and "mlplatform" not in path.parts
    }
    assert {path: places for path, places in leaks.items() if places} == {}
    assert len(leaks) > 10
