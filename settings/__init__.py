"""The stack's configuration as frozen, typed data; the only reader of ``pulumi.Config``."""

from settings.load import load_settings, parse_settings
from settings.models import Cluster, Model, ObjectStore, Registry, ReleaseStore, Resources, Settings
from settings.problems import Problem, ProblemsError

__all__ = [
    "Cluster",
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
