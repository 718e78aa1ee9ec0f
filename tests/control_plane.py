"""Fixtures with a real control plane, one for the whole run; without its programs the tests that use it are skipped.

Tests share it, all on one worker (:mod:`tests.markers`): each works in namespaces of its own (``namespace``), and
removes what is in none.
"""

import itertools

import pytest

from mlplatform.sandbox.control_plane.control_plane import ControlPlane
from mlplatform.sandbox.control_plane.crds import catalogue
from mlplatform.sandbox.control_plane.load_crds import load_crds
from mlplatform.sandbox.toolchain.binaries import NoBinariesError, find_binaries
from mlplatform.sandbox.validation.schemas import Schemas

_numbers = itertools.count(1)
# The server takes half of its time for these few megabytes.
UNUSED = frozenset({"ApplicationSet", "LLMInferenceService", "LLMInferenceServiceConfig"})


@pytest.fixture(scope="session")
def binaries():
    """The programs of the control plane; the first time they are built, which takes minutes."""
    try:
        return find_binaries(print)
    except NoBinariesError as reason:
        pytest.skip(f"no control plane: {reason}")


@pytest.fixture(scope="session")
def control_plane(binaries, tmp_path_factory):
    """A running control plane without CustomResourceDefinitions."""
    with ControlPlane(tmp_path_factory.mktemp("control-plane"), binaries, guarded=True) as plane:
        yield plane


@pytest.fixture(scope="session")
def control_plane_with_crds(control_plane):
    """The same, with the definitions of the catalogue but the largest that no object of a stack is of."""
    missing = load_crds(control_plane.api, [source for source in catalogue().values() if source.kind not in UNUSED])
    if missing:
        pytest.skip(f"no CRD to load: {missing[0]}")
    return control_plane


@pytest.fixture(scope="session")
def schemas(control_plane_with_crds):
    """The schemas of all its kinds, each read once: the server writes such a document for seconds."""
    return Schemas(control_plane_with_crds.api)


@pytest.fixture
def namespace(control_plane):
    """A namespace of its own for one test; what is in it goes away with it, later."""
    name = f"test-{next(_numbers)}"
    path = f"/api/v1/namespaces/{name}"
    manifest = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}
    answer = control_plane.api.apply(path, manifest)
    assert answer.ok, answer.message
    yield name
    control_plane.api.delete(path)
