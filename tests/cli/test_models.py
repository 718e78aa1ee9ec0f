"""``models``: configured, registered, locked and deployed versions, and what is apart."""

import json

import jsonschema
import pytest

from mlplatform.config.models import Model
from mlplatform.config.problems import Problem
from mlplatform.registry.lock.drift import Deployed, Known, model_rows
from mlplatform.registry.lock.folder import ReadLocks
from mlplatform.review.state.state_file import read_state
from tests.cli.conftest import ROOT
from tests.cli.test_lock import CANCER, IRIS, LockedProject
from tests.registry.lock.examples import VERSION, lock
from tests.review.states import applied

SCHEMA = json.loads((ROOT / "mlplatform" / "cli" / "models.schema.json").read_text())
LOCKED = Deployed(registered_model="iris-classifier", version="3", digest=VERSION.digest, runtime="kserve-mlserver")


def model(**changes):
    facts = {"name": "iris", "registeredModel": "iris-classifier", "alias": "champion", "serving": "kserve"}
    return Model.model_validate({**facts, "namespace": "models", **changes})


def drift(registry="3", locks=None, deployed=LOCKED, *, locked=True, models=(), problems=None):  # noqa: PLR0913
    """Return (code, message, command) of everything that is apart in a stack of one model."""
    known = Known(
        locks=ReadLocks(locks={"iris": lock()} if locks is None else locks, problems=problems or {}),
        registry={"iris": registry} if registry != "unknown" else None,
        deployed=deployed if deployed is None else {"iris": deployed} if isinstance(deployed, Deployed) else deployed,
    )
    rows = model_rows(models or [model()], known, stack="prod", locked=locked)
    return [(item.code, item.message, item.command) for row in rows for item in row.drift]


AGAIN, UP = "mlplatform lock prod iris", "pulumi up --stack prod"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, []),
        ({"deployed": None}, []),
        ({"registry": "unknown"}, []),
        ({"registry": "4"}, [("aliasMoved", "alias moved to version 4", AGAIN)]),
        ({"registry": None}, [("notRegistered", "the registry has no alias champion of iris-classifier", None)]),
        ({"locks": {}}, [("notLocked", "not locked", AGAIN)]),
        (
            {"locks": {}, "problems": {"iris": (Problem(file="f", key="", message="x"),)}},
            [("lockUnusable", "its lock cannot be used", AGAIN)],
        ),
        (
            {"models": [model(alias="challenger")]},
            [("lockOfAnother", "locked for other than alias 'challenger'", AGAIN)],
        ),
        ({"deployed": {}}, [("notDeployed", "not deployed", UP)]),
        (
            {"deployed": Deployed(registered_model="iris-classifier", version="2", digest="d", runtime=None)},
            [("deployedDiffers", "deployed is version 2, to be version 3", UP)],
        ),
        (
            {"deployed": Deployed(registered_model="irises", version="3", digest="d", runtime=None)},
            [("deployedDiffers", "deployed is version 3 of irises, to be version 3", UP)],
        ),
        (
            {"deployed": Deployed(registered_model="iris-classifier", version="3", digest="d", runtime=None)},
            [("deployedDiffers", "deployed are other bytes of version 3", UP)],
        ),
        (
            {"registry": "4", "deployed": {}},
            [("aliasMoved", "alias moved to version 4", AGAIN), ("notDeployed", "not deployed", UP)],
        ),
        ({"registry": "4", "locked": False}, [("deployedDiffers", "deployed is version 3, to be version 4", UP)]),
        ({"registry": "unknown", "locked": False}, []),
        ({"locks": {}, "locked": False}, []),
        (
            {"locks": {"iris": lock(), "old": lock("old")}, "deployed": {"iris": LOCKED, "gone": LOCKED}},
            [
                ("deployedWithoutModel", "deployed, but in no model", UP),
                ("lockWithoutModel", "lock without model", "mlplatform lock prod"),
            ],
        ),
    ],
)
def test_drift(given, expected):
    assert drift(**given) == expected


@pytest.fixture
def locked(project, registry_uri, s3_server):
    assert registry_uri
    return LockedProject(project, s3_server)


def document(result):
    data = json.loads(result.stdout)
    jsonschema.validate(data, SCHEMA)
    return data


def rows(result):
    """Return the table without its header: deployment -> the other columns."""
    lines = [line.split("  ") for line in result.stdout.splitlines()[1:]]
    cells = [[cell.strip() for cell in line if cell.strip()] for line in lines]
    return {line[0]: line[1:] for line in cells}


