import asyncio
import contextlib
import copy
import shutil
from pathlib import Path

import pulumi
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.runtime.config import set_all_config
from pulumi.runtime.mocks import MockSettings
from pulumi.runtime.settings import SETTINGS, configure

from mlplatform.config.load import check_stack_file, key_text, load_settings, parse_settings
from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.secret import UNKNOWN, SecretField
from mlplatform.config.stack_file import read_stack_file
from tests.bombs import yaml_bomb
from tests.config.test_aws import RICH

ROOT = Path(__file__).parents[2]
GOOD = {
    "cluster": {"kind": "existing", "context": "kind-dev"},
    "registry": {"uri": "http://127.0.0.1:5500"},
    "models": [
        {"name": "iris", "registeredModel": "iris", "alias": "champion", "serving": "kserve", "namespace": "models"}
    ],
}


def problems(raw, **kwargs):
    with pytest.raises(ProblemsError) as caught:
        parse_settings(raw, file="Pulumi.case.yaml", **kwargs)
    return caught.value.problems


@pytest.fixture
def project(tmp_path):
    shutil.copy(ROOT / "Pulumi.yaml", tmp_path)
    return tmp_path


@pytest.fixture
def running_program(project):
    """A program's runtime as the engine sets it up, put back afterwards."""
    before = {key: getattr(SETTINGS, key) for key in ("project", "stack", "root_directory", "monitor", "engine")}

    def start(config, secret_keys=()):
        configure(
            MockSettings(
                project="mlplatform", stack="case", root_directory=str(project), monitor=None, engine=None, dry_run=True
            )
        )
        set_all_config(config, list(secret_keys))

    yield start
    set_all_config({}, [])
    configure(MockSettings(**before))


def test_ten_mistakes_give_ten_errors_each_with_its_key():
    raw = {
        "cluster": {"kind": "gke", "context": "a"},
        "registry": {"uri": "mlflow", "mode": "frozen", "artifactStores": {"data": "s3://a/"}},
        "models": [
            {"name": "Iris", "registeredModel": "iris", "alias": "a", "serving": "kserve", "namespace": "models"},
            {"name": "b", "registeredModel": "iris", "serving": "bento", "namespace": "models"},
            {"name": "c", "registeredModel": "c", "version": "latest", "serving": "kserve", "namespace": "kube-system"},
        ],
        "modells": [],
    }
    assert [problem.key for problem in problems(raw)] == [
        "cluster.kind",
        "modells",
        "models[0].name",
        "models[1].alias",
        "models[1].serving",
        "models[2].namespace",
        "models[2].version",
        "registry.artifactStores.data",
        "registry.mode",
        "registry.uri",
    ]


EKS = {
    "kind": "eks",
    "kubernetesVersion": "1.36",
    "administrators": ["arn:aws:iam::123456789012:role/deployer"],
}


@pytest.mark.parametrize(
    ("cluster", "lines"),
    [
        ("kind-dev", {"cluster: must be a mapping of keys to values, not 'kind-dev': the cluster"}),
        (None, {"cluster: must be a mapping of keys to values, not empty: the cluster"}),
        ({}, {"cluster.kind: is required: existing: a cluster that a kubeconfig context reaches; or eks: a cluster"}),
        ({"kind": None, "context": "a"}, {"cluster.kind: empty is not one of existing, eks"}),
        ({"kind": ["eks"]}, {"cluster.kind: a list is not one of existing, eks"}),
        # What belongs to the likelier kind is still held to it; what belongs to another one is not its mistake.
        (
            {"kind": "gke", "context": "", "administrators": []},
            {"cluster.kind: 'gke' is not one of existing, eks", "cluster.context: is empty; it must be name"},
        ),
        (
            {**EKS, "kind": "EKS", "logRetentionDays": 2, "extendedSuport": True},
            {
                "cluster.kind: 'EKS' is not one of existing, eks",
                "cluster.logRetentionDays: 2 days is nothing that CloudWatch Logs offers",
                "cluster.extendedSuport: is an unknown key; did you mean extendedSupport? known here: administrators",
            },
        ),
        ({"kind": "existing"}, {"cluster.context: is required: name of the kubeconfig context"}),
        (
            {**GOOD["cluster"], "administrators": []},
            {"cluster.administrators: is an unknown key; known here: context, kind, kubeconfig, kubernetesVersion"},
        ),
        (
            {**EKS, "publicEndpoint": {"cidr": []}},
            {
                "cluster.publicEndpoint.cidr: is an unknown key; did you mean cidrs? known here: cidrs",
                "aws: is required with cluster.kind eks",
            },
        ),
        (
            {**EKS, "extendedSupport": "maybe"},
            {"cluster.extendedSupport: must be", "aws: is required with cluster.kind eks"},
        ),
    ],
)
def test_mistakes_in_a_cluster_of_either_kind(cluster, lines):
    found = [f"{problem.key}: {problem.message}" for problem in problems({**GOOD, "cluster": cluster})]
    assert len(found) == len(lines), found
    assert all(any(line.startswith(start) for line in found) for start in lines), found


