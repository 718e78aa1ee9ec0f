"""The schema of a lock: which keys it has, what each holds, and what one that was changed by hand is told."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pydantic.alias_generators import to_camel

from mlplatform.registry.facts.kinds import DIGEST, SIZE, TEXT, Kind, matching
from mlplatform.registry.facts.views import lock_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Finding = tuple[str, str]
_MAPPING = Kind(name="mapping", right="a mapping", fits=lambda value: isinstance(value, dict))
_FILES = Kind(name="files", right="a list of files", fits=lambda value: isinstance(value, list) and bool(value))
_HEX = Kind(name="hex", right="64 hex digits", fits=matching(re.compile(r"[0-9a-f]{64}")))
# Key -> what it holds, and whether every lock has it.
_TOP = {
    "schemaVersion": (SIZE, True),
    "stack": (TEXT, True),
    "deployment": (TEXT, True),
    "variants": (_MAPPING, True),
    "checksum": (DIGEST, True),
}
_FILE = {"path": (TEXT, True), "size": (SIZE, True), "sha256": (_HEX, True)}


def _variant_keys() -> dict[str, tuple[Kind, bool]]:
    return {fact.key: (fact.kind, fact.required_in_lock) for fact in lock_facts()} | {"files": (_FILES, True)}


def schema_faults(document: Any, schema_version: int) -> Iterator[Finding]:
    """Yield (key, what is wrong and what would be right) for everything in a document that no lock has.

    Args:
        document: what YAML made of the file.
        schema_version: the one that this version of the project writes.

    """
    if not isinstance(document, dict):
        yield "", "must be a mapping of keys to values"
        return
    known = document.get("schemaVersion")
    if isinstance(known, int) and not isinstance(known, bool) and known != schema_version:
        advice = "update this checkout" if known > schema_version else "lock again"
        yield "schemaVersion", f"is {known}, this version reads {schema_version}; {advice}"
        return
    yield from _keys(document, _TOP, "")
    variants = document.get("variants")
    if not isinstance(variants, dict):
        return
    if not variants:
        yield "variants", "is empty; a deployment serves at least one variant"
    for name, variant in variants.items():
        yield from _variant(variant, f"variants.{name}")


def _variant(variant: Any, where: str) -> Iterator[Finding]:
    if not isinstance(variant, dict):
        yield where, "must be a mapping of keys to values"
        return
    yield from _keys(variant, _variant_keys(), f"{where}.")
    for fact in lock_facts():
        if fact.derived_from and (to_camel(fact.derived_from) in variant) != (fact.key in variant):
            yield f"{where}.{to_camel(fact.derived_from)}", f"and {fact.key} belong together"
    files = variant.get("files")
    for index, file in enumerate(files if isinstance(files, list) else []):
        if not isinstance(file, dict):
            yield f"{where}.files[{index}]", "must be a mapping with path, size and sha256"
        else:
            yield from _keys(file, _FILE, f"{where}.files[{index}].")


def _keys(data: Mapping[str, Any], kinds: Mapping[str, tuple[Kind, bool]], prefix: str) -> Iterator[Finding]:
    for key in data:
        if key not in kinds:
            yield f"{prefix}{key}", "is no key of a lock"
    for key, (kind, required) in kinds.items():
        if key in data and not kind.fits(data[key]):
            yield f"{prefix}{key}", f"must be {kind.right}"
        elif key not in data and required:
            yield f"{prefix}{key}", "is missing"
