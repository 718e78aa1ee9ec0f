"""Parts of the serving platform: everything that is installed on the cluster for serving models, one component each."""

from components.parts.cert_manager import CertManager, CertManagerArgs
from components.parts.cloudnative_pg import CloudNativePg, CloudNativePgArgs
from components.parts.eks_services import EksServices, EksServicesArgs
from components.parts.istio import Istio, IstioArgs
from components.parts.knative import Knative, KnativeArgs
from components.parts.kserve import KServe, KServeArgs
from components.parts.monitoring import Monitoring, MonitoringArgs
from components.parts.seldon import Seldon, SeldonArgs

__all__ = [
    "CertManager",
    "CertManagerArgs",
    "CloudNativePg",
    "CloudNativePgArgs",
    "EksServices",
    "EksServicesArgs",
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
