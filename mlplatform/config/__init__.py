"""The stack's configuration as frozen, typed data; the only reader of ``pulumi.Config``."""

from mlplatform.config.aws import AwsSection
from mlplatform.config.cluster import ClusterSection, EksClusterSection, ExistingClusterSection
from mlplatform.config.load import load_settings, parse_settings
from mlplatform.config.models import (
    Model,
    ObjectStoreSection,
    RegistrySection,
    ReleaseStoreSection,
    ResourcesSection,
    Settings,
)
from mlplatform.config.problems import Problem, ProblemsError

__all__ = [
    "AwsSection",
    "ClusterSection",
    "EksClusterSection",
    "ExistingClusterSection",
    "Model",
    "ObjectStoreSection",
    "Problem",
    "ProblemsError",
    "RegistrySection",
    "ReleaseStoreSection",
    "ResourcesSection",
    "Settings",
    "load_settings",
    "parse_settings",
]
