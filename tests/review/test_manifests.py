import pytest
from ruamel.yaml import YAML

from mlplatform.config.problems import ProblemsError
from mlplatform.review.state.manifests import manifest_of, write_manifests
from mlplatform.review.state.property_values import UNKNOWN, secret
from mlplatform.review.state.resources import ResourceState, StackState


def resource(type_, name, inputs=None, *, custom=True, **more):
    urn = f"urn:pulumi:dev::proj::{type_}::{name}"
    return ResourceState(urn=urn, type=type_, custom=custom, inputs=inputs or {}, **more)


def state(*resources):
    return StackState(stack="dev", project="proj", resources=resources)


DEPLOYMENT = resource(
    "kubernetes:apps/v1:Deployment",
    "d",
    {
        "spec": {"replicas": 1, "env": [{"value": secret()}, {"value": secret(known=False)}], "none": None},
        "metadata": {"name": "web", "namespace": "team"},
        "kind": "Deployment",
        "apiVersion": "apps/v1",
    },
)
SECRET = resource(
    "kubernetes:core/v1:Secret",
    "s",
    {"metadata": {"name": "keys"}, "data": {"b": secret()}, "stringData": {"a": "plain"}, "type": "Opaque"},
)
NAMESPACE = resource("kubernetes:core/v1:Namespace", "n", {"metadata": {"name": "team"}})
ROLE = resource("kubernetes:rbac.authorization.k8s.io/v1:ClusterRole", "r", {"metadata": {"name": "system:x/y"}})


def test_a_manifest_is_what_kubectl_takes_without_secrets():
    assert manifest_of(DEPLOYMENT) == {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "team"},
        "spec": {"replicas": 1, "env": [{"value": "[secret]"}, {"value": "[secret]"}]},
    }
    assert list(manifest_of(DEPLOYMENT)) == ["apiVersion", "kind", "metadata", "spec"]
    assert manifest_of(NAMESPACE) == {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "team"}}


def test_a_secrets_values_are_never_written_even_where_the_program_wrote_them_in_plain():
    assert manifest_of(SECRET) == {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "keys"},
        "stringData": {"a": "[secret]", "b": "[secret]"},
        "type": "Opaque",
    }
    whole = resource("kubernetes:core/v1:Secret", "s", {"data": secret()})
    assert manifest_of(whole) == {"apiVersion": "v1", "kind": "Secret", "stringData": {"[secret]": "[secret]"}}
    assert manifest_of(resource("kubernetes:core/v1:Secret", "s")) == {"apiVersion": "v1", "kind": "Secret"}


@pytest.mark.parametrize(
    "other",
    [
        resource("kubernetes:helm.sh/v3:Release", "r"),
        resource("pulumi:providers:kubernetes", "p"),
        resource("my:mod:Part", "c", custom=False),
        resource("kubernetes:yaml/v2:ConfigGroup", "g", custom=False),
        resource("aws:s3:Bucket", "b"),
        resource("kubernetes:core/v1:Namespace", "n", external=True),
    ],
)
def test_other_resources_have_no_manifest(other):
    assert manifest_of(other) is None


def test_each_object_is_a_file_of_its_namespace(tmp_path):
    written = write_manifests(state(DEPLOYMENT, SECRET, NAMESPACE, ROLE), tmp_path / "out")
    names = [str(path.relative_to(tmp_path / "out" / "manifests")) for path in written]
    assert names == [
        "_cluster/clusterrole-system_x_y.yaml",
        "_cluster/namespace-team.yaml",
        "_cluster/secret-keys.yaml",
        "team/deployment-web.yaml",
    ]
    assert written[1].read_text() == "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: team\n"
    assert written[3].read_text().startswith("# Not to be applied as it is: secrets are replaced by a placeholder.\n")
    assert YAML(typ="safe").load(written[3].read_text()) == manifest_of(DEPLOYMENT)


def test_unknowns_and_missing_names_are_said(tmp_path):
    unnamed = resource(
        "kubernetes:core/v1:ConfigMap", "logical", {"metadata": {"namespace": "../x"}, "data": {"a": UNKNOWN}}
    )
    (path,) = write_manifests(state(unnamed), tmp_path)
    assert path.relative_to(tmp_path).parts == ("manifests", "_x", "configmap-logical.yaml")
    assert path.read_text().startswith(
        f"# Not to be applied as it is: what is known only after the update reads {UNKNOWN}"
    )


def test_a_second_run_replaces_what_the_first_one_wrote_and_nothing_else(tmp_path):
    write_manifests(state(DEPLOYMENT, NAMESPACE), tmp_path)
    (tmp_path / "stack.json").write_text("kept")
    first = write_manifests(state(NAMESPACE), tmp_path)
    assert [path.name for path in (tmp_path / "manifests").rglob("*.yaml")] == [path.name for path in first]
    assert (tmp_path / "stack.json").read_text() == "kept"


def test_a_folder_of_somebody_else_is_left_alone(tmp_path):
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "own.yaml").write_text("mine")
    with pytest.raises(ProblemsError, match="was not written by this tool"):
        write_manifests(state(NAMESPACE), tmp_path)
    assert (tmp_path / "manifests" / "own.yaml").read_text() == "mine"


def test_two_objects_of_one_name_are_a_problem(tmp_path):
    other = resource("kubernetes:core/v1:Namespace", "other", {"metadata": {"name": "team"}})
    with pytest.raises(ProblemsError, match="two objects of the stack have this name"):
        write_manifests(state(NAMESPACE, other), tmp_path)
    assert not (tmp_path / "manifests").exists()
