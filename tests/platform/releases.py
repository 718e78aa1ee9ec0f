"""What a Helm release brings that the stack's own objects need: CRDs, as folders of the catalogue."""

from mlplatform.sandbox.control_plane.crds import catalogue

# Name of the Release resource -> folders of the catalogue without their versions.
BRINGS = {
    "cert-manager": "cert-manager",
    "istio-base": "istio",
    "knative-operator": "knative-operator",
    "kserve-crd": "kserve",
    "seldon-core-operator": "seldon-core",
    "cloudnative-pg": "cloudnative-pg",
    "cloudnative-pg-barman": "plugin-barman-cloud",
    "kube-prometheus-stack": "prometheus-operator",
}
# Releases that hold the webhooks which judge objects of a group, or the controllers that its objects' deletion needs.
CONTROLLERS = {
    "cert-manager.io": {"cert-manager"},
    "networking.istio.io": {"istio-base", "istio-istiod"},
    "security.istio.io": {"istio-base", "istio-istiod"},
    "operator.knative.dev": {"knative-operator"},
    "serving.kserve.io": {"kserve-crd", "kserve-resources", "kserve-runtimes", "cert-manager"},
    "machinelearning.seldon.io": {"seldon-core-operator"},
    "postgresql.cnpg.io": {"cloudnative-pg"},
    "barmancloud.cnpg.io": {"cloudnative-pg-barman", "cert-manager"},
    "monitoring.coreos.com": {"kube-prometheus-stack"},
}


def definitions_of(release: str) -> list:
    """Return the catalogue's definitions that come with a release."""
    prefix = BRINGS.get(release)
    return [source for source in catalogue().values() if prefix and source.folder.rpartition("-")[0] == prefix]
