"""The stack's configuration as frozen, typed data; the only reader of ``pulumi.Config``."""

from settings.aws import Aws
from settings.cluster import Cluster, EksCluster, ExistingCluster
from settings.load import load_settings, parse_settings
from settings.models import Model, ObjectStore, Registry, ReleaseStore, Resources, Settings
from settings.problems import Problem, ProblemsError

__all__ = [
    "Aws",
    "Cluster",
    "EksCluster",
    "ExistingCluster",
    "Model",
    "ObjectStore",
    "Problem",
    "ProblemsError",
    "Registry",
    "ReleaseStore",
    "Resources",
    "Settings",
    "load_settings",
    "parse_settings",
]
