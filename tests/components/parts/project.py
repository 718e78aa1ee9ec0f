"""A project whose program installs the components of the cluster alone, and its stack in several variants."""

import copy
import textwrap
from pathlib import Path

from ruamel.yaml import YAML

from mlplatform.review.engine.program import run_program

ROOT = Path(__file__).parents[3]
PROGRAM = f"""
    import sys
    sys.path.insert(0, {str(ROOT)!r})
    import pulumi
    from components.cluster import ExistingCluster
    from components.parts.cert_manager import CertManager, CertManagerArgs
    from components.parts.cloudnative_pg import CloudNativePg, CloudNativePgArgs
    from components.parts.cluster_autoscaler import ClusterAutoscaler, ClusterAutoscalerArgs
    from components.parts.eks_services import EksServices, EksServicesArgs
    from components.parts.gpu import Gpu, GpuArgs
    from components.parts.istio import Istio, IstioArgs
    from components.parts.keda import create_keda
    from components.parts.knative import Knative, KnativeArgs
    from components.parts.kserve import KServe, KServeArgs
    from components.parts.monitoring import Monitoring, MonitoringArgs
    from components.parts.seldon import Seldon, SeldonArgs
    from components.parts.monitoring_alerts import Registry
    from components.parts.istio_gateway import gateway_hosts
    from components.kubernetes.load_balancer import network_load_balancer
    from components.kubernetes.security import RESTRICTED_POD
    from components.kubernetes.third_party import ThirdParty
    from mlplatform.config import load_settings
    from mlplatform.config.parts import seldon
    from mlplatform.config.versions import version_row

    settings = load_settings()
    cluster = ExistingCluster("cluster", settings.cluster)
    on_cluster = pulumi.ResourceOptions(provider=cluster.provider)
    third_party = ThirdParty(row=version_row(settings.versions), mirror=settings.mirror)
    production = settings.environment == "production"
    cert_manager = istio = knative = None
    # Not the settings' cluster.kind: what makes an EKS cluster is left out here.
    on_eks, load_balancer = None, {{}}
    if pulumi.Config("case").get_bool("eks"):
        tags = {{"Owner": "ml-platform", "CostCentre": "4711"}}
        load_balancer = network_load_balancer(tags)
        on_eks = EksServices("eks", EksServicesArgs(
            cluster="mlplatform-case", volumes_key="arn:aws:kms:eu-central-1:123456789012:key/0", tags=tags,
        ), opts=on_cluster)
        below = pulumi.ResourceOptions(parent=on_eks)
        ClusterAutoscaler("cluster-autoscaler", ClusterAutoscalerArgs(
            cluster="mlplatform-case", region="eu-central-1", kubernetes_version=settings.cluster.kubernetes_version,
            role_arn="arn:aws:iam::123456789012:role/autoscaler", production=production, third_party=third_party,
        ), opts=below)
        Gpu("gpu", GpuArgs(third_party=third_party), opts=below)
    if settings.cert_manager:
        cert_manager = CertManager("cert-manager", CertManagerArgs(
            settings=settings.cert_manager, ingress=settings.ingress, production=production, third_party=third_party,
        ), opts=on_cluster)
    if settings.istio:
        istio = Istio("istio", IstioArgs(
            settings=settings.istio, ingress=settings.ingress, hosts=gateway_hosts(settings), production=production,
            cert_manager=cert_manager, third_party=third_party, load_balancer=load_balancer,
        ), opts=on_cluster)
    if settings.knative:
        knative = Knative("knative", KnativeArgs(
            settings=settings.knative, ingress=settings.ingress, pods=({{"securityContext": RESTRICTED_POD}},),
            production=production, cert_manager=cert_manager, istio=istio, third_party=third_party,
            monitoring=settings.monitoring is not None, load_balancer=load_balancer,
        ), opts=on_cluster)
    if settings.kserve:
        KServe("kserve", KServeArgs(
            settings=settings.kserve, ingress=settings.ingress, cert_manager=cert_manager, istio=istio,
            knative=knative, third_party=third_party,
        ), opts=on_cluster)
    if settings.seldon:
        Seldon("seldon", SeldonArgs(
            chart=seldon.PART.chart(seldon.CHART, settings, third_party.row),
            keda=bool(settings.monitoring and settings.monitoring.keda),
            cert_manager=cert_manager, istio=istio, third_party=third_party,
        ), opts=on_cluster)
    CloudNativePg("cloudnative-pg", CloudNativePgArgs(
        production=production, cert_manager=cert_manager, third_party=third_party,
    ), opts=on_cluster)
    if settings.monitoring:
        monitoring = Monitoring("monitoring", MonitoringArgs(
            settings=settings.monitoring, production=production, rotations=settings.rotations,
            model_namespaces=("models", "team-a"), knative=knative is not None, seldon=settings.seldon is not None,
            registry=Registry(namespace="mlflow", deployment="mlflow", backup_schedule="0 1 * * *"),
            cert_manager=cert_manager, istio=istio, third_party=third_party, storage=on_eks and on_eks.storage,
            managed_control_plane=on_eks is not None,
        ), opts=on_cluster)
        if settings.monitoring.keda:
            create_keda("monitoring-keda", third_party=third_party, parent=monitoring)
"""
STACK = {
    "cluster": {"kind": "existing", "context": "mlplatform-dev", "kubernetesVersion": "1.35"},
    "registry": {"uri": "http://127.0.0.1:5500"},
    "certManager": {},
    "istio": {},
    "ingress": {"class": "istio", "domain": "models.example.org"},
    "knative": {},
    "kserve": {
        "runtimes": [
            {
                "name": "mlserver-own",
                "image": "registry.example.org/mlserver:1.7.1-mlflow3",
                "formats": {"mlflow": "3"},
                "env": {"MLSERVER_PARALLEL_WORKERS": "0"},
            }
        ]
    },
    "seldon": {},
    "monitoring": {},
}
WHOLE_MONITORING = {"stack": "kubePrometheusStack", "keda": True}
LETS_ENCRYPT = {"kind": "letsEncryptProduction", "email": "platform@example.org"}
ROUTE53 = {"hostedZoneId": "Z0123456789ABCDEFGHIJ", "region": "eu-central-1"}
KOURIER = {"ingress": {"class": "kourier", "domain": "models.example.org"}, "istio": None}
# Who reaches the gateway on EKS.
RANGES = ["203.0.113.0/24", "198.51.100.0/24"]
# What makes a variant of the stack; None takes a section away.
VARIANTS = {
    "istio-knative": {},
    "istio-standard": {"knative": None, "kserve": {"mode": "Standard"}},
    "kourier-knative": KOURIER,
    "ambient": {"istio": {"dataPlane": "ambient"}},
    "k3s": {"istio": {"platform": "k3s"}},
    "http01": {"certManager": {"issuer": LETS_ENCRYPT}},
    "dns01": {
        "certManager": {
            "issuer": {
                **LETS_ENCRYPT,
                "dns01": {**ROUTE53, "roleArn": "arn:aws:iam::123456789012:role/cert-manager"},
            }
        }
    },
    "kourier-http01": {**KOURIER, "certManager": {"issuer": LETS_ENCRYPT}},
    "plain": {"ingress": {"domain": "models.example.org", "tls": False}},
    "production": {"environment": "production", "monitoring": WHOLE_MONITORING, "istio": {}},
    "mirror": {
        "monitoring": WHOLE_MONITORING,
        "mirror": {"images": "registry.example.org/mirror", "charts": "charts"},
        "istio": {"dataPlane": "ambient"},
    },
    "kourier-mirror": {
        **KOURIER,
        "mirror": {"images": "registry.example.org/mirror", "charts": "oci://charts.example.org"},
    },
    "seldon-bsl": {"seldon": {"version": "1.18.2", "acceptLicense": True}},
    "eks": {
        "environment": "production",
        "monitoring": {"stack": "kubePrometheusStack"},
        "ingress": {"domain": "models.example.org", "sourceRanges": RANGES},
    },
    "eks-kourier-mirror": {
        **KOURIER,
        "mirror": {"images": "registry.example.org/mirror"},
        "ingress": {"class": "kourier", "domain": "models.example.org", "sourceRanges": RANGES},
    },
}
# Variants on a cluster with what EKS lacks.
ON_EKS = {"eks", "eks-kourier-mirror"}


def config(variant):
    """Return the configuration of a variant, top-level key -> plain data."""
    changes = VARIANTS[variant]
    return {key: value for key, value in copy.deepcopy({**STACK, **changes}).items() if value is not None}


def state_of(folder, variant):
    """Return the desired state of a variant."""
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n")
    (folder / "__main__.py").write_text(textwrap.dedent(PROGRAM))
    stack = {f"mlplatform:{key}": value for key, value in config(variant).items()}
    eks = {"case:eks": variant in ON_EKS}
    document = {"config": {"pulumi:disable-default-providers": ["kubernetes", "aws"], **eks, **stack}}
    with (folder / "Pulumi.case.yaml").open("w") as file:
        YAML(typ="safe", pure=True).dump(document, file)
    return run_program(Path(folder), "case").state
