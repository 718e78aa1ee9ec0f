"""Stacks to lock, each with registered models, a bucket and proxies of its own."""

import uuid

import pytest

from tests.object_stores import use_credentials
from tests.registry.lock.world import Servers, World
from tests.registry.proxy import Proxy
from tests.store_proxy import StoreProxy


@pytest.fixture
def store_proxy(s3_server):
    instance = StoreProxy(s3_server.endpoint)
    yield instance
    instance.close()


@pytest.fixture
def servers(proxy, client, s3_server, store_proxy, shared_root):
    return Servers(registry=proxy, client=client, root=shared_root, s3=s3_server, store=store_proxy)


@pytest.fixture
def world(servers, tmp_path):
    """A stack of one model ``iris``, registered under a name of its own."""
    return _world(tmp_path / "world", servers)


def _world(folder, servers):
    made = World(folder, servers)
    made.name = f"iris-{uuid.uuid4().hex[:8]}"
    made.version = made.register(made.name)
    made.deploy("iris", made.name)
    return made


@pytest.fixture(scope="session")
def _locked_once(server, client, s3_process, shared_root, tmp_path_factory):
    with pytest.MonkeyPatch.context() as monkeypatch:
        use_credentials(monkeypatch)
        proxy, store = Proxy(server), StoreProxy(s3_process.endpoint)
        servers = Servers(registry=proxy, client=client, root=shared_root, s3=s3_process, store=store)
        made = _world(tmp_path_factory.mktemp("locked") / "world", servers)
        made.lock()
        proxy.close()
        store.close()
    return made


@pytest.fixture
def reviewed(_locked_once, servers, tmp_path):
    """A locked stack whose files a test may change, but neither its versions nor its releases: those are shared."""
    return _locked_once.copy(tmp_path / "reviewed", servers)