def test_errors_are_sorted_by_index_not_by_text():
    raw = {**GOOD, "models": [{**GOOD["models"][0], "name": f"iris-{index}", "alias": 1} for index in range(11)]}
    assert [problem.key for problem in problems(raw)][-2:] == ["models[9].alias", "models[10].alias"]


def test_settings_are_frozen():
    settings = parse_settings(GOOD, file="x")
    with pytest.raises(ValueError, match="frozen"):
        settings.models[0].name = "other"


def test_defaults():
    model = parse_settings(GOOD, file="x").models[0]
    assert (model.min_replicas, model.effective_max_replicas) == (1, 1)
    assert model.resources.limits == {"memory": "2Gi"}


def test_program_reads_its_configuration_like_the_engine_gives_it(running_program):
    running_program(
        {
            "mlplatform:cluster": '{"kind":"existing","context":"kind-dev"}',
            "mlplatform:registry": '{"uri":"http://127.0.0.1:5500"}',
            "mlplatform:models": "[]",
            "aws:region": "eu-central-1",
        }
    )
    assert load_settings().registry.effective_tracking_uri == "http://127.0.0.1:5500"


def test_text_where_a_structure_belongs(running_program):
    running_program({"mlplatform:cluster": "kind-dev", "mlplatform:registry": '{"uri":"http://127.0.0.1:5500"}'})
    with pytest.raises(ProblemsError) as caught:
        load_settings()
    assert [problem.key for problem in caught.value.problems] == ["cluster"]


def test_engine_decrypted_secret_is_accepted_when_the_key_is_secret(running_program):
    config = {
        "mlplatform:cluster": '{"kind":"existing","context":"kind-dev"}',
        "mlplatform:registry": '{"uri":"http://127.0.0.1:5500","username":"reader","password":"hunter2"}',
    }
    running_program(config, ["mlplatform:registry"])
    password = load_settings().registry.password
    assert password is not None
    assert password.reveal() == "hunter2"
    assert "hunter2" not in repr(password)


def test_engine_refuses_plain_secret_beside_a_secure_one(running_program, project):
    (project / "Pulumi.case.yaml").write_text(
        "config:\n"
        "  mlplatform:objectStore:\n"
        "    credentials: {accessKeyId: a, secretAccessKey: hunter2}\n"
        "    region: {secure: v1:AAAA}\n"
    )
    running_program(
        {
            "mlplatform:cluster": '{"kind":"existing","context":"kind-dev"}',
            "mlplatform:registry": '{"uri":"http://127.0.0.1:5500"}',
            "mlplatform:objectStore": '{"region":"eu","credentials":{"accessKeyId":"a","secretAccessKey":"hunter2"}}',
        },
        ["mlplatform:objectStore"],
    )
    with pytest.raises(ProblemsError) as caught:
        load_settings()
    assert [problem.key for problem in caught.value.problems] == ["objectStore.credentials.secretAccessKey"]


