"""A publisher as a process of its own, that tests can kill: forked from a server that has imported everything."""

import contextlib
import multiprocessing
import os
import signal
import traceback
from multiprocessing import forkserver
from pathlib import Path

from mlplatform.config.models import ReleaseStoreSection
from mlplatform.registry.digest import FileDigest
from mlplatform.registry.release import open_release_store, parts

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["boto3", "tests.registry.release.publisher"])


def start(release, endpoint, *, part_size, environment):
    """Start to publish a release; return the process, which ends with 0 where that succeeded."""
    # The server looks for this module below its working directory; a test may have gone elsewhere.
    with contextlib.chdir(Path(__file__).parents[3]):
        forkserver.ensure_running()
    files = [(file.path, file.size, file.sha256) for file in release.files]
    settings = {"uri": release.store_uri, "endpoint": endpoint}
    process = _CONTEXT.Process(
        target=_publish, args=(settings, release.uri, str(release.folder), files, (part_size, environment)), daemon=True
    )
    process.start()
    return process


def _publish(settings, uri, folder, files, around):
    parts.PART_SIZE = parts.SINGLE_LIMIT = around[0]
    os.environ.update(around[1])
    # A run in the background ignores it, and its children with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    code = 1
    try:
        digests = [FileDigest(path=path, size=size, sha256=sha256) for path, size, sha256 in files]
        open_release_store(ReleaseStoreSection.model_validate(settings)).publish(uri, Path(folder), digests)
        code = 0
    finally:
        if code:
            traceback.print_exc()
        # Not the end of an interpreter that waits for its threads.
        os._exit(code)
