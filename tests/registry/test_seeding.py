"""The sample trainings, and the maker of the snapshot."""

import json
import os
import re

import pytest

from mlplatform.registry.embedded.frozen import FIRST, Training, lasting_ids, lasting_mlmodel, lasting_rows
from mlplatform.registry.embedded.make_snapshot import make_snapshot
from mlplatform.registry.embedded.samples import SAMPLES
from mlplatform.registry.embedded.server import running
from mlplatform.registry.embedded.snapshot import SNAPSHOT, load, read_snapshot
from tests.servers import free_port

TRAINING = Training(key="iris-classifier/1", run_id="a" * 32, model_id=f"m-{'b' * 32}", number=3)
MOMENT = int(FIRST.timestamp() * 1000) + 3 * 60_000


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda sample: sample.name)
def test_trainings_are_real_and_repeatable(sample):
    for train in sample.versions:
        first, second = train(), train()
        assert first.metrics == second.metrics
        assert list(first.prediction) == list(second.prediction)
        assert 0 < first.metrics[sample.metric] < 100


def files_of(folder, **contents):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        (folder / name).write_text(content)
    return folder


def test_ids_follow_the_content_and_not_the_ids_before(tmp_path):
    one = lasting_ids(TRAINING, files_of(tmp_path / "one", model="weights", MLmodel="run aaaa"))
    assert set(one) == {TRAINING.run_id, TRAINING.model_id}
    assert re.fullmatch(r"[0-9a-f]{32}", one[TRAINING.run_id])
    assert re.fullmatch(r"m-[0-9a-f]{32}", one[TRAINING.model_id])
    other = Training(key=TRAINING.key, run_id="c" * 32, model_id="m-d", number=5)
    again = lasting_ids(other, files_of(tmp_path / "again", model="weights", MLmodel="run cccc"))
    assert list(again.values()) == list(one.values())
    renewed = lasting_ids(TRAINING, files_of(tmp_path / "renewed", model="other weights", MLmodel="run aaaa"))
    assert not set(renewed.values()) & set(one.values())
    twin = Training(key="iris-classifier/2", run_id="e" * 32, model_id="m-e", number=4)
    assert not set(lasting_ids(twin, tmp_path / "one").values()) & set(one.values())


def test_rows_keep_nothing_of_the_machine_or_the_moment():
    ids = {TRAINING.run_id: "run", TRAINING.model_id: "m-model"}
    rows = lasting_rows(
        {
            "runs": [
                {"run_uuid": TRAINING.run_id, "user_id": "ada", "start_time": 17, "end_time": 18, "deleted_time": None}
            ],
            "tags": [
                {"key": "mlflow.user", "value": "ada", "run_uuid": TRAINING.run_id},
                {"key": "mlflow.source.name", "value": "/home/ada/train.py", "run_uuid": TRAINING.run_id},
                {"key": "mlflow.source.git.commit", "value": "c0ffee", "run_uuid": TRAINING.run_id},
            ],
            "logged_model_tags": [{"tag_key": "mlflow.user", "tag_value": "ada", "model_id": TRAINING.model_id}],
            "inputs": [{"input_uuid": "random", "source_id": TRAINING.run_id, "destination_id": TRAINING.model_id}],
            "logged_models": [{"artifact_location": f"mlflow-artifacts:/1/models/{TRAINING.model_id}/artifacts"}],
            "spans": [],
        },
        [TRAINING],
        ids,
    )
    assert rows["runs"] == [{"run_uuid": "run", "user_id": "mlplatform", "start_time": MOMENT, "end_time": MOMENT}]
    assert rows["tags"] == [{"key": "mlflow.user", "value": "mlplatform", "run_uuid": "run"}]
    assert rows["logged_model_tags"] == [
        {"tag_key": "mlflow.user", "tag_value": "mlplatform", "model_id": "m-model"}
    ]  # fmt: skip
    (made,) = rows["inputs"]
    assert (made["source_id"], made["destination_id"]) == ("run", "m-model")
    assert made["input_uuid"] != "random"
    assert rows["logged_models"] == [{"artifact_location": "mlflow-artifacts:/1/models/m-model/artifacts"}]
    assert "spans" not in rows


def test_an_mlmodel_says_what_the_rows_say():
    text = f"model_id: {TRAINING.model_id}\nrun_id: {TRAINING.run_id}\nutc_time_created: '2031-01-01 00:00:00.123'\n"
    assert lasting_mlmodel(text, TRAINING, {TRAINING.run_id: "run", TRAINING.model_id: "m-model"}) == (
        "model_id: m-model\nrun_id: run\nutc_time_created: '2026-11-02 09:03:00.000000'\n"
    )


@pytest.mark.server
@pytest.mark.slow
def test_the_maker_makes_a_snapshot_of_the_committed_form_that_loads(tmp_path, capfd):
    made = make_snapshot(tmp_path / "snapshot", report=lambda _line: None)
    assert capfd.readouterr().out == ""
    assert "MLFLOW_TRACKING_URI" not in os.environ
    assert read_snapshot(tmp_path / "snapshot") == made
    committed = read_snapshot()
    assert {name: len(rows) for name, rows in made.tables.items()} == {
        name: len(rows) for name, rows in committed.tables.items()
    }
    # Weights may differ by processor, and so how good the models are, a little.
    measured = {(row["run_uuid"], row["key"]): row["value"] for row in made.tables["metrics"]}
    known = [row["value"] for row in committed.tables["metrics"]]
    assert sorted(measured.values()) == pytest.approx(sorted(known), rel=0.05)
    said = (tmp_path / "snapshot" / "rows.json").read_text()
    assert str(tmp_path) not in said
    assert json.loads(said)["schema"] == committed.schema
    root = tmp_path / "registry"
    with running(root, f"http://127.0.0.1:{free_port()}", report=lambda _line: None):
        load(root, made)


def test_no_path_of_a_machine_is_in_the_committed_snapshot():
    paths = [path for path in SNAPSHOT.rglob("*") if path.is_file()]
    assert len(paths) == 1 + 7 * sum(len(sample.versions) for sample in SAMPLES)
    for path in paths:
        content = path.read_bytes()
        for part in (b"/home/", b"/root/", b"/tmp/", b"/work/", b"/Users/", b"site-packages"):
            assert part not in content, f"{part} in {path.name}"
