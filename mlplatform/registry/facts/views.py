"""The facts of the table as each place holds them: which, and in what order."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args

from mlplatform.registry.facts.fact import Fact, FromFiles, FromRegistry, Row
from mlplatform.registry.facts.table import ArtifactFacts, FactTable, ModelFacts, RegisteredFacts, ServedFacts

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mlplatform.registry.facts.mlmodel import ModelFiles
    from mlplatform.registry.facts.records import RegistryRecords

# The orders in which people read facts; those that are not listed come last, in the order of the table.
LOCK_ORDER = (
    "registered_model", "alias", "version", "model_id", "run_id", "experiment_id", "source", "artifact_uri",
    "storage_uri", "digest", "size", "created_at", "created_by", "flavors", "signature", "python_version",
    "mlflow_version", "requirements", "requirements_digest", "metrics", "params", "tags",
)  # fmt: skip
JSON_ORDER = (
    "registered_model", "alias", "version", "model_id", "run_id", "run_url", "created_by", "created_at", "digest",
    "size", "flavor", "python_version", "mlflow_version", "storage_uri", "traffic", "locked",
)  # fmt: skip
ROW_ORDER = (
    "registered_model", "version", "alias", "created_by", "created_at", "run_id", "traffic", "flavor", "digest", "size",
    "model_id", "storage_uri",
)  # fmt: skip


@cache
def facts_of(table: type[FactTable]) -> tuple[Fact, ...]:
    """Return the facts of a table, those of its bases first and the computed ones last."""
    fields = [(name, field.annotation, field.metadata) for name, field in table.model_fields.items()]
    for name, computed in table.model_computed_fields.items():
        annotation, *metadata = get_args(computed.return_type)
        fields.append((name, annotation, metadata))
    return tuple(
        replace(fact, name=name, optional=NoneType in get_args(annotation))
        for name, annotation, metadata in fields
        for fact in metadata
        if isinstance(fact, Fact)
    )


def _ordered(facts: Iterable[Fact], order: tuple[str, ...]) -> tuple[Fact, ...]:
    places = {name: index for index, name in enumerate(order)}
    return tuple(sorted(facts, key=lambda fact: places.get(fact.name, len(order))))


@cache
def lock_facts() -> tuple[Fact, ...]:
    """Return the facts that a lock holds of a variant, in the order of the file."""
    return _ordered((fact for fact in facts_of(ModelFacts) if fact.in_lock), LOCK_ORDER)


@cache
def registry_facts(*, mutable: bool) -> tuple[Fact, ...]:
    """Return the facts of a lock that the registry records and people may change there, or may not."""
    facts = ((fact, fact.source) for fact in lock_facts())
    return tuple(fact for fact, source in facts if isinstance(source, FromRegistry) and source.mutable == mutable)


@cache
def file_facts() -> tuple[Fact, ...]:
    """Return the facts of a lock that lie in the artifact's own files."""
    return tuple(fact for fact in lock_facts() if isinstance(fact.source, FromFiles))


@cache
def report_facts() -> tuple[Fact, ...]:
    """Return the facts that a report holds as single values, in the order of its JSON."""
    facts = (fact for fact in facts_of(ServedFacts) if fact.in_report and fact.kind.schema is not None)
    return _ordered(facts, JSON_ORDER)


@cache
def row_facts() -> tuple[tuple[Fact, Row], ...]:
    """Return the facts that a report shows as rows, in their order."""
    return tuple((fact, fact.row) for fact in _ordered(report_facts(), ROW_ORDER) if fact.row)


def read_from_registry(records: RegistryRecords) -> dict[str, Any]:
    """Return the facts of :class:`RegisteredFacts` by name."""
    facts = ((fact, fact.source) for fact in facts_of(RegisteredFacts))
    return {
        fact.name: _without_credentials(fact, source.read(records))
        for fact, source in facts
        if isinstance(source, FromRegistry)
    }


def read_from_version_record(records: RegistryRecords) -> dict[str, Any]:
    """Return those facts of :class:`RegisteredFacts` that a version's own record tells, by name.

    No run and no logged model is needed for them, so they are known even where the registry fails at those.
    """
    values = {}
    for fact in facts_of(RegisteredFacts):
        if isinstance(fact.source, FromRegistry) and fact.source.version_record != "nothing":
            value = _without_credentials(fact, fact.source.read(records))
            if value is not None or fact.source.version_record == "all":
                values[fact.name] = value
    return values


def read_from_files(files: ModelFiles) -> dict[str, Any]:
    """Return the facts of :class:`ArtifactFacts` by name.

    Raises:
        MlmodelError: one cannot be read.

    """
    facts = ((fact, fact.source) for fact in facts_of(ArtifactFacts))
    return {
        fact.name: _without_credentials(fact, source.read(files))
        for fact, source in facts
        if isinstance(source, FromFiles)
    }


def _without_credentials(fact: Fact, value: Any) -> Any:
    """Return what was read of a fact as all else may know it: nothing that comes later can leak what is not there."""
    return None if value is None else fact.kind.redacted(value)


def joined(
    registered: RegisteredFacts, content: ArtifactFacts, *, digest: str | None, alias: str | None, storage_uri: str
) -> ModelFacts:
    """Return what the registry and the files of a version say together, as it is served from ``storage_uri``."""
    recorded = {fact.name: getattr(registered, fact.name) for fact in facts_of(RegisteredFacts)}
    read = {fact.name: getattr(content, fact.name) for fact in facts_of(ArtifactFacts)}
    return ModelFacts(**recorded, **read, digest=digest, alias=alias, storage_uri=storage_uri)


def facts_with_aspect(*aspects: str) -> frozenset[str]:
    """Return names of the facts that mean one of these aspects when they change."""
    return frozenset(fact.name for fact in report_facts() if fact.aspect in aspects)


def component_inputs(facts: ServedFacts) -> dict[str, Any]:
    """Return facts as inputs of a component: plain data, absent where nothing is known."""
    inputs = {
        fact.key: None if (value := getattr(facts, fact.name)) is None else fact.kind.to_inputs(value)
        for fact in _ordered(facts_of(ServedFacts), LOCK_ORDER)
        if fact.in_inputs
    }
    return {key: value for key, value in inputs.items() if value is not None}


def object_annotations(facts: ModelFacts) -> Mapping[str, str]:
    """Return the facts that annotate the object that serves the model, without a prefix; absent where not known."""
    values = {fact.annotation_name: getattr(facts, fact.name) for fact in facts_of(ModelFacts) if fact.annotation}
    return {name: str(value) for name, value in values.items() if value is not None}