def test_secret_field_is_unknown_offline_and_a_secret_output():
    async def facts(field):
        output = field.output()
        return await output.is_known(), await output.is_secret(), await output.future()

    assert asyncio.run(facts(SecretField(UNKNOWN))) == (False, True, None)
    assert SecretField(UNKNOWN).reveal() is None
    assert asyncio.run(facts(SecretField("hunter2"))) == (True, True, "hunter2")


@pytest.mark.parametrize("value", [3, "", None, ["a"]])
def test_secret_field_refuses_what_is_no_text(value):
    raw = {**GOOD, "registry": {**GOOD["registry"], "token": value}}
    if value is None:
        assert parse_settings(raw, file="x").registry.token is None
    else:
        assert [problem.key for problem in problems(raw)] == ["registry.token"]


def test_problem_lines():
    assert str(Problem(file="a.yaml", key="", message="is gone")) == "a.yaml: is gone"
    error = ProblemsError([Problem(file="a", key="b", message="c")] * 2)
    assert (str(error), len(error.problems)) == ("a: b: c", 1)
    assert isinstance(error, pulumi.RunError)
    with pytest.raises(ValueError, match="at least one"):
        ProblemsError([])


def test_key_text():
    assert key_text(("models", 2, "alias")) == "models[2].alias"
    assert key_text(("registry", "artifactStores", "file:/")) == 'registry.artifactStores["file:/"]'
    assert key_text(("registry", "http://jo:hunter2@host/")) == 'registry["http://[credentials]@host/"]'


def write_stack(project, text):
    (project / "Pulumi.case.yaml").write_text(text)
    return project


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("config: [", "Pulumi.case.yaml: line 1: "),
        (
            "config:\n  a: hunter2\n  a: hunter3\n",
            'Pulumi.case.yaml: line 3: found duplicate key "a"; remove one of the two',
        ),
        ("config:\n\ta: 1\n", "Pulumi.case.yaml: line 2: found character"),
        (
            "config:\n  cluster: {}\n  mlplatform:cluster: {}\n",
            "Pulumi.case.yaml: mlplatform:cluster: is the same key as",
        ),
        ("config:\n  cluster: &a {b: *a}\n", "Pulumi.case.yaml: contains itself through an anchor (line 2)"),
        ("- a\n", "Pulumi.case.yaml: must be a mapping of keys to values"),
        ("config: text\n", "Pulumi.case.yaml: config: must be a mapping"),
        (yaml_bomb("config"), "Pulumi.case.yaml: stands for more than 500,000 values through its aliases (line "),
        ("config: " + "[" * 100_000, "Pulumi.case.yaml: is nested more than 100 deep (line 1)"),
        ("config: " + "{a: " * 100_000, "Pulumi.case.yaml: is nested more than 100 deep (line 1)"),
        ("- " * 100_000, "Pulumi.case.yaml: is nested more than 100 deep (line 1)"),
        ("config: {a: 1}\n# " + "x" * 10_000_000, "Pulumi.case.yaml: has more than 2,000,000 bytes; write less"),
        ("# " + "\U0001f98a" * 600_000, "Pulumi.case.yaml: has more than 2,000,000 bytes"),
        ("config: {a: " + "9" * 5_000 + "}", "Pulumi.case.yaml: holds a number or date that cannot be one"),
        ("config: {a: 2026-02-31}", "Pulumi.case.yaml: holds a number or date that cannot be one"),
    ],
)
def test_broken_stack_file(project, text, line):
    with pytest.raises(ProblemsError) as caught:
        read_stack_file(write_stack(project, text), "case")
    assert str(caught.value).startswith(line)
    assert "hunter" not in str(caught.value)
    # Of a bomb, too, there is one error, on one line.
    assert len(str(caught.value)) < 300


def test_aliases_that_repeat_little_are_read(project):
    text = "config:\n  a: &a {b: 1}\n  c: *a\n  d: {<<: *a, e: 2}\n"
    config = read_stack_file(write_stack(project, text), "case").config
    assert config["mlplatform:c"] == {"b": 1}
    assert config["mlplatform:d"] == {"b": 1, "e": 2}


