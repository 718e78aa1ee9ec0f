"""Tenancy: a namespace for each team, with its share of the cluster, its people and its network."""

from components.tenancy.platform_endpoints import PlatformEndpoints
from components.tenancy.team_namespace import TeamNamespace, TeamNamespaceArgs
from components.tenancy.tenant import Tenant
from components.tenancy.tenants import Tenants, TenantsArgs

__all__ = ["PlatformEndpoints", "TeamNamespace", "TeamNamespaceArgs", "Tenant", "Tenants", "TenantsArgs"]
