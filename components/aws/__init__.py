"""AWS: what a stack runs on where it brings its own cluster."""

from components.aws.database import Database, DatabaseArgs
from components.aws.foundation import Foundation, FoundationArgs
from components.aws.workload_role import OidcProvider, WorkloadRole, WorkloadRoleArgs

__all__ = [
    "Database",
    "DatabaseArgs",
    "Foundation",
    "FoundationArgs",
    "OidcProvider",
    "WorkloadRole",
    "WorkloadRoleArgs",
]
