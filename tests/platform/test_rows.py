"""Every row of versions: what it installs supports the Kubernetes versions in use, and its objects are valid."""

import pytest

from components.parts.problems import platform_problems
from mlplatform.config.load import check_stack_file
from mlplatform.config.parts import parts
from mlplatform.config.versions import rows, version_row
from mlplatform.sandbox.control_plane.crds import catalogue
from mlplatform.sandbox.validation.stack_objects import filled, objects_of
from mlplatform.sandbox.validation.validate import validate_objects
from tests.platform.stacks import project_with, state_of

# EKS 1.35 and 1.36 are in standard support; the sandbox is 1.36.
KUBERNETES = ("1.35", "1.36")
# The newest chart of this one installs 0.13.0, whose definition is that of the catalogue's 0.14.0.
OTHER_VERSION = "plugin-barman-cloud"


def minor(version):
    return version.removeprefix("v").split(".")[:2]


@pytest.mark.parametrize("row", rows())
@pytest.mark.parametrize("kubernetes", KUBERNETES)
def test_row_supports_the_kubernetes_versions_in_use(row, kubernetes, tmp_path, registry_uri):
    changes = {"versions": row, "cluster.kubernetesVersion": kubernetes}
    settings = check_stack_file(project_with(tmp_path / "project", changes, registry_uri), "dev")
    assert platform_problems(settings, tmp_path, file="Pulumi.dev.yaml") == []


@pytest.mark.parametrize("row", rows())
def test_objects_of_the_row_are_valid(row, tmp_path, registry_uri, control_plane_with_crds, schemas):
    api = control_plane_with_crds.api
    state = state_of(tmp_path / "project", {"versions": row}, registry_uri)
    objects, _unchecked = filled(objects_of(state), schemas)
    assert [str(finding) for finding in validate_objects(objects, api)] == []


def test_newest_row_is_validated_against_the_crds_that_it_installs():
    folders = {source.folder.rpartition("-")[0]: source.folder.rpartition("-")[2] for source in catalogue().values()}
    charts = version_row().charts
    installed = {component: chart for part in parts() for component, chart in (part.crds or {}).items()}
    for component in installed.keys() - {OTHER_VERSION}:
        assert minor(charts[installed[component]].app_version) == minor(folders[component]), component
