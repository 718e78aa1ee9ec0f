"""The Kubernetes provider of a cluster: the same behaviour wherever the cluster comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_kubernetes as kubernetes

if TYPE_CHECKING:
    import pulumi


def create_provider(
    name: str,
    *,
    context: str | None = None,
    kubeconfig: pulumi.Input[str] | None = None,
    cluster_identifier: pulumi.Input[str] | None = None,
    opts: pulumi.ResourceOptions,
) -> kubernetes.Provider:
    """Return the provider that everything on a cluster names explicitly.

    Args:
        name: name of the provider.
        context: context of the kubeconfig; ``None``: its current one.
        kubeconfig: path or text of a kubeconfig; ``None``: the user's own.
        cluster_identifier: another value means another cluster, whose objects are all to be created again; ``None``
            leaves it to the provider, which compares the kubeconfigs.
        opts: options of the provider.

    """
    return kubernetes.Provider(
        name,
        context=context,
        kubeconfig=kubeconfig,
        cluster_identifier=cluster_identifier,
        # A rotated secret is a change of the Secret: replaced, it would be missing for a moment, and a protected
        # one could not be rotated at all. Where content must roll a workload, it is part of a ConfigMap's name.
        enable_secret_mutable=True,
        enable_config_map_mutable=True,
        opts=opts,
    )
