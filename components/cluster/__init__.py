"""Components of the Kubernetes cluster: access to it, and what the platform installs on it."""

from components.cluster.existing_cluster import ExistingCluster

__all__ = ["ExistingCluster"]
