"""Components of the Kubernetes cluster: access to it and the namespaces that models are served in."""

from components.cluster.existing_cluster import ExistingCluster
from components.cluster.model_namespace import ModelNamespace, ModelNamespaceArgs

__all__ = ["ExistingCluster", "ModelNamespace", "ModelNamespaceArgs"]
