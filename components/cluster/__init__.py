"""Components of the Kubernetes cluster: access to it, and everything that is installed on it for serving models."""

from components.cluster.cert_manager import CertManager, CertManagerArgs
from components.cluster.cloudnative_pg import CloudNativePg, CloudNativePgArgs
from components.cluster.eks_services import EksServices, EksServicesArgs
from components.cluster.existing_cluster import ExistingCluster
from components.cluster.istio import Istio, IstioArgs
from components.cluster.knative import Knative, KnativeArgs
from components.cluster.kserve import KServe, KServeArgs
from components.cluster.monitoring import Monitoring, MonitoringArgs
from components.cluster.seldon import Seldon, SeldonArgs

__all__ = [
    "CertManager",
    "CertManagerArgs",
    "CloudNativePg",
    "CloudNativePgArgs",
    "EksServices",
    "EksServicesArgs",
    "ExistingCluster",
    "Istio",
    "IstioArgs",
    "KServe",
    "KServeArgs",
    "Knative",
    "KnativeArgs",
    "Monitoring",
    "MonitoringArgs",
    "Seldon",
    "SeldonArgs",
]
