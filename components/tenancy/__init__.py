"""Tenancy: a namespace for each team, with its share of the cluster, its people and its network."""

from components.tenancy.platform_endpoints import Place, Surroundings
from components.tenancy.team_namespace import TeamNamespace, TeamNamespaceArgs
from components.tenancy.tenants import Tenant, Tenants, TenantsArgs

__all__ = ["Place", "Surroundings", "TeamNamespace", "TeamNamespaceArgs", "Tenant", "Tenants", "TenantsArgs"]
