"""Golden objects of a team's namespace, and what its roles must never grant."""

from pathlib import Path

import pytest

from components.kubernetes.metadata import labels
from components.kubernetes.network_policies import PodPeer
from components.serving.engines import ENGINES
from components.tenancy import PlatformEndpoints
from components.tenancy.access import roles
from components.tenancy.limits import limit_range, resource_quota
from components.tenancy.mtls import strict_mtls
from components.tenancy.network_policies import Traffic, network_policies
from components.tenancy.team_namespace import pod_security_labels
from mlplatform.config.tenancy import Team
from tests.crd_schemas import assert_valid
from tests.golden import assert_golden

HERE = Path(__file__).parent
TEAM = Team.model_validate(
    {
        "name": "team-a",
        "quota": {"requests.cpu": 20, "limits.memory": "64Gi", "pods": 50, "requests.nvidia.com/gpu": 2},
        "containerLimits": {"maxCpu": 8, "maxMemory": "32Gi"},
        "editors": ["ml-engineers", "ml-leads"],
        "viewers": ["analysts"],
    }
)


def test_shares():
    assert_golden(HERE, "resource-quota", resource_quota("team-a", TEAM.quota))
    assert_golden(HERE, "limit-range", limit_range("team-a", TEAM.container_limits))


def test_limit_range_without_largest_amounts():
    (item,) = limit_range("team-a", Team.model_validate({"name": "a"}).container_limits)["spec"]["limits"]
    assert item == {
        "type": "Container",
        "default": {"cpu": "1", "memory": "1Gi"},
        "defaultRequest": {"cpu": "50m", "memory": "128Mi"},
    }


def test_roles():
    assert_golden(HERE, "roles", roles("team-a", TEAM))


def test_a_team_without_groups_has_no_roles():
    assert roles("team-a", Team.model_validate({"name": "team-a"})) == []


@pytest.mark.parametrize("role", ["team-editor", "team-viewer"])
def test_roles_lead_to_no_credentials(role):
    (rules,) = [
        manifest["rules"]
        for manifest in roles("team-a", TEAM)
        if manifest["kind"] == "Role" and manifest["metadata"]["name"] == role
    ]
    granted = {(resource, verb) for rule in rules for resource in rule["resources"] for verb in rule["verbs"]}
    resources = {resource for resource, _ in granted}
    # Secrets, shells and tunnels into pods, tokens of accounts, and more rights than one has.
    assert not resources & {"secrets", "pods/exec", "pods/attach", "pods/portforward", "serviceaccounts/token", "*"}
    assert not resources & {"roles", "rolebindings"}
    assert not {verb for _, verb in granted} & {"*", "impersonate", "bind", "escalate"}
    for fixed in ("serviceaccounts", "networkpolicies", "resourcequotas", "limitranges"):
        assert {verb for resource, verb in granted if resource == fixed} == {"get", "list", "watch"}
    if role == "team-viewer":
        assert {verb for _, verb in granted} == {"get", "list", "watch"}


def test_strict_mtls():
    assert_golden(HERE, "strict-mtls", strict_mtls("team-a"))
    assert_valid(strict_mtls("team-a"))


def test_network_policies():
    platform = PlatformEndpoints(
        mesh="sidecar",
        gateway=PodPeer(namespace="istio-ingress", labels={"istio": "ingressgateway"}),
        knative_namespace="knative-serving",
        tracking_uri="http://mlflow.mlflow.svc:5000",
        mlflow=PodPeer(namespace="mlflow", labels=labels("mlflow")),
    )
    policies = network_policies("team-a", platform, Traffic(engines=(ENGINES["kserve"],), training={"wine": ()}))
    assert_golden(HERE, "network-policies", policies)


@pytest.mark.parametrize(
    ("engines", "level"), [((), "restricted"), (("kserve",), "restricted"), (("kserve", "seldon"), "baseline")]
)
def test_pod_security(engines, level):
    found = pod_security_labels(ENGINES[name] for name in engines)
    assert found["pod-security.kubernetes.io/enforce"] == level
    assert found["pod-security.kubernetes.io/warn"] == "restricted"