@pytest.mark.parametrize(
    ("key", "value"),
    [("minReplicas", 99999999999999999999), ("maxReplicas", 2**31), ("minReplicas", 10**4000)],
)
def test_a_number_beyond_kubernetes_is_out_of_range(key, value):
    (problem,) = [
        item
        for item in problems({**GOOD, "models": [{**GOOD["models"][0], key: value}]})
        if "is out of range" in str(item)
    ]
    assert problem.key == f"models[0].{key}"
    assert problem.message.endswith("it must be at most 2147483647")


def test_misspelt_namespace_is_not_ignored(project, running_program):
    write_stack(project, "config:\n  mlplatfrom:models: []\n  aws:region: eu\n")
    expected = r"mlplatfrom:models: is in an unknown namespace; did you mean mlplatform:models\?"
    with pytest.raises(ProblemsError, match=expected) as caught:
        check_stack_file(project, "case")
    assert [problem.key for problem in caught.value.problems] == ["cluster", "mlplatfrom:models", "registry"]
    running_program({"mlplatfrom:models": "[]"})
    with pytest.raises(ProblemsError, match=expected):
        load_settings()


def test_missing_stack_file_lists_the_stacks_there_are(project):
    write_stack(project, "config: {}\n")
    with pytest.raises(ProblemsError, match=r"Pulumi.qa.yaml: there is no such stack file; stacks here: case"):
        read_stack_file(project, "qa")


def test_missing_project_file(tmp_path):
    with pytest.raises(ProblemsError, match=r"Pulumi\.yaml: there is no such file"):
        read_stack_file(tmp_path, "dev")


def test_project_without_name(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text("runtime: python\n")
    with pytest.raises(ProblemsError, match=r"Pulumi\.yaml: name: is required"):
        read_stack_file(tmp_path, "dev")


def test_not_utf8(project):
    (project / "Pulumi.case.yaml").write_bytes(b"config: \xff\xfe")
    with pytest.raises(ProblemsError, match="UTF-8"):
        read_stack_file(project, "case")


def test_stack_file_as_the_engine_hands_it_over(tmp_path):
    (tmp_path / "Pulumi.yaml").write_text(
        "name: shop\n"
        "config:\n"
        "  shop:zone: {type: string, default: a}\n"
        "  size: {value: 3}\n"
        "  plain: x\n"
        "  none: {type: string}\n"
    )
    write_stack(
        tmp_path, 'config:\n  zone: b\n  shop:on: true\n  shop:day: 2026-01-02\n  shop:key: {a: [{secure: "v1:A"}]}\n'
    )
    read = read_stack_file(tmp_path, "case")
    assert read.wire_config() == {
        "shop:zone": "b",
        "shop:size": "3",
        "shop:plain": "x",
        "shop:on": "true",
        "shop:day": "2026-01-02",
        "shop:key": f'{{"a":["{UNKNOWN}"]}}',
    }
    assert read.secret_keys == ["shop:key"]
    assert read.secure_paths == {("shop:key", "a", 0)}


def test_empty_stack_file(project):
    assert read_stack_file(write_stack(project, ""), "case").config["mlplatform:models"] == []


DEV = {
    key.removeprefix("mlplatform:"): value
    for key, value in read_stack_file(ROOT, "dev").config.items()
    if key.startswith("mlplatform:")
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**30) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(["kind", "name"]), inner, max_size=2),
    max_leaves=5,
)


def places(value, path=()):
    """Yield the path of every value in plain data."""
    if path:
        yield path
    for key, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(item, (*path, key))


PLACES = [(base, path) for base in (DEV, RICH) for path in sorted(places(base), key=str)]


@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_anywhere_is_a_problem_at_worst(place, value):
    base, path = place
    raw = copy.deepcopy(base)
    parent = raw
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    with contextlib.suppress(ProblemsError):
        parse_settings(raw, file="x")
