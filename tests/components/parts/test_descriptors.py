"""What descriptors say of parts is what their components make."""

import pkgutil

import pytest

import components.parts
from mlplatform.config.parts import parts
from mlplatform.config.versions import version_row
from mlplatform.sandbox.control_plane.crds import catalogue
from tests.components.parts.project import VARIANTS

# Of the catalogue, what no part installs: models and objects of other tools are checked against it.
OUTSIDE = {"argo-cd", "gateway-api"}


def namespaces(state):
    return {
        resource.inputs["metadata"]["name"]
        for resource in state.resources
        if resource.type == "kubernetes:core/v1:Namespace"
    }


def test_namespaces_are_those_that_descriptors_name(state_of):
    made = set().union(*(namespaces(state_of(variant)) for variant in VARIANTS))
    assert made == {name for part in parts() for name in part.namespaces}


def test_every_chart_of_the_row_belongs_to_one_part():
    charts = [name for part in parts() for name in part.charts]
    assert sorted(charts) == sorted(version_row().charts)


def test_every_descriptor_is_called_as_its_module_and_has_a_component():
    modules = {module.name for module in pkgutil.iter_modules(components.parts.__path__)}
    assert {part.name for part in parts()} <= modules


def test_every_definition_of_the_catalogue_is_of_one_part():
    named = [component for part in parts() for component in part.crds or {}]
    assert len(set(named)) == len(named)
    assert {source.folder.rpartition("-")[0] for source in catalogue().values()} == {*named, *OUTSIDE}
    assert all(chart in part.charts for part in parts() for chart in (part.crds or {}).values())


@pytest.mark.parametrize("part", parts(), ids=lambda part: part.name)
def test_a_part_comes_after_those_that_it_needs(part):
    names = [other.name for other in parts()]
    assert all(names.index(need) < names.index(part.name) for need in part.needs)
