"""A program that makes MLflow out of a stack's settings, with what it takes from the rest of the platform."""

import textwrap
from pathlib import Path

from review.program import run_program

ROOT = Path(__file__).parents[3]
PROGRAM = """
    import sys
    sys.path.insert(0, {root!r})
    import pulumi
    from components.cluster import (
        CertManager, CertManagerArgs, CloudNativePg, CloudNativePgArgs, ExistingCluster, Istio, IstioArgs, Monitoring,
        MonitoringArgs,
    )
    from components.cluster.gateways import gateway_hosts
    from components.mlflow import Mlflow, MlflowArgs, alert_target
    from components.third_party import ThirdParty
    from settings import load_settings
    from settings.versions import version_row

    settings = load_settings()
    third_party = ThirdParty(row=version_row(), mirror=settings.mirror)
    production = settings.environment == "production"
    cluster = ExistingCluster("cluster", settings.cluster)
    opts = pulumi.ResourceOptions(provider=cluster.provider)
    cert_manager = settings.cert_manager and CertManager(
        "cert-manager",
        CertManagerArgs(
            settings=settings.cert_manager, ingress=settings.ingress, production=production, third_party=third_party
        ),
        opts=opts,
    )
    istio = settings.istio and Istio(
        "istio",
        IstioArgs(
            settings=settings.istio, ingress=settings.ingress, hosts=gateway_hosts(settings), production=production,
            cert_manager=cert_manager, third_party=third_party,
        ),
        opts=opts,
    )
    monitoring = settings.monitoring and Monitoring(
        "monitoring",
        MonitoringArgs(
            settings=settings.monitoring, production=production, model_namespaces=(), knative=False, seldon=False,
            registry=alert_target(settings.mlflow), cert_manager=cert_manager, istio=istio, third_party=third_party,
        ),
        opts=opts,
    )
    operator = None
    if settings.mlflow.database.kind == "cloudNativePg":
        operator = CloudNativePg(
            "cloudnative-pg",
            CloudNativePgArgs(production=production, cert_manager=cert_manager, third_party=third_party),
            opts=opts,
        )
    mlflow = Mlflow(
        "mlflow",
        MlflowArgs(
            settings=settings.mlflow, environment=settings.environment, rotations=settings.rotations,
            third_party=third_party, cert_manager=cert_manager, cloudnative_pg=operator, istio=istio,
            ingress=settings.ingress, monitoring=monitoring, client_namespaces=("models", "team-a"),
        ),
        opts=opts,
    )
    pulumi.export("trackingUri", mlflow.tracking_uri)
    if mlflow.minio:
        pulumi.export("reader", mlflow.minio.model_reader.access_key_id)
"""

MINIO = """\
    artifacts:
      minio: {image: "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z", clientImage: "quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z"}
"""
S3 = '    artifacts: {bucket: company-mlflow, s3: {region: eu-central-1, roleArn: "arn:aws:iam::123456789012:role/mlflow"}}\n'


def stack(*, mlflow=MINIO, more="", environment="development"):
    """Return the text of a stack file; ``mlflow`` and ``more`` are YAML, the first below the key ``mlflow``."""
    return f"""\
config:
  pulumi:disable-default-providers: [kubernetes, aws]
  mlplatform:environment: {environment}
  mlplatform:cluster: {{kind: existing, context: kind-case, kubeconfig: kube/config}}
  mlplatform:registry: {{uri: "http://127.0.0.1:5500"}}
{more}  mlplatform:mlflow:
{mlflow}"""


def run(folder, text):
    """Return the offline state of the program with a stack file."""
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(textwrap.dedent(PROGRAM.format(root=str(ROOT))), encoding="utf-8")
    (folder / "Pulumi.case.yaml").write_text(text, encoding="utf-8")
    return run_program(folder, "case").state
