"""The stack's configuration as frozen, typed data; the only reader of ``pulumi.Config``."""

from mlplatform.config.aws import Aws
from mlplatform.config.cluster import Cluster, EksClusterSection, ExistingClusterSection
from mlplatform.config.load import load_settings, parse_settings
from mlplatform.config.models import Model, ObjectStoreSection, Registry, ReleaseStoreSection, Resources, Settings
from mlplatform.config.problems import Problem, ProblemsError

__all__ = [
    "Aws",
    "Cluster",
    "EksClusterSection",
    "ExistingClusterSection",
    "Model",
    "ObjectStoreSection",
    "Problem",
    "ProblemsError",
    "Registry",
    "ReleaseStoreSection",
    "Resources",
    "Settings",
    "load_settings",
    "parse_settings",
]
