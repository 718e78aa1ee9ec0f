"""Which version a release was made from, written down where only the releaser writes.

Digest, place and checksum of a lock fit whatever files somebody writes into it, and all releases of a registered model
lie in one store. So a lock could name the files of one version under the number and the metrics of another. What tells
is a record beside the releases, ``<store>/<folder of the model>/versions/sha256-<digest of the record>/version.json``:
it names a version and the release of the files that ``lock`` found in the registry for it. Its place depends on all it
says, so that whoever knows a lock knows what has to lie where. It is an object like those of a release: written under a
condition, never again.
"""

from __future__ import annotations

import io
import json
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mlplatform.registry.digest import FileDigest, artifact_digest, digest_stream
from mlplatform.registry.release.location import digest_folder
from mlplatform.registry.timestamps import utc_text

if TYPE_CHECKING:
    from mlplatform.registry.facts import ModelFacts
    from mlplatform.registry.release import ReleaseStore
    from mlplatform.registry.resolve.registered_version import RegisteredVersion

_FILE = "version.json"
_FOLDER = "versions"
_SCHEMA = 1


@dataclass(frozen=True, kw_only=True)
class Origin:
    """A record.

    Attributes:
        uri: where it lies in the release store, the folder of its one file.
        file: that file.
        content: what it says.

    """

    uri: str
    file: FileDigest
    content: bytes

    def is_in(self, store: ReleaseStore) -> bool:
        """Return whether the store has it.

        Raises:
            ReleaseStoreError: the store cannot be asked.

        """
        return store.read(self.uri, self.file) is not None

    def write_to(self, store: ReleaseStore) -> None:
        """Write it, unless it is there.

        Raises:
            ReleaseStoreError: the store refuses it, or does not answer.

        """
        if self.is_in(store):
            return
        with tempfile.TemporaryDirectory(prefix="mlplatform-") as folder:
            (Path(folder) / _FILE).write_bytes(self.content)
            store.publish(self.uri, Path(folder), (self.file,))


def origin_of(version: ModelFacts | RegisteredVersion, release: str) -> Origin:
    """Return the record of a version that was released to the URI ``release``; pure.

    It holds what names the version and its artifact in the registry. All else that a lock says is compared with the
    registry's record of that version, or with the files.
    """
    folder, _, digest = release.rpartition("/")
    said = {
        "schemaVersion": _SCHEMA,
        "registeredModel": version.registered_model,
        "version": version.version,
        "createdAt": utc_text(version.created_at),
        "modelId": version.model_id,
        "runId": version.run_id,
        "source": version.source,
        "artifactUri": version.artifact_uri,
        "release": digest,
    }
    content = f"{json.dumps(said, indent=1)}\n".encode()
    file = digest_stream(_FILE, io.BytesIO(content))
    return Origin(uri=f"{folder}/{_FOLDER}/{digest_folder(artifact_digest((file,)))}", file=file, content=content)
