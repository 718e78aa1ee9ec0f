"""The embedded registry: a real MLflow server with really trained sample models, for a first look and for tests."""

from mlplatform.registry.embedded.address import ServerState
from mlplatform.registry.embedded.foreign import foreign_notices, registry_folder
from mlplatform.registry.embedded.server import Status, down, seed, status, up

__all__ = ["ServerState", "Status", "down", "foreign_notices", "registry_folder", "seed", "status", "up"]
