"""Settings of the Kubernetes cluster that the stack works on: one that is there, or EKS of its own."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from mlplatform.config.aws_fields import Administrators, EndpointCidrs, RetentionDays
from mlplatform.config.fields import KubeconfigPath, KubernetesVersion, Section, Text


class ExistingClusterSection(Section):
    """A cluster that is there already."""

    kind: Literal["existing"] = Field(description="existing: a cluster that a kubeconfig context reaches")
    context: Text = Field(description="name of the kubeconfig context, for example mlplatform-dev")
    kubeconfig: KubeconfigPath | None = Field(
        default=None, description="path of the kubeconfig file; the default is kubectl's"
    )
    kubernetes_version: KubernetesVersion | None = Field(
        default=None,
        description='Kubernetes version of the cluster, for example "1.36"; required where the stack installs charts',
    )


class PublicEndpointSection(Section):
    """Who may reach the cluster's endpoint over the internet."""

    cidrs: EndpointCidrs = Field(description="list of public networks, for example [203.0.113.0/24]")


class EksClusterSection(Section):
    """An EKS cluster of the stack's own; where it stands says the section ``aws``."""

    kind: Literal["eks"] = Field(description="eks: a cluster of the stack's own, with the section aws")
    kubernetes_version: KubernetesVersion = Field(description='Kubernetes version of the cluster, for example "1.36"')
    public_endpoint: PublicEndpointSection | None = Field(
        default=None, description="networks that reach the endpoint over the internet; none: only from the VPC"
    )
    administrators: Administrators = Field(description="list of IAM roles or users that administer the cluster")
    extended_support: bool = Field(
        default=False, description="keep a version after its standard support, for a higher price"
    )
    log_retention_days: RetentionDays = Field(default=365, description="how long the control plane's logs are kept")


# Told apart by their kind.
ClusterSection = ExistingClusterSection | EksClusterSection