def export(locked, file):
    """Write what an engine would export if it had applied the stack."""
    assert locked.run("synth", "prod", "-o", "out").returncode == 0
    (locked.folder / file).write_text(json.dumps(applied(read_state(locked.folder / "out" / "stack.json"))))


def test_from_nothing_to_in_sync(locked, movable, move_alias):
    iris = IRIS.replace("iris-classifier", movable)
    locked.write(models=f"{iris}, {CANCER}")
    new = locked.run("models", "prod", "--exit-code")
    assert new.returncode == 3
    assert rows(new)["iris"] == [
        movable, "@champion", "3", "-", "not deployed", "kserve-mlserver",
        "not locked: mlplatform lock prod iris",
    ]  # fmt: skip
    assert "Deployed: nothing of prod is known to be, and an update brings up all of it" in new.stderr
    assert locked.run("lock", "prod").returncode == 0
    assert locked.run("preview", "prod", "--baseline").returncode == 0
    synced = locked.run("models", "prod", "--exit-code")
    assert synced.returncode == 0, synced.stderr
    # A recorded preview tells nothing of what is deployed, and one model alone cannot be updated.
    columns = ["breast-cancer-detector", "version 1", "1", "1", "not deployed", "MLFLOW_SERVER", "in sync"]
    assert rows(synced)["cancer"] == columns
    assert "pulumi up" not in synced.stdout + synced.stderr
    assert "nothing of prod is known to be" in synced.stderr
    export(locked, "deployed.json")
    deployed = locked.run("models", "prod", "--against", "deployed.json", "--exit-code")
    assert deployed.returncode == 0, deployed.stderr
    columns[4] = "1"
    assert rows(deployed)["cancer"] == columns
    assert "Deployed: as in deployed.json." in deployed.stderr
    move_alias("1")
    moved = locked.run("models", "prod", "--against", "deployed.json", "--format", "json", "--exit-code")
    move_alias("3")
    assert moved.returncode == 3
    row = document(moved)["models"][0]
    assert (row["registry"], row["locked"]["version"], row["deployed"]["version"]) == ("1", "3", "3")
    assert [item["code"] for item in row["drift"]] == ["aliasMoved"]
    planned = locked.run("models", "prod", "--against", "out/stack.json", "--format", "json")
    assert document(planned)["deployedFrom"] is None
    said = locked.run("models", "prod", "--against", "out/stack.json").stderr
    assert "out/stack.json is a plan and no state of an engine" in said
    locked.write(models=iris.replace("iris,", "renamed,", 1))
    given = document(locked.run("models", "prod", "--against", "deployed.json", "--format", "json"))
    assert given["deployedFrom"] == "deployed.json"
    assert {item["deployment"]: [drift["code"] for drift in item["drift"]] for item in given["models"]} == {
        "renamed": ["notLocked", "notDeployed"],
        "iris": ["lockWithoutModel", "deployedWithoutModel"],
        "cancer": ["lockWithoutModel", "deployedWithoutModel"],
    }
    assert given["models"][1]["configured"] is None


def test_a_registry_that_does_not_answer_leaves_the_rest_to_see(locked, dead_uri):
    assert locked.run("lock", "prod").returncode == 0
    locked.write(registry=dead_uri)
    result = locked.run("models", "prod", "--exit-code")
    assert result.returncode == 1
    assert rows(result)["iris"] == ["iris-classifier", "@champion", "?", "3", "not deployed", "kserve-mlserver", "?"]
    assert "error: Pulumi.prod.yaml: registry.uri: the MLflow server at" in result.stderr
    data = document(locked.run("models", "prod", "--format", "json"))
    assert data["models"][0]["registry"] is None
    assert [error["key"] for error in data["errors"]] == ["registry.uri"]


def test_a_stack_that_cannot_be_read(locked):
    (locked.folder / "Pulumi.prod.yaml").write_text("config: {mlplatform:models: 3}\n")
    result = locked.run("models", "prod", "--format", "json")
    assert result.returncode == 1
    data = document(result)
    assert (data["mode"], data["models"]) == (None, [])
    assert data["errors"]


def test_a_stack_without_models(locked):
    locked.write(models="")
    result = locked.run("models", "prod")
    assert (result.returncode, result.stdout, result.stderr) == (0, "", "prod has no models.\n")
