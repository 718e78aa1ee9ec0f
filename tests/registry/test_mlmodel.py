import pytest

from mlplatform.registry.artifact.content import ArtifactContent, read_content
from mlplatform.registry.artifact.facts_cache import FactsCache
from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts.mlmodel import MlmodelError
from tests.bombs import yaml_bomb

FILES = (FileDigest(path="MLmodel", size=3, sha256="ab" * 32), FileDigest(path="model.pkl", size=4, sha256="cd" * 32))

MLMODEL = b"""\
flavors:
  python_function: {loader_module: mlflow.sklearn, python_version: 3.11.7}
  sklearn: {sklearn_version: 1.9.1}
mlflow_version: 3.17.2
signature:
  inputs: '[{"name": "a", "type": "double"}]'
  outputs: '[{"type": "long"}]'
  params: null
utc_time_created: '2026-01-01 00:00:00'
"""


def test_facts_of_a_complete_model():
    contents = {"MLmodel": MLMODEL, "requirements.txt": b"# pins\nmlflow==3.17.2\n\n numpy<3 \n"}
    facts = read_content(contents, FILES, size=7)
    assert facts.flavors["sklearn"] == {"sklearn_version": "1.9.1"}
    assert facts.signature == {
        "inputs": [{"name": "a", "type": "double"}],
        "outputs": [{"type": "long"}],
        "params": None,
    }
    assert facts.requirements == ("mlflow==3.17.2", "numpy<3")
    assert (facts.python_version, facts.mlflow_version, facts.size) == ("3.11.7", "3.17.2", 7)
    assert facts.digest == artifact_digest(FILES)


def test_facts_that_are_not_there():
    facts = read_content({"MLmodel": b"flavors: {onnx: {data: model.onnx}}"})
    assert (facts.signature, facts.requirements, facts.python_version, facts.mlflow_version) == (None,) * 4
    assert (facts.digest, facts.files, facts.size) == (None,) * 3


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({"python_env.yaml": b"python: 3.10.4\ndependencies: []"}, "3.10.4"),
        ({"conda.yaml": b"dependencies:\n- python=3.9.1\n- pip: [mlflow]"}, "3.9.1"),
        ({"python_env.yaml": b"{", "conda.yaml": b"dependencies: [python==3.8]"}, "3.8"),
        ({"conda.yaml": b"[]"}, None),
        ({"conda.yaml": b"name: x"}, None),
    ],
)
def test_python_of_the_environment_files(environment, expected):
    assert read_content({"MLmodel": b"flavors: {onnx: {}}", **environment}).python_version == expected


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"flavors: {", "not readable YAML"),
        (b"\xff\xfe", "not readable YAML"),
        (b"- flavors", "not a YAML mapping"),
        (b"", "not a YAML mapping"),
        (b"run_id: x", "without flavors"),
        (b"flavors: {}", "without flavors"),
        (b"flavors: [sklearn]", "without flavors"),
        (b"flavors: {sklearn: yes}", "without flavors"),
        (b"flavors: {a: {}}\nsignature: x", "unreadable signature"),
        (b"flavors: {a: {}}\nsignature: {inputs: '['}", "unreadable inputs"),
        (b"""flavors: {a: {}}\nsignature: {inputs: '[{"name": "\\ud800"}]'}""", "half of a surrogate pair"),
        (b"""flavors: {a: {name: "\\ud800"}}""", "half of a surrogate pair"),
        (b"flavors: {a: &a {b: *a}}", "contains itself"),
        (b"flavors: {a: {}}\nsignature: {inputs: '" + b"[" * 100_000 + b"'}", "nested too deeply"),
        (b"flavors: {a: " + b"[" * 5_000 + b"]" * 5_000 + b"}", "is nested more than 100 deep"),
        (b"flavors: {a: " + b"[" * 100_000, "is nested more than 100 deep"),
        (yaml_bomb("flavors").encode(), "stands for more than 500,000 values through its aliases"),
        (b"flavors: {a: {b: " + b"9" * 5_000 + b"}}", "not readable YAML"),
        (b"flavors: {}\n# " + b"x" * 10_000_000, "has more than 2,000,000 bytes"),
    ],
)
def test_unreadable_mlmodels(content, reason):
    with pytest.raises(MlmodelError, match=reason):
        read_content({"MLmodel": content})


def test_a_whole_surrogate_pair_is_a_character():
    content = b"""flavors: {a: {}}\nsignature: {inputs: '[{"name": "\\ud83e\\udd8a"}]'}"""
    assert read_content({"MLmodel": content}).signature["inputs"] == [{"name": "\U0001f98a"}]


def test_no_mlmodel():
    with pytest.raises(MlmodelError, match="no MLmodel file"):
        read_content({})


KEY = {"server": "http://localhost", "model_id": "m-1"}


def facts():
    return read_content({"MLmodel": MLMODEL, "requirements.txt": b"mlflow"}, FILES, size=7)


def test_the_cache_gives_back_what_it_was_given(tmp_path):
    cache = FactsCache(tmp_path)
    assert cache.get(KEY) is None
    cache.put(KEY, facts())
    assert FactsCache(tmp_path).get(KEY) == facts()
    assert isinstance(cache.get(KEY), ArtifactContent)
    assert cache.get({**KEY, "model_id": "m-2"}) is None


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '{"schema": 1}', '{"schema": 0, "key": {}, "facts": {}}'])
def test_a_corrupt_cache_file_is_ignored_and_rewritten(tmp_path, content):
    cache = FactsCache(tmp_path)
    cache.put(KEY, facts())
    (path,) = (tmp_path / "model-facts").iterdir()
    path.write_text(content)
    assert cache.get(KEY) is None
    cache.put(KEY, facts())
    assert cache.get(KEY) == facts()
    assert list((tmp_path / "model-facts").iterdir()) == [path]


def test_a_cache_of_other_fields_is_ignored(tmp_path):
    cache = FactsCache(tmp_path)
    cache.put(KEY, facts())
    (path,) = (tmp_path / "model-facts").iterdir()
    path.write_text(path.read_text().replace('"mlflow_version"', '"mlflow"'))
    assert cache.get(KEY) is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path):
    (tmp_path / "file").write_text("")
    cache = FactsCache(tmp_path / "file")
    cache.put(KEY, facts())
    assert cache.get(KEY) is None


@pytest.mark.parametrize(
    ("lines", "ids"),
    [
        ("", (None, None)),
        ("model_id: m-1\nrun_id: 7a\n", ("m-1", "7a")),
        ("model_id: null\nrun_id: ''\n", (None, None)),
    ],
)
def test_which_logged_model_and_run_the_files_say_they_are_of(lines, ids):
    facts = read_content({"MLmodel": f"flavors: {{sklearn: {{}}}}\n{lines}".encode()})
    assert (facts.logged_model_id, facts.logged_run_id) == ids
    assert ArtifactContent.from_json(facts.to_json()) == facts
