"""From the text of a lock to the lock, or to everything that is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts import ModelFacts
from mlplatform.registry.facts.views import lock_facts
from mlplatform.registry.lock.document import SCHEMA_VERSION, checksum
from mlplatform.registry.lock.entry import DeploymentLock, LockEntry, lock_command
from mlplatform.registry.lock.lock_schema import schema_faults
from mlplatform.registry.lock.lock_yaml import LockTextError, read_text

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from mlplatform.registry.facts.fact import Fact
    from mlplatform.registry.lock.lock_schema import Finding


def parse_lock(text: str, *, stack: str, deployment: str, file: str) -> DeploymentLock:
    """Return the lock that a text holds.

    Args:
        text: content of the file.
        stack: name of the stack that it must be for.
        deployment: name of the deployment, which the file is called after.
        file: the file, for the problems.

    Raises:
        ProblemsError: everything about it that ``lock`` would not have written.

    """
    again = lock_command(stack, deployment)
    try:
        document = read_text(text)
        findings = list(schema_faults(document, SCHEMA_VERSION))
        if not findings:
            findings = list(_faults(document, stack, deployment, again))
    except (LockTextError, RecursionError) as error:
        reason = str(error) if isinstance(error, LockTextError) else "contains itself; lock again"
        raise ProblemsError([Problem(file=file, key="", message=f"{reason}: {again}")]) from None
    if findings:
        raise ProblemsError(Problem(file=file, key=key, message=message) for key, message in findings)
    variants = {name: _entry(variant) for name, variant in document["variants"].items()}
    return DeploymentLock(stack=stack, deployment=deployment, variants=variants)


def _faults(document: Mapping[str, Any], stack: str, deployment: str, again: str) -> Iterator[Finding]:
    for key, name in (("stack", stack), ("deployment", deployment)):
        if document[key] != name:
            yield key, f"is '{document[key]}', but the file is that of '{name}'; a lock cannot be copied: {again}"
    for name, variant in document["variants"].items():
        for key, fault in _variant_faults(variant):
            yield f"variants.{name}.{key}", f"{fault}; lock again: {again}"
    if checksum(document) != document["checksum"]:
        yield "checksum", f"does not fit the content: somebody edited the file; restore it, or lock again: {again}"


def _variant_faults(variant: Mapping[str, Any]) -> Iterator[Finding]:
    try:
        digest = artifact_digest(_files(variant))
    except (ValueError, UnicodeEncodeError) as error:
        yield "files", f"cannot be an artifact's: {error}"
    else:
        if digest != variant["digest"]:
            yield "digest", "is not the digest of the files below"
    if sum(file["size"] for file in variant["files"]) != variant["size"]:
        yield "size", "is not the size of the files below"
    values: dict[str, Any] = {}
    for fact in lock_facts():
        try:
            values[fact.name] = _value(fact, variant)
        except ValueError as error:
            yield fact.key, str(error)
    version = ModelFacts.model_construct(**values)
    for fact in lock_facts():
        if fact.derived_from and fact.key in variant and getattr(version, fact.name) != variant[fact.key]:
            yield fact.key, f"is not that of the {fact.derived_from}"


def _files(variant: Mapping[str, Any]) -> tuple[FileDigest, ...]:
    return tuple(FileDigest(path=file["path"], size=file["size"], sha256=file["sha256"]) for file in variant["files"])


def _entry(variant: Mapping[str, Any]) -> LockEntry:
    return LockEntry(version=_version(variant), files=_files(variant))


def _version(variant: Mapping[str, Any]) -> ModelFacts:
    # Not validated once more: what the kinds of the facts fit is what the table has.
    return ModelFacts.model_construct(**{fact.name: _value(fact, variant) for fact in lock_facts()})


def _value(fact: Fact, variant: Mapping[str, Any]) -> Any:
    """Return the value of a fact, ``None`` where the variant has none.

    Raises:
        ValueError: it cannot be read.

    """
    return fact.kind.from_lock(variant[fact.key]) if fact.key in variant else None
