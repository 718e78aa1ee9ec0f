"""A program that makes MLflow out of a stack's settings, with what it takes from the rest of the platform."""

import textwrap
from pathlib import Path

from ruamel.yaml import YAML

from mlplatform.review.engine.program import run_program

ROOT = Path(__file__).parents[3]
PROGRAM = """
    import sys
    sys.path.insert(0, {root!r})
    import pulumi
    from components.cluster import ExistingCluster
    from components.parts.cert_manager import CertManager, CertManagerArgs
    from components.parts.cloudnative_pg import CloudNativePg, CloudNativePgArgs
    from components.parts.istio import Istio, IstioArgs
    from components.parts.monitoring import Monitoring, MonitoringArgs
    from components.parts.istio_gateway import gateway_hosts
    from components.mlflow import Mlflow, MlflowArgs, alert_target
    from components.kubernetes.third_party import ThirdParty
    from mlplatform.config import load_settings
    from mlplatform.config.versions import version_row

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
            ingress=settings.ingress, monitoring=monitoring, client_namespaces=("team-a", "training"),
            store_readers=("models", "team-a"),
        ),
        opts=opts,
    )
    pulumi.export("trackingUri", mlflow.tracking_uri)
    if mlflow.minio:
        pulumi.export("reader", mlflow.minio.model_reader.access_key_id)
"""

IMAGES = {
    "image": "quay.io/minio/minio:RELEASE.2025-09-07T16-13-09Z",
    "clientImage": "quay.io/minio/mc:RELEASE.2025-08-13T08-35-41Z",
}
ROLE = "arn:aws:iam::123456789012:role"
GATEWAY = {"certManager": {}, "istio": {}, "ingress": {"domain": "example.org"}, "monitoring": {}}
# What makes a variant of the stack, top-level key -> plain data.
VARIANTS = {
    "own-minio": {
        **GATEWAY,
        "mlflow": {
            "artifacts": {"minio": IMAGES},
            "database": {"backup": {}},
            "exposure": {"kind": "gateway", "host": "mlflow.example.org"},
            "garbageCollection": {},
        },
    },
    "own-s3-external": {
        "environment": "production",
        "certManager": {},
        "mlflow": {
            "artifacts": {
                "bucket": "company-mlflow",
                "access": "direct",
                "s3": {"region": "eu-central-1", "roleArn": f"{ROLE}/mlflow"},
            },
            "database": {
                "kind": "external",
                "external": {
                    "host": "db.example.org",
                    "existingSecret": "db-login",
                    "sslMode": "verify-full",
                    "caSecret": "db-ca",
                },
            },
            "auth": "none",
            "maxReplicas": 6,
            "serviceType": "LoadBalancer",
            "loadBalancerSourceRanges": ["10.0.0.0/8", "2001:db8::/32"],
            "serviceAnnotations": {"service.beta.kubernetes.io/aws-load-balancer-scheme": "internal"},
            "allowedHosts": ["mlflow.internal.example.org"],
            "exposure": {"kind": "ingress", "host": "mlflow.example.org", "className": "nginx"},
            "clients": ["notebooks"],
        },
    },
    "own-production": {
        **GATEWAY,
        "environment": "production",
        "rotations": {"mlflow-admin": 3},
        "mlflow": {
            "artifacts": {"s3": {"region": "eu-central-1", "roleArn": f"{ROLE}/mlflow"}},
            "database": {
                "name": "mlflow-db-2",
                "storageClass": "gp3",
                "backup": {"roleArn": f"{ROLE}/backup", "retentionDays": 60},
                "restore": {"cluster": "mlflow-db", "targetTime": "2026-11-20 10:00:00+00"},
            },
            "maxReplicas": 6,
            "garbageCollection": {"olderThanDays": 90},
            "exposure": {"kind": "ingress", "host": "mlflow.example.org", "tlsSecret": "company-wildcard"},
        },
    },
    "chart-minio": {
        **GATEWAY,
        "mirror": {"images": "registry.example.org/mirror"},
        "mlflow": {
            "variant": "communityChart",
            "artifacts": {"minio": IMAGES},
            "database": {"backup": {}},
            "exposure": {"kind": "gateway", "host": "mlflow.example.org"},
            "garbageCollection": {},
        },
    },
    "chart-s3-external": {
        "environment": "production",
        "certManager": {},
        "mlflow": {
            "variant": "communityChart",
            "artifacts": {
                "access": "direct",
                "s3": {"region": "eu-central-1", "endpoint": "https://s3.example.org", "existingSecret": "s3-login"},
            },
            "database": {
                "kind": "external",
                "external": {"host": "db.example.org", "username": "mlflow", "password": {"secure": "v1:a:b"}},
            },
            "auth": "none",
            "maxReplicas": 4,
            "exposure": {"kind": "ingress", "host": "mlflow.example.org", "className": "nginx"},
        },
    },
}


def run(folder, variant):
    """Return the offline state of the program in a variant, by name or as top-level key -> plain data."""
    return result(folder, variant).state


def result(folder, variant):
    """Return all that the program gives: the state, and what it says."""
    own = VARIANTS[variant] if isinstance(variant, str) else variant
    config = {
        "cluster": {
            "kind": "existing",
            "context": "kind-case",
            "kubeconfig": "kube/config",
            "kubernetesVersion": "1.35",
        },
        "registry": {"uri": "http://127.0.0.1:5500"},
        **own,
    }
    document = {
        "config": {
            "pulumi:disable-default-providers": ["kubernetes", "aws"],
            **{f"mlplatform:{key}": value for key, value in config.items()},
        }
    }
    (folder / "Pulumi.yaml").write_text("name: mlplatform\nruntime: python\n", encoding="utf-8")
    (folder / "__main__.py").write_text(textwrap.dedent(PROGRAM.format(root=str(ROOT))), encoding="utf-8")
    with (folder / "Pulumi.case.yaml").open("w", encoding="utf-8") as file:
        YAML(typ="safe", pure=True).dump(document, file)
    return run_program(folder, "case")
