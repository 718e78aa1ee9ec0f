"""The session's real MLflow server, as the registry's own tests use it."""

from tests.registry.conftest import client, server, shared_root  # noqa: F401 - fixtures
