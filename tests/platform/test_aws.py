"""The prod stack and its variants: what the cluster is handed of AWS, and what AWS is told of the cluster."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from components.aws.buckets import BACKUPS_PREFIX
from components.kubernetes.metadata import NODE_GROUP_LABEL
from components.kubernetes.network_policies import PRIVATE_NETWORKS
from components.parts.gpu import device_plugin_values
from mlplatform.config import ProblemsError
from mlplatform.config.versions import version_row
from mlplatform.review.state.property_values import is_secret, is_unknown
from tests.aws.reading import annotated
from tests.components.parts.charts import releases
from tests.golden import assert_golden
from tests.platform.stacks import PROD, ROOT, state_of

NLB = "service.beta.kubernetes.io/aws-load-balancer-type"


def one(state, kind, name):
    (found,) = [each for each in state.resources if each.type.rpartition(":")[2] == kind and each.name == name]
    return found


def workload_roles(state):
    """Return the account of every role of a workload: logical name -> namespace and name of the account."""
    return {
        each.name: (each.inputs["namespace"], each.inputs["serviceAccount"])
        for each in state.resources
        if each.type == "mlplatform:aws:WorkloadRole"
    }


@pytest.mark.parametrize("variant", PROD)
def test_every_role_is_carried_by_the_account_that_it_trusts_and_by_no_other(variant, state_of_variant):
    state = state_of_variant(variant)
    # These two are EKS's own add-ons, which are told their role by EKS.
    of_addons = {("kube-system", "aws-node"), ("kube-system", "ebs-csi-controller-sa")}
    trusted = set(workload_roles(state).values()) - of_addons
    assert set(annotated((each.type, each.inputs) for each in state.resources)) == trusted


@pytest.mark.parametrize(
    ("variant", "expected"),
    [
        ("prod", {"autoscaler", "cert-manager", "mlflow", "models-models", "models-seldon-models"}),
        (
            "prod-live",
            {"autoscaler", "mlflow", "backups", "models-models", "models-seldon-models", "models.training"},
        ),
        ("prod-existing", {"autoscaler", "cert-manager", "mlflow", "models-models", "models-seldon-models"}),
    ],
)
def test_roles_that_a_stack_needs(variant, expected, state_of_variant):
    found = {name.removeprefix("mlplatform-prod-") for name in workload_roles(state_of_variant(variant))}
    assert found - {"vpc-cni", "aws-ebs-csi-driver"} == expected


def documents(state, role):
    """Return the policies of a role that are known before the update."""
    policies = [
        each.inputs["policy"]
        for each in state.resources
        if each.type == "aws:iam/policy:Policy" and each.name.rpartition("-")[0] == role
    ]
    return [json.loads(policy) for policy in policies if not is_unknown(policy)]


def resources_of(state, role, action):
    return {
        resource
        for document in documents(state, role)
        for statement in document["Statement"]
        if action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_model_servers_read_the_releases_of_their_own_namespace(state_of_variant):
    state = state_of_variant("prod")
    releases_arn = "arn:aws:s3:::mlplatform-prod-releases-123456789012-eu-central-1"
    assert resources_of(state, "mlplatform-prod-models-models", "s3:GetObject") == {
        f"{releases_arn}/iris-classifier/*",
        f"{releases_arn}/diabetes-regressor/*",
    }
    assert resources_of(state, "mlplatform-prod-models-seldon-models", "s3:GetObject") == {
        f"{releases_arn}/breast-cancer-detector/*"
    }


def test_live_model_servers_read_mlflows_artifacts(state_of_variant):
    for namespace in ("models", "models-seldon"):
        assert resources_of(state_of_variant("prod-live"), f"mlplatform-prod-{namespace}-models", "s3:GetObject") == {
            "arn:aws:s3:::mlplatform-prod-artifacts-123456789012-eu-central-1/mlflow/*"
        }


def test_releases_of_an_existing_bucket_lie_under_their_prefix(state_of_variant):
    assert resources_of(state_of_variant("prod-existing"), "mlplatform-prod-models-seldon-models", "s3:GetObject") == {
        "arn:aws:s3:::their-releases/prod/breast-cancer-detector/*"
    }


def test_mlflow_writes_where_it_is_told_to(state_of_variant):
    for variant, bucket in (
        ("prod", "mlplatform-prod-artifacts-123456789012-eu-central-1"),
        ("prod-existing", "their-artifacts"),
    ):
        state = state_of_variant(variant)
        assert resources_of(state, "mlplatform-prod-mlflow", "s3:PutObject") == {f"arn:aws:s3:::{bucket}/mlflow/*"}
        told = json.dumps([each.inputs for each in state.resources if each.name == "mlflow"])
        assert f"s3://{bucket}/mlflow" in told or f'"bucket": "{bucket}", "enabled": true, "path": "mlflow"' in told


def test_training_that_writes_artifacts_itself_deletes_none(state_of_variant):
    """Its account takes the role in the first update: nobody has to know the cluster's issuer before."""
    state, role = state_of_variant("prod-live"), "mlplatform-prod-models.training"
    place = {"arn:aws:s3:::mlplatform-prod-artifacts-123456789012-eu-central-1/mlflow/*"}
    assert resources_of(state, role, "s3:PutObject") == resources_of(state, role, "s3:GetObject") == place
    assert not resources_of(state, role, "s3:DeleteObject")
    assert is_unknown(
        one(state, "ServiceAccount", "models-training").inputs["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
    )
    (job,) = [each for each in state.resources if each.name == "wine-training" and each.type.endswith("CronJob")]
    pod = job.inputs["spec"]["jobTemplate"]["spec"]["template"]["spec"]
    assert pod["serviceAccountName"] == "training"


def test_backups_go_where_their_role_may_write(state_of_variant):
    state = state_of_variant("prod-live")
    bucket = "mlplatform-prod-backups-123456789012-eu-central-1"
    store = one(state, "ObjectStore", "mlflow-db-backups").inputs["spec"]["configuration"]
    assert f"{store['destinationPath']}/" == f"s3://{bucket}/{BACKUPS_PREFIX}"
    assert resources_of(state, "mlplatform-prod-backups", "s3:PutObject") == {
        f"arn:aws:s3:::{bucket}/{BACKUPS_PREFIX}*"
    }


def egress(state, name):
    return one(state, "NetworkPolicy", name).inputs["spec"]["egress"]


def test_mlflow_reaches_its_database_where_that_is(state_of_variant):
    state = state_of_variant("prod")
    subnets = {
        each.inputs["cidrBlock"]
        for each in state.resources
        if each.type == "aws:ec2/subnet:Subnet" and "-database-" in each.name
    }
    (rule,) = egress(state, "mlflow-prepare-out")
    assert {to["ipBlock"]["cidr"] for to in rule["to"]} == subnets
    assert len(subnets) == 3
    assert rule["ports"] == [{"protocol": "TCP", "port": 5432}]
    # Of a network that is not the stack's, the addresses are unknown: any private one, and none of the internet.
    (rule,) = egress(state_of_variant("prod-existing"), "mlflow-prepare-out")
    assert tuple(to["ipBlock"]["cidr"] for to in rule["to"]) == PRIVATE_NETWORKS


def test_mlflow_and_model_servers_reach_s3_and_sts(state_of_variant):
    state = state_of_variant("prod")
    for name in ("mlflow-server-out", "models-allow-store-kserve", "models-seldon-allow-store-seldon"):
        rules = [rule for rule in egress(state, name) if {"protocol": "TCP", "port": 443} in rule["ports"]]
        assert any(to["ipBlock"]["cidr"] == "0.0.0.0/0" for rule in rules for to in rule["to"]), name
        # A role comes by STS, not by the agent of Pod Identity.
        assert not [rule for rule in egress(state, name) if {"protocol": "TCP", "port": 80} in rule["ports"]]


def test_database_has_one_password_that_nobody_shows(state_of_variant):
    state = state_of_variant("prod")
    password = one(state, "RandomPassword", "mlflow-database").urn
    instance = one(state, "Instance", "mlplatform-prod-mlflow-db")
    login = one(state, "Secret", "postgres-login")
    assert is_secret(instance.inputs["password"])
    assert instance.property_dependencies["password"] == (password,)
    assert password in login.property_dependencies["stringData"]
    assert one(state, "Secret", "postgres-ca").inputs["metadata"]["name"] == "mlflow-database-ca"


def test_volumes_and_load_balancer_carry_the_tags_of_the_stack(state_of_variant):
    expected = {"Environment=production", "Owner=ml-platform", "CostCentre=4711", "ManagedBy=pulumi"}
    state = state_of_variant("prod")
    parameters = one(state, "StorageClass", "eks-gp3").inputs["parameters"]
    assert {value for key, value in parameters.items() if key.startswith("tagSpecification")} == expected
    assert is_unknown(parameters["kmsKeyId"])
    service = one(state, "Release", "istio-ingressgateway").inputs["values"]["service"]
    assert service["loadBalancerSourceRanges"] == ["203.0.113.0/24"]
    annotations = service["annotations"]
    assert annotations[NLB] == "nlb"
    assert set(annotations["service.beta.kubernetes.io/aws-load-balancer-additional-resource-tags"].split(",")) == (
        expected
    )


def test_an_existing_key_is_known(state_of_variant):
    parameters = one(state_of_variant("prod-existing"), "StorageClass", "eks-gp3").inputs["parameters"]
    assert parameters["kmsKeyId"].startswith("arn:aws:kms:eu-central-1:123456789012:key/")


def test_kourier_gets_the_load_balancer_where_there_is_no_mesh(state_of_variant):
    (service,) = one(state_of_variant("prod-live"), "KnativeServing", "knative").inputs["spec"]["services"]
    assert (service["name"], service["annotations"][NLB]) == ("kourier", "nlb")


def test_internal_load_balancers_are_those_of_gateway_and_mlflow(state_of_variant):
    """In the stack's own network they find the subnets that are tagged for them."""
    state = state_of_variant("prod-live")
    (gateway,) = one(state, "KnativeServing", "knative").inputs["spec"]["services"]
    mlflow = one(state, "Service", "mlflow-service").inputs
    assert mlflow["spec"]["loadBalancerSourceRanges"] == ["10.0.0.0/8"]
    for annotations in (gateway["annotations"], mlflow["metadata"]["annotations"]):
        own = {key.rpartition("load-balancer-")[2]: value for key, value in annotations.items()}
        assert (own["type"], own["internal"]) == ("nlb", "true")
        assert "Owner=ml-platform" in own["additional-resource-tags"]
        assert "subnets" not in own


def test_load_balancer_stands_in_the_subnets_of_an_existing_network(state_of_variant):
    """Without public ones it cannot be reached from the internet, and must not wait for subnets that are not there."""
    values = one(state_of_variant("prod-existing"), "Release", "istio-ingressgateway").inputs["values"]
    own = {key.rpartition("load-balancer-")[2]: value for key, value in values["service"]["annotations"].items()}
    assert own["subnets"] == "subnet-0123456789abcdea0,subnet-0123456789abcdeb0,subnet-0123456789abcdec0"
    assert own["internal"] == "true"


def test_gpus_are_offered_where_there_are_some(state_of_variant):
    names = {name for _, name, *_ in releases(state_of_variant("prod"))}
    assert {"cluster-autoscaler", "nvidia-device-plugin"} <= names
    (values,) = [values for _, name, _, _, values in releases(state_of_variant("prod")) if name == "cluster-autoscaler"]
    assert values["autoDiscovery"] == {"clusterName": "mlplatform-prod"}
    assert values["image"]["tag"] == version_row().images["cluster-autoscaler-1.36"].rpartition(":")[2]


def test_what_cannot_be_made_anew_is_protected_and_outlives_the_stack(state_of_variant):
    kept = {"aws:s3/bucket:Bucket", "aws:rds/instance:Instance", "aws:kms/key:Key", "aws:eks/cluster:Cluster"}
    for variant, expected in (("prod", True), ("prod-live", False)):
        found = [each for each in state_of_variant(variant).resources if each.type in kept]
        assert {each.type for each in found} == kept - (set() if expected else {"aws:rds/instance:Instance"})
        for each in found:
            assert (each.protect, each.retain_on_delete) == (expected, expected), each.name


def test_a_stack_without_aws_does_not_wait_for_its_sdk():
    # What a preview imports: the command line, what runs the program, the program's own parts, and the rules.
    program = (
        "import sys, mlplatform.cli.app, policies.rules, mlplatform.review.engine.worker, components.wiring; "
        "import components.on_aws; "
        "sys.exit('pulumi_aws' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


# What on EKS is not as in dev; of releases their values.
OF_AWS = {
    "StorageClass": ("eks-gp3",),
    "ServiceAccount": ("mlflow-account", "models-model-reader", "models-seldon-model-reader"),
    "NetworkPolicy": ("mlflow-server-out", "mlflow-prepare-out", "mlflow-gc-out", "models-allow-store-kserve"),
    "ClusterIssuer": ("cert-manager-clusterissuer-letsencrypt-production",),
    "Release": ("cert-manager", "cluster-autoscaler", "istio-ingressgateway", "nvidia-device-plugin"),
}


def shown(value):
    """Return plain data with unknown values as a word."""
    if isinstance(value, dict):
        return {key: shown(item) for key, item in sorted(value.items())}
    if isinstance(value, list):
        return [shown(item) for item in value]
    return "known later" if is_unknown(value) else value


def test_objects_of_the_cluster_that_differ_on_aws(state_of_variant):
    state = state_of_variant("prod")
    found = {}
    for kind, names in OF_AWS.items():
        for name in names:
            inputs = one(state, kind, name).inputs
            found[f"{kind} {name}"] = shown(inputs["values"] if kind == "Release" else inputs)
    assert_golden(Path(__file__).parent, "prod", found)


def test_everything_that_is_known_to_fail_is_said_at_once_and_before_the_first_resource(tmp_path, registry_uri):
    changes = {**PROD["prod"], "aws.nodeGroups.1.name": "n" * 45, "mirror": {"charts": "nowhere"}}
    with pytest.raises(ProblemsError) as caught:
        state_of(tmp_path / "project", changes, registry_uri, stack="prod")
    first, second = (str(problem) for problem in caught.value.problems)
    assert first.startswith("Pulumi.prod.yaml: mirror.charts: 'nowhere' is no folder")
    assert second.startswith("Pulumi.prod.yaml: aws.nodeGroups[1].name: makes ")


def test_rotating_the_database_s_password_changes_it_in_one_place(tmp_path, registry_uri, state_of_variant):
    before = state_of_variant("prod")
    changes = {**PROD["prod"], "rotations": {"mlflow-database": 2}}
    after = state_of(tmp_path / "project", changes, registry_uri, stack="prod")
    changed = {each.name for each in after.resources if each.inputs != before.by_urn[each.urn].inputs}
    # A new password, a job that writes with it, and pods that read it.
    assert changed == {"mlflow-database", "mlflow-prepare", "mlflow"}


def test_autoscaler_and_device_plugin_look_for_the_label_that_nodes_have(state_of_variant):
    state = state_of_variant("prod")
    groups = {each.name: each.inputs for each in state.resources if each.type == "aws:eks/nodeGroup:NodeGroup"}
    kinds = {inputs["labels"][NODE_GROUP_LABEL]: inputs for inputs in groups.values()}
    values = one(state, "Release", "cluster-autoscaler").inputs["values"]
    assert values["nodeSelector"][NODE_GROUP_LABEL] in kinds
    terms = device_plugin_values()["affinity"]["nodeAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
    ((expression,),) = [term["matchExpressions"] for term in terms["nodeSelectorTerms"]]
    assert (expression["key"], expression["values"]) == (NODE_GROUP_LABEL, ["gpu"])
    # The plugin tolerates this taint, and Kubernetes lets pods that ask for the resource of its name do so, too.
    assert [taint["key"] for taint in kinds["gpu"]["taints"]] == ["nvidia.com/gpu"]
