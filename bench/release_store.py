"""Compare ways to publish and check a release, as ratios within one run, through a proxy that adds latency.

    python -m bench.release_store [milliseconds of latency, 20 by default]

The store is a MinIO where one is on the PATH, else moto. Both run on this machine, as does the proxy, so bytes cost
little here and round trips almost everything; a real link lies in between.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.config.models import ReleaseStoreSection
from mlplatform.registry import parallel
from mlplatform.registry.digest import FileDigest, artifact_digest, digest_stream
from mlplatform.registry.release import ReleaseStore, open_release_store, parts, release_uri
from tests.object_stores import ENVIRONMENT, minio_server, moto_server
from tests.store_proxy import StoreProxy

if TYPE_CHECKING:
    from collections.abc import Callable

SMALL_FILES = 40
LARGE_MIB = 60


def main(latency: float) -> None:
    """Start a store and a proxy before it, and print the measurements."""
    os.environ.update(ENVIRONMENT)
    with tempfile.TemporaryDirectory() as folder, contextlib.ExitStack() as stack:
        model, data = Path(folder) / "model", Path(folder) / "data"
        data.mkdir()
        server = stack.enter_context(minio_server(data) if shutil.which("minio") else moto_server())
        files = fill(model)
        proxy = StoreProxy(server.endpoint)
        stack.callback(proxy.close)
        proxy.latency = latency

        def prepared() -> tuple[ReleaseStore, str]:
            """Return a store with an empty bucket, and where the release is to lie."""
            uri = f"s3://{server.bucket()}/releases"
            settings = ReleaseStoreSection.model_validate({"uri": uri, "endpoint": proxy.endpoint})
            return open_release_store(settings), release_uri(uri, "bench", artifact_digest(files))

        size = sum(file.size for file in files) / parts.MIB
        print(f"{len(files)} files, {size:.0f} MiB, {latency * 1000:.0f} ms of latency, {server.process.args[0]}")
        compare(prepared, model, files, proxy)


def compare(
    prepared: Callable[[], tuple[ReleaseStore, str]], model: Path, files: list[FileDigest], proxy: StoreProxy
) -> None:
    """Measure publishing one by one and side by side, publishing again, and both ways to check."""
    workers = parallel.WORKERS
    parallel.WORKERS = 1
    store, uri = prepared()
    alone = measure("publish, one request at a time", lambda: store.publish(uri, model, files), proxy)
    parallel.WORKERS = workers
    store, uri = prepared()
    together = measure(f"publish, {workers} at a time", lambda: store.publish(uri, model, files), proxy)
    again = measure("publish again", lambda: store.publish(uri, model, files), proxy)
    released = store.publish(uri, model, files)
    quick = measure("check by the store's checksums", lambda: store.check(uri, released), proxy)
    full = measure("check by reading everything", lambda: store.check(uri, released, full=True), proxy)
    print(
        f"side by side is {alone / together:.1f}x as fast as one by one; a repetition {together / again:.1f}x as fast"
    )
    print(f"checksums are {full / quick:.1f}x as fast as reading")


def fill(folder: Path) -> list[FileDigest]:
    """Write the files of a model: many small ones, as a tokenizer has them, and one large one."""
    folder.mkdir()
    for number in range(SMALL_FILES):
        (folder / f"{number:03}.json").write_bytes(os.urandom(2000))
    (folder / "weights.bin").write_bytes(os.urandom(LARGE_MIB * parts.MIB))
    found = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as stream:
            found.append(digest_stream(path.name, stream))
    return found


def measure(label: str, action: Callable[[], object], proxy: StoreProxy) -> float:
    """Print and return the seconds that an action takes, and print how many requests it made."""
    asked, begun = len(proxy.requests), time.perf_counter()
    action()
    seconds = time.perf_counter() - begun
    print(f"  {label}: {seconds:.2f} s, {len(proxy.requests) - asked} requests")
    return seconds


if __name__ == "__main__":
    main(float(sys.argv[1]) / 1000 if len(sys.argv) > 1 else 0.02)
