"""What an EKS cluster lacks: storage class, autoscaler, device plugin, and the gateway's load balancer."""

import pytest

from components.kubernetes.load_balancer import network_load_balancer
from components.parts.cluster_autoscaler import autoscaler_image, autoscaler_values
from components.parts.eks_services import storage_class
from mlplatform.config.eks_versions import eks_versions
from mlplatform.config.versions import chart, rows, version_row
from tests.components.parts import charts
from tests.components.parts.project import RANGES
from tests.components.parts.test_charts import needs_charts
from tests.components.parts.test_wiring import before, names, one

NLB = {
    "service.beta.kubernetes.io/aws-load-balancer-type": "nlb",
    "service.beta.kubernetes.io/aws-load-balancer-cross-zone-load-balancing-enabled": "true",
    "service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags": "CostCentre=4711,Owner=ml-platform",
}
GROUP = "mlplatform.dev/node-group"


@pytest.mark.parametrize("row", rows())
def test_every_version_of_eks_has_an_autoscaler_of_its_own_and_no_other_has_one(row):
    row = version_row(row)
    images = {name: image for name, image in row.images.items() if name.startswith("cluster-autoscaler-")}
    assert set(images) == {autoscaler_image(row, version) for version in eks_versions()}
    for version in eks_versions():
        image = images[f"cluster-autoscaler-{version}"]
        assert image.startswith(f"registry.k8s.io/autoscaling/cluster-autoscaler:v{version}."), image
        assert row.charts["cluster-autoscaler"].supports(version)


def test_without_an_autoscaler_of_that_version_there_is_none():
    with pytest.raises(ValueError, match=r"no image cluster-autoscaler-1\.20"):
        autoscaler_image(version_row(), "1.20")
    assert not chart("cluster-autoscaler", "9.59.0").supports("1.20")


def values(**changes):
    given = {"cluster": "c", "region": "eu-central-1", "role_arn": "arn", "image": "m/ca:v1", "production": True}
    return autoscaler_values(**{**given, **changes})


def test_autoscaler_is_two_in_production():
    assert (values()["replicaCount"], values(production=False)["replicaCount"]) == (2, 1)


