"""The form of a lock: which keys it has, what each holds, and what one that was changed by hand is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_HEX = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"[1-9][0-9]*")
Finding = tuple[str, str]


@dataclass(frozen=True, kw_only=True)
class _Kind:
    """What a key may hold: ``fits`` decides, ``right`` continues "must be ..."."""

    right: str
    fits: Callable[[Any], bool]


def _matching(pattern: re.Pattern[str]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and pattern.fullmatch(value) is not None


def _mapping_of(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, dict) and all(isinstance(key, str) and fits(value[key]) for key in value)


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_plain(value: Any) -> bool:
    """Return whether a value is what JSON can hold."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(item) for key, item in value.items())
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, str | int | float | bool)


def _is_plain_mapping(value: Any) -> bool:
    return isinstance(value, dict) and _is_plain(value)


_TEXT = _Kind(right="a text", fits=lambda value: isinstance(value, str) and value != "")
_COUNT = _Kind(
    right="a number of bytes", fits=lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0
)
_SHA256 = _Kind(right="sha256:<64 hex digits>", fits=_matching(_DIGEST))
_TEXTS = _Kind(right="a mapping of names to texts", fits=_mapping_of(_is_text))
_PLAIN = _Kind(right="a mapping of plain data", fits=_is_plain_mapping)
_MAPPING = _Kind(right="a mapping", fits=lambda value: isinstance(value, dict))
_VERSION = _Kind(right='a version number in quotes such as "3"', fits=_matching(_NUMBER))
_FILES = _Kind(right="a list of files", fits=lambda value: isinstance(value, list) and bool(value))

_TOP = {"schemaVersion": _COUNT, "stack": _TEXT, "deployment": _TEXT, "variants": _MAPPING, "checksum": _SHA256}
_VARIANT = {
    "registeredModel": _TEXT,
    "alias": _TEXT,
    "version": _VERSION,
    "modelId": _TEXT,
    "runId": _TEXT,
    "experimentId": _TEXT,
    "source": _TEXT,
    "artifactUri": _TEXT,
    "storageUri": _TEXT,
    "digest": _SHA256,
    "size": _COUNT,
    "createdAt": _TEXT,
    "createdBy": _TEXT,
    "flavors": _Kind(
        right="a mapping of flavors", fits=_mapping_of(lambda item: isinstance(item, dict) and _is_plain(item))
    ),
    "signature": _PLAIN,
    "pythonVersion": _TEXT,
    "mlflowVersion": _TEXT,
    "requirements": _Kind(
        right="a list of lines", fits=lambda value: isinstance(value, list) and all(map(_is_text, value))
    ),
    "requirementsDigest": _SHA256,
    "metrics": _Kind(right="a mapping of names to numbers", fits=_mapping_of(lambda item: isinstance(item, float))),
    "params": _TEXTS,
    "tags": _TEXTS,
    "files": _FILES,
}
_OPTIONAL = frozenset(
    {
        "alias", "modelId", "runId", "experimentId", "createdBy", "signature", "pythonVersion", "mlflowVersion",
        "requirements", "requirementsDigest", "storeChecksum", "objectVersion",
    }
)  # fmt: skip
_FILE = {
    "path": _TEXT,
    "size": _COUNT,
    "sha256": _Kind(right="64 hex digits", fits=_matching(_HEX)),
    "storeChecksum": _TEXT,
    "objectVersion": _TEXT,
}


def form_faults(document: Any, schema_version: int) -> Iterator[Finding]:
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
    yield from _keys(variant, _VARIANT, f"{where}.")
    if ("requirements" in variant) != ("requirementsDigest" in variant):
        yield f"{where}.requirements", "and requirementsDigest belong together"
    files = variant.get("files")
    for index, file in enumerate(files if isinstance(files, list) else []):
        if not isinstance(file, dict):
            yield f"{where}.files[{index}]", "must be a mapping with path, size and sha256"
        else:
            yield from _keys(file, _FILE, f"{where}.files[{index}].")


def _keys(data: Mapping[str, Any], kinds: Mapping[str, _Kind], prefix: str) -> Iterator[Finding]:
    for key in data:
        if key not in kinds:
            yield f"{prefix}{key}", "is no key of a lock"
    for key, kind in kinds.items():
        if key in data and not kind.fits(data[key]):
            yield f"{prefix}{key}", f"must be {kind.right}"
        elif key not in data and key not in _OPTIONAL:
            yield f"{prefix}{key}", "is missing"
