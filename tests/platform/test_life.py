"""A stack applied to a real control plane and taken down again, without Helm and AWS, in the worst order allowed."""

import pytest

from mlplatform.review.state.kubernetes_objects import HELM_RELEASE
from mlplatform.sandbox.control_plane.control_plane import ControlPlane
from mlplatform.sandbox.control_plane.crds import CrdUnavailableError, crd, crd_text
from mlplatform.sandbox.control_plane.load_crds import load_crds
from mlplatform.sandbox.validation.schemas import Schemas
from mlplatform.sandbox.validation.stack_objects import filled, objects_of
from tests.applied import apply_objects, delete_but_namespaces, delete_objects, wait_for_end
from tests.order import worst_creation_order
from tests.platform.releases import definitions_of


@pytest.fixture(scope="module")
def own_control_plane(binaries, tmp_path_factory):
    with ControlPlane(tmp_path_factory.mktemp("life"), binaries, guarded=True) as plane:
        yield plane


def of_the_platform(api, items):
    """Return which of the objects are on the server."""
    return [f"{item.kind} {item.name}" for item in items if (path := api.path(item.manifest)) and api.get(path).ok]


# In what order every variant comes up is judged in test_order.py; this is one that has nearly all parts.
SWEEP = [
    pytest.param(variant, marks=pytest.mark.slow)
    for variant in ("prod", "istio-standard", "kourier-knative", "community-chart")
]


@pytest.mark.parametrize("variant", ["istio-knative", *SWEEP])
def test_stack_comes_up_in_its_own_order_and_goes_down_in_reverse(variant, state_of_variant, own_control_plane):
    state, api = state_of_variant(variant), own_control_plane.api
    by_urn = {item.origin: item for item in objects_of(state)}
    kinds = {item.kind for item in by_urn.values()}
    applied = []
    steps = []
    # Read once, and again when a release has brought new kinds: the server writes such a document for seconds.
    schemas = Schemas(api)
    for resource in worst_creation_order(state):
        if resource.type == HELM_RELEASE:
            # Of its definitions those that the stack uses: of each, the server writes documents for seconds.
            definitions = [source for source in definitions_of(resource.name) if source.kind in kinds]
            if not definitions:
                continue
            try:
                for source in definitions:
                    crd_text(source)
            except CrdUnavailableError as reason:
                pytest.skip(f"no CRDs: {reason}")
            load_crds(api, definitions)
            schemas = Schemas(api)
            steps.append(("release", definitions))
        elif resource.urn in by_urn:
            (item,), unchecked = filled([by_urn[resource.urn]], schemas)
            assert [str(finding) for finding in (*unchecked, *apply_objects([item], api))] == []
            applied.append(item)
            steps.append(("object", item))
    assert len(applied) == len(by_urn)
    assert len(of_the_platform(api, applied)) == len(applied)
    ending = []
    for kind, content in reversed(steps):
        if kind == "object":
            findings, namespaces = delete_but_namespaces([content], api)
            assert [str(finding) for finding in findings] == []
            ending += namespaces
            continue
        for source in content:
            # Helm would delete what is left with the definition; nothing of the stack's may be.
            left = [item for item in applied if item.kind == source.kind and source.group in item.api_version]
            assert of_the_platform(api, left) == []
        assert delete_objects([crd(source) for source in content], api) == []
    # The server lets each namespace wait for seconds before it goes.
    assert [str(finding) for finding in wait_for_end(ending, api)] == []
    assert of_the_platform(api, applied) == []
