"""AWS: what a stack runs on where it brings its own cluster.

The components of ``__main__.py`` are imported when they are asked for and not before: stacks on a cluster outside this
stack check their settings in this package, too, and would wait for the SDK of AWS at every preview.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from components.aws.database import Database, DatabaseArgs
    from components.aws.foundation import Foundation, FoundationArgs
    from components.aws.workload_role import ServiceAccount
    from components.aws.workload_roles import WorkloadRoles, WorkloadRolesArgs
else:
    # Name -> its module.
    _MODULES = {
        "Database": "database",
        "DatabaseArgs": "database",
        "Foundation": "foundation",
        "FoundationArgs": "foundation",
        "ServiceAccount": "workload_role",
        "WorkloadRoles": "workload_roles",
        "WorkloadRolesArgs": "workload_roles",
    }

    def __getattr__(name: str) -> object:
        """Import one of the components, with ``pulumi_aws`` (PEP 562).

        Raises:
            AttributeError: there is none of that name.

        """
        if name not in _MODULES:
            raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
        return getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)


__all__ = [
    "Database",
    "DatabaseArgs",
    "Foundation",
    "FoundationArgs",
    "ServiceAccount",
    "WorkloadRoles",
    "WorkloadRolesArgs",
]
