"""What the registry's own records say of versions: one pass over versions, logged models and runs, no file read."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic

from mlplatform.registry.client.sqlite_file import absolute_uri
from mlplatform.registry.facts import RegisteredFacts
from mlplatform.registry.facts.records import RegistryRecords, is_logged_model_source, model_id_of, run_id_of
from mlplatform.registry.facts.views import read_from_registry
from mlplatform.registry.location import address_fault, without_credentials
from mlplatform.registry.parallel import run_parallel
from mlplatform.registry.resolve.versions import Key

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mlplatform.config.models import RegistrySection
    from mlplatform.config.problems import Problem
    from mlplatform.registry.client.reader import RegistryReader
    from mlplatform.registry.resolve.versions import VersionLookup, VersionRecord

_RUN_SOURCE = re.compile(r"runs:/([^/]+)/?(.*)")


class RegisteredVersion(RegisteredFacts):
    """A version as the registry records it.

    Attributes:
        lost: what the version refers to and the registry no longer has (``run 7a...``).

    """

    lost: tuple[str, ...] = ()

    @property
    def lost_fault(self) -> str | None:
        """What is wrong where the registry no longer has what the version refers to, a sentence."""
        if not self.lost:
            return None
        return (
            f"version {self.version} of '{self.registered_model}' has lost its {' and its '.join(self.lost)} in the "
            "registry, so its facts cannot be verified"
        )

    @property
    def address_fault(self) -> str | None:
        """What is wrong with the artifact's address where the registry knows none; continues "the artifact ..."."""
        if self.artifact_uri.startswith(("runs:/", "models:/")):
            return f"is given as {self.artifact_uri}, which no longer exists; register the version again"
        if without_credentials(self.source) != self.source:
            return f"has the source '{without_credentials(self.source)}' with credentials; register it without them"
        return address_fault(self.artifact_uri)

    def artifact_key(self, registry: RegistrySection) -> dict[str, str]:
        """Return what names the artifact's bytes, for caches."""
        if self.model_id is not None:
            return {
                "server": absolute_uri(registry.effective_tracking_uri),
                "model_id": self.model_id,
                "artifact_uri": self.artifact_uri,
            }
        return {
            "server": absolute_uri(registry.uri),
            "registered_model": self.registered_model,
            "version": self.version,
            "created_at": str(self.created_at),
            "artifact_uri": self.artifact_uri,
        }


@dataclass(frozen=True, kw_only=True)
class Registered(Generic[Key]):
    """What the registry records of references; see :class:`mlplatform.registry.resolve.versions.VersionLookup`."""

    versions: Mapping[Key, RegisteredVersion | None]
    problems: tuple[Problem, ...]
    aliases: Mapping[str, Mapping[str, str]]


def read_registered(lookup: VersionLookup[Key], reader: RegistryReader) -> Registered[Key]:
    """Return versions that were found, with what the registry records of their runs and logged models.

    Raises:
        RegistryFailureError: the registry itself fails.

    """
    versions = {(item.name, item.version): item for item in lookup.versions.values() if item is not None}
    read = dict(zip(versions, _Records(reader, list(versions.values())).read(), strict=True))
    return Registered(
        versions={
            key: None if item is None else read[item.name, item.version] for key, item in lookup.versions.items()
        },
        problems=lookup.problems,
        aliases=lookup.aliases,
    )


def version_record(version: VersionRecord) -> RegistryRecords:
    """Return the records of a version without its run and its logged model."""
    return RegistryRecords(name=version.name, version=version.version, record=version.record)


class _Records:
    """Logged models and runs of versions; each for all versions before the next."""

    def __init__(self, reader: RegistryReader, versions: Sequence[VersionRecord]) -> None:
        self._reader = reader
        self._versions = versions
        ids = {model_id for item in versions if (model_id := model_id_of(item.record))}
        self._logged_models = reader.logged_models(ids)
        runs = {run_id for item in versions if (run_id := self._run_id(item.record))}
        runs |= {match[1] for item in versions if (match := _RUN_SOURCE.match(str(item.record.source)))}
        self._runs = reader.runs(runs)

    def read(self) -> list[RegisteredVersion]:
        uris = run_parallel(self._artifact_uri, self._versions)
        return [self._registered(item, uri) for item, uri in zip(self._versions, uris, strict=True)]

    def _run_id(self, record: Any) -> str | None:
        logged_model = self._logged_models.get(model_id_of(record) or "")
        return run_id_of(record, logged_model)

    def _artifact_uri(self, item: VersionRecord) -> str:
        """Return the artifact's own address; the registry may answer with one that only refers to it."""
        record = item.record
        logged_model = self._logged_models.get(model_id_of(record) or "")
        if logged_model is not None and is_logged_model_source(str(record.source)):
            # What the registry would answer, without one more request: it looked it up at the logged model, too.
            return str(logged_model.artifact_location)
        uri = self._reader.download_uri(item.name, item.version) or str(record.source)
        match = _RUN_SOURCE.match(uri)
        if match and match[1] in self._runs:
            return f"{self._runs[match[1]].info.artifact_uri.rstrip('/')}/{match[2]}".rstrip("/")
        return uri

    def _registered(self, item: VersionRecord, uri: str) -> RegisteredVersion:
        model_id, run_id = model_id_of(item.record), self._run_id(item.record)
        run, logged_model = self._runs.get(run_id or ""), self._logged_models.get(model_id or "")
        lost = [f"run {run_id}"] if run_id and run is None else []
        lost += [f"logged model {model_id}"] if model_id and logged_model is None else []
        records = RegistryRecords(
            name=item.name,
            version=item.version,
            record=item.record,
            run=run,
            logged_model=logged_model,
            artifact_uri=uri,
        )
        return RegisteredVersion(**read_from_registry(records), lost=tuple(lost))
