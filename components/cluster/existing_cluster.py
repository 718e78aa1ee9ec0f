"""A cluster that somebody else provisioned, reached through a kubeconfig context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes

if TYPE_CHECKING:
    from settings import Cluster


class ExistingCluster(pulumi.ComponentResource):
    """Access to an existing cluster.

    Attributes:
        provider: the Kubernetes provider that everything on this cluster names explicitly.

    """

    provider: kubernetes.Provider

    def __init__(self, name: str, cluster: Cluster, opts: pulumi.ResourceOptions | None = None) -> None:
        """Create the provider.

        Args:
            name: name of the component and of its provider.
            cluster: the cluster's settings; kind ``existing``.
            opts: options of the component.

        """
        if cluster.kind != "existing":
            message = f"a cluster of kind {cluster.kind} is none that a kubeconfig context reaches"
            raise TypeError(message)
        super().__init__("mlplatform:cluster:ExistingCluster", name, {"context": cluster.context}, opts)
        self.provider = kubernetes.Provider(
            name,
            context=cluster.context,
            kubeconfig=cluster.kubeconfig,
            # A rotated secret is a change of the Secret: replaced, it would be missing for a moment, and a protected
            # one could not be rotated at all. Where content must roll a workload, it is part of a ConfigMap's name.
            enable_secret_mutable=True,
            enable_config_map_mutable=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Unconfigured, the SDK takes $KUBECONFIG: each machine's own path, and no change of the stack.
                ignore_changes=None if cluster.kubeconfig else ["kubeconfig"],
            ),
        )
        self.register_outputs({"context": cluster.context})