@needs_charts
def test_autoscaler_looks_for_the_groups_of_its_cluster_as_its_own_account(state_of):
    (release,) = [each for each in charts.releases(state_of("eks")) if each[1] == "cluster-autoscaler"]
    name, chart_name, version, namespace, given = release
    documents = {each["kind"]: each for each in charts.render(chart_name, version, namespace, given, name)}
    pod = documents["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    discovery = "--node-group-auto-discovery=asg:tag="
    (tags,) = [each.removeprefix(discovery) for each in container["command"] if each.startswith(discovery)]
    assert tags.split(",") == ["k8s.io/cluster-autoscaler/enabled", "k8s.io/cluster-autoscaler/mlplatform-case"]
    assert {"name": "AWS_REGION", "value": "eu-central-1"} in container["env"]
    assert container["image"] == "registry.k8s.io/autoscaling/cluster-autoscaler:v1.35.2"
    account = documents["ServiceAccount"]["metadata"]
    assert (namespace, account["name"], pod["serviceAccountName"]) == ("cluster-autoscaler",) * 3
    assert account["annotations"] == {"eks.amazonaws.com/role-arn": "arn:aws:iam::123456789012:role/autoscaler"}
    assert pod["nodeSelector"] == {GROUP: "system"}


@needs_charts
def test_device_plugin_runs_where_the_gpus_are(state_of):
    (release,) = [each for each in charts.releases(state_of("eks")) if each[1] == "nvidia-device-plugin"]
    name, chart_name, version, namespace, given = release
    documents = charts.render(chart_name, version, namespace, given, name)
    (plugin,) = [
        each["spec"]["template"]["spec"]
        for each in documents
        if each["kind"] == "DaemonSet" and each["metadata"]["name"] == "nvidia-device-plugin"
    ]
    affinity = plugin["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    wanted = {"key": GROUP, "operator": "In", "values": ["gpu"]}
    assert affinity == {"nodeSelectorTerms": [{"matchExpressions": [wanted]}]}
    assert {"key": "nvidia.com/gpu", "operator": "Exists", "effect": "NoSchedule"} in plugin["tolerations"]


def test_volumes_are_encrypted_tagged_and_where_their_pod_is():
    found = storage_class("arn:aws:kms:eu-central-1:123456789012:key/0", {"Owner": "ml", "CostCentre": "4711"})
    assert found["metadata"]["annotations"] == {"storageclass.kubernetes.io/is-default-class": "true"}
    assert found["parameters"] == {
        "type": "gp3",
        "encrypted": "true",
        "kmsKeyId": "arn:aws:kms:eu-central-1:123456789012:key/0",
        "tagSpecification_1": "CostCentre=4711",
        "tagSpecification_2": "Owner=ml",
    }
    assert (found["provisioner"], found["volumeBindingMode"]) == ("ebs.csi.aws.com", "WaitForFirstConsumer")
    assert found["allowVolumeExpansion"] is True


def test_what_has_volumes_comes_after_the_storage_class(state_of):
    state = state_of("eks")
    assert ("StorageClass", "eks-gp3") in before(state, one(state, "Release", "kube-prometheus-stack"))


def test_annotations_of_the_load_balancer():
    assert network_load_balancer({"Owner": "ml-platform", "CostCentre": "4711"}) == NLB


def test_load_balancer_in_subnets_that_nobody_tagged():
    found = network_load_balancer({"Owner": "ml"}, subnets=["subnet-a", "subnet-b"], internal=True)
    own = {key.rpartition("balancer-")[2]: value for key, value in found.items()}
    assert (own["subnets"], own["internal"]) == ("subnet-a,subnet-b", "true")


def test_nothing_of_eks_is_watched_that_answers_nobody(state_of):
    hidden = {"kubeControllerManager", "kubeScheduler", "kubeEtcd", "kubeProxy"}
    values = one(state_of("eks"), "Release", "kube-prometheus-stack").inputs["values"]
    assert {part for part in hidden if values.get(part) == {"enabled": False}} == hidden
    assert not hidden & set(one(state_of("production"), "Release", "kube-prometheus-stack").inputs["values"])


@needs_charts
def test_nobody_waits_for_metrics_of_a_control_plane_that_shows_none(state_of):
    hidden = ("controller-manager", "scheduler", "etcd", "kube-proxy")

    def watched(variant):
        (release,) = [each for each in charts.releases(state_of(variant)) if each[1] == "kube-prometheus-stack"]
        name, chart_name, version, namespace, given = release
        documents = charts.render(chart_name, version, namespace, given, name)
        found = {each["metadata"]["name"] for each in documents if each["kind"] == "ServiceMonitor"}
        rules = [
            rule["alert"]
            for each in documents
            if each["kind"] == "PrometheusRule"
            for group in each["spec"]["groups"]
            for rule in group["rules"]
            if "alert" in rule
        ]
        return {part for part in hidden if any(part in monitor for monitor in found)}, rules

    monitored, alerts = watched("eks")
    assert monitored == set()
    down = {"KubeControllerManagerDown", "KubeSchedulerDown", "KubeProxyDown"}
    assert not {*down, "etcdMembersDown"} & set(alerts)
    monitored, alerts = watched("production")
    assert monitored == set(hidden)
    assert down <= set(alerts)


def test_gateway_of_either_class_gets_the_load_balancer_and_who_reaches_it(state_of):
    service = one(state_of("eks"), "Release", "istio-ingressgateway").inputs["values"]["service"]
    assert (service["type"], service["annotations"]) == ("LoadBalancer", NLB)
    assert service["loadBalancerSourceRanges"] == RANGES
    serving = one(state_of("eks-kourier-mirror"), "KnativeServing", "knative").inputs["spec"]
    ranges = {"service.beta.kubernetes.io/load-balancer-source-ranges": ",".join(RANGES)}
    assert serving["services"] == [{"name": "kourier", "annotations": {**NLB, **ranges}}]


def test_nobody_outside_asks_for_the_state_of_the_gateway(state_of):
    service = one(state_of("eks"), "Release", "istio-ingressgateway").inputs["values"]["service"]
    assert [(each["port"], each["targetPort"]) for each in service["ports"]] == [(80, 80), (443, 443)]


def test_elsewhere_there_is_none_of_it(state_of):
    state = state_of("production")
    assert not {"cluster-autoscaler", "nvidia-device-plugin"} & names(state, "Release")
    assert not names(state, "StorageClass")
    service = one(state, "Release", "istio-ingressgateway").inputs["values"]["service"]
    assert set(service) == {"type", "ports"}
    assert "services" not in one(state_of("kourier-knative"), "KnativeServing", "knative").inputs["spec"]
