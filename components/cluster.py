"""A cluster outside this stack, reached through a kubeconfig context."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_kubernetes as kubernetes  # noqa: TC002 - Pulumi reads the annotations of a component's attributes

from components.kubernetes.provider import create_provider

if TYPE_CHECKING:
    from mlplatform.config import ClusterSection


class ExistingCluster(pulumi.ComponentResource):
    """Access to an existing cluster.

    Attributes:
        provider: the Kubernetes provider that everything on this cluster names explicitly.

    """

    provider: kubernetes.Provider

    def __init__(self, name: str, cluster: ClusterSection, opts: pulumi.ResourceOptions | None = None) -> None:
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
        self.provider = create_provider(
            name,
            context=cluster.context,
            kubeconfig=cluster.kubeconfig,
            opts=pulumi.ResourceOptions(
                parent=self,
                # Unconfigured, the SDK takes $KUBECONFIG: each machine's own path, and no change of the stack.
                ignore_changes=None if cluster.kubeconfig else ["kubeconfig"],
            ),
        )
        self.register_outputs({"context": cluster.context})
