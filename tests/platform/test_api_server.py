"""Every object of the dev and the prod stack in all their variants, shown to a real API server with the real CRDs."""

import pytest

from mlplatform.review.policy import judge, refused
from mlplatform.review.state.property_values import contains_unknown
from mlplatform.sandbox.validation.schemas import Schemas
from mlplatform.sandbox.validation.stack_objects import filled, objects_of
from mlplatform.sandbox.validation.validate import validate_objects
from tests.platform.stacks import PROD, VARIANTS

KINDS_OF_DEV = {
    "cert-manager.io": ("Certificate", "ClusterIssuer"),
    "networking.istio.io": ("Gateway", "VirtualService"),
    "security.istio.io": ("PeerAuthentication",),
    "operator.knative.dev": ("KnativeServing",),
    "serving.kserve.io": ("InferenceService",),
    "machinelearning.seldon.io": ("SeldonDeployment",),
    "postgresql.cnpg.io": ("Cluster", "ScheduledBackup"),
    "barmancloud.cnpg.io": ("ObjectStore",),
    "monitoring.coreos.com": ("PodMonitor", "PrometheusRule", "ServiceMonitor"),
    "apps": ("Deployment", "StatefulSet"),
    "batch": ("CronJob", "Job"),
    "networking.k8s.io": ("IngressClass", "NetworkPolicy"),
    "rbac.authorization.k8s.io": ("Role", "RoleBinding"),
    "policy": ("PodDisruptionBudget",),
    "": ("ConfigMap", "LimitRange", "Namespace", "ResourceQuota", "Secret", "Service", "ServiceAccount"),
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_api_server_takes_every_object_as_it_is(variant, state_of_variant, control_plane_with_crds):
    api = control_plane_with_crds.api
    objects, unchecked = filled(objects_of(state_of_variant(variant)), Schemas(api))
    assert [str(finding) for finding in unchecked] == []
    # Refused objects, unknown and dropped fields, pods that Pod Security refuses, and the server's own warnings.
    assert [str(finding) for finding in validate_objects(objects, api)] == []


@pytest.mark.parametrize("variant", VARIANTS)
def test_policy_pack_passes_on_every_variant(variant, state_of_variant):
    state = state_of_variant(variant)
    verdicts = judge(state)
    assert not refused(verdicts)
    # A production stack that follows aliases is told so.
    advice = {"production-is-locked"} if variant == "production" else set()
    assert {verdict.policy for verdict in verdicts if verdict.outcome == "violated"} == advice
    undecided = {verdict.urn for verdict in verdicts if verdict.outcome == "undecided"}
    # What AWS has to say first: ARNs of roles and keys, the database's host, the cluster's issuer.
    assert bool(undecided) is (variant in PROD)
    assert all(contains_unknown(state.by_urn[urn].inputs) for urn in undecided)


def test_dev_has_every_kind_that_the_platform_is_made_of(state_of_variant):
    found = {(item.api_version.rpartition("/")[0], item.kind) for item in objects_of(state_of_variant("istio-knative"))}
    assert found == {(group, kind) for group, kinds in KINDS_OF_DEV.items() for kind in kinds}
