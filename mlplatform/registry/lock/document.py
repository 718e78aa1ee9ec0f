"""A lock as plain data in its canonical form, and its checksum.

The same facts give the same data: mappings are sorted, what is not known is absent, and nothing tells who locked, when
or where. The checksum tells a file that ``lock`` wrote from one that was edited: it is SHA-256 over the data as JSON
with sorted keys and without spaces, so comments and the layout of the YAML do not matter.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.digests import json_sha256
from mlplatform.registry.facts.views import lock_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mlplatform.registry.digest import FileDigest
    from mlplatform.registry.lock.entry import DeploymentLock, LockEntry

SCHEMA_VERSION = 1


def lock_document(lock: DeploymentLock) -> dict[str, Any]:
    """Return the lock as plain data, in the order that people read it in."""
    document: dict[str, Any] = {
        "schemaVersion": SCHEMA_VERSION,
        "stack": lock.stack,
        "deployment": lock.deployment,
        "variants": {name: _variant(entry) for name, entry in sorted(lock.variants.items())},
    }
    return {**document, "checksum": checksum(document)}


def checksum(document: Mapping[str, Any]) -> str:
    """Return ``sha256:<hex>`` over a document without its own checksum.

    Raises:
        ValueError: the data contains itself.
        TypeError: it holds what JSON cannot.

    """
    content = {key: value for key, value in document.items() if key != "checksum"}
    return f"sha256:{json_sha256(content, separators=(',', ':'))}"


def _variant(entry: LockEntry) -> dict[str, Any]:
    values = ((fact, getattr(entry.version, fact.name)) for fact in lock_facts())
    facts = {fact.key: fact.kind.to_lock(value) for fact, value in values if value is not None}
    return {**facts, "files": [_file(file) for file in sorted(entry.files, key=lambda file: file.path)]}


def _file(file: FileDigest) -> dict[str, Any]:
    return {"path": file.path, "size": file.size, "sha256": file.sha256}
