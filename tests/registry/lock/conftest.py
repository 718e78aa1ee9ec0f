"""Stacks to lock, each with registered models, a bucket and proxies of its own."""

import uuid

import pytest

from tests.object_stores import s3_process, s3_server
from tests.registry.lock.world import Servers, World
from tests.servers import free_port
from tests.store_proxy import StoreProxy

__all__ = ["s3_process", "s3_server"]


@pytest.fixture
def store_proxy(s3_server):
    instance = StoreProxy(s3_server.endpoint)
    yield instance
    instance.close()


@pytest.fixture
def dead_uri():
    return f"http://127.0.0.1:{free_port()}"


@pytest.fixture
def servers(proxy, client, s3_server, store_proxy, shared_root):
    return Servers(registry=proxy, client=client, root=shared_root, s3=s3_server, store=store_proxy)


@pytest.fixture
def world(servers, tmp_path):
    """A stack of one model ``iris``, registered under a name of its own."""
    made = World(tmp_path / "world", servers)
    made.name = f"iris-{uuid.uuid4().hex[:8]}"
    made.version = made.register(made.name)
    made.deploy("iris", made.name)
    return made
