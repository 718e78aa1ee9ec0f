"""Every object of the dev and the prod stack in all their variants, shown to a real API server with the real CRDs."""

import pytest

from mlplatform.sandbox.validation.stack_objects import filled, objects_of
from mlplatform.sandbox.validation.validate import validate_objects
from tests.platform.stacks import VARIANTS

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
def test_api_server_takes_every_object_as_it_is(variant, state_of_variant, control_plane_with_crds, schemas):
    api = control_plane_with_crds.api
    objects, unchecked = filled(objects_of(state_of_variant(variant)), schemas)
    assert [str(finding) for finding in unchecked] == []
    # Refused objects, unknown and dropped fields, pods that Pod Security refuses, and the server's own warnings.
    assert [str(finding) for finding in validate_objects(objects, api)] == []


def test_dev_has_every_kind_that_the_platform_is_made_of(state_of_variant):
    found = {(item.api_version.rpartition("/")[0], item.kind) for item in objects_of(state_of_variant("istio-knative"))}
    assert found == {(group, kind) for group, kinds in KINDS_OF_DEV.items() for kind in kinds}
