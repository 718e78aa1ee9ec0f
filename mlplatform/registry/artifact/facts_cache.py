"""A cache of the facts that lie in immutable bytes, so that a second preview reads no artifact.

An entry is keyed by what names the bytes: the tracking server and the logged model's id (MLflow 3), or the registry,
the version and its creation time (MLflow 2), each with the artifact's location. What can change in the registry (alias,
tags, metrics, status) is never cached. MLflow does not forbid overwriting the files under a model id: a ``live``
preview then still shows the facts and the digest of the first read. Only a lock, which reads the bytes again, vouches
for them. An entry holds the checksum of its own content, and counts only while that fits.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mlplatform.digests import json_sha256
from mlplatform.registry.artifact.cache_folder import cache_folder, key_name
from mlplatform.registry.artifact.content import ArtifactContent

if TYPE_CHECKING:
    from collections.abc import Mapping

# Raised with every change of what ArtifactContent or the digest mean.
SCHEMA = 4


class FactsCache:
    """Facts of artifacts in a directory, one JSON file an artifact."""

    def __init__(self, directory: Path | None = None) -> None:
        """Use ``directory``, by default the user's cache directory."""
        self._directory = cache_folder(directory, "model-facts")

    def get(self, key: Mapping[str, str]) -> ArtifactContent | None:
        """Return the facts of an artifact, ``None`` where they are missing, corrupt or of another schema."""
        try:
            entry = json.loads(self._path(key).read_text(encoding="utf-8"))
            if entry.pop("checksum") != json_sha256(entry) or entry["schema"] != SCHEMA or entry["key"] != dict(key):
                return None
            return ArtifactContent.from_json(entry["facts"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return None

    def put(self, key: Mapping[str, str], facts: ArtifactContent) -> None:
        """Write the facts in one step; a cache that cannot be written only costs time."""
        # As JSON gives it back: a cache that is read has lists where tables have tuples.
        content = json.loads(json.dumps({"schema": SCHEMA, "key": dict(key), "facts": facts.to_json()}))
        entry: dict[str, Any] = {**content, "checksum": json_sha256(content)}
        with contextlib.suppress(OSError):
            self._directory.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(dir=self._directory, suffix=".tmp")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    json.dump(entry, file, sort_keys=True)
                Path(name).replace(self._path(key))
            except BaseException:
                Path(name).unlink(missing_ok=True)
                raise

    def _path(self, key: Mapping[str, str]) -> Path:
        return self._directory / f"{key_name(key)}.json"
