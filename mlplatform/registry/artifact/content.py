"""What was read of an artifact: the facts that lie in its own files, and the list of its files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mlplatform.registry.digest import FileDigest, artifact_digest
from mlplatform.registry.facts import ArtifactFacts
from mlplatform.registry.facts.mlmodel import MlmodelError, model_files, require_named_files, text
from mlplatform.registry.facts.records import LoggedIds
from mlplatform.registry.facts.views import read_from_files

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping


class ArtifactContent(ArtifactFacts):
    """The facts of an artifact, with what its files say of their own origin.

    Attributes:
        files: all files of the artifact, sorted by path, or ``None`` where not all were read.
        logged_model_id: the logged model that the files say they are of (MLflow 3), or ``None``.
        logged_run_id: the run that the files say they were logged by, or ``None``.

    """

    files: tuple[FileDigest, ...] | None = None
    logged_model_id: str | None = None
    logged_run_id: str | None = None

    @property
    def digest(self) -> str | None:
        """Digest of the whole artifact, ``None`` where not all files were read."""
        return artifact_digest(self.files) if self.files is not None else None

    @property
    def logged_ids(self) -> LoggedIds:
        """The logged model and the run that the files say they are of."""
        return LoggedIds(model_id=self.logged_model_id, run_id=self.logged_run_id)

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the cache."""
        return self.model_dump()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ArtifactContent:
        """Return what :meth:`to_json` wrote.

        Raises:
            ValueError: written by another version of the table: facts are missing or too many.

        """
        if set(data) != set(cls.model_fields):
            raise ValueError("has other facts than the table")
        return cls.model_validate(data)


def read_content(
    contents: Mapping[str, bytes],
    files: tuple[FileDigest, ...] | None = None,
    *,
    size: int | None = None,
    paths: Collection[str] | None = None,
) -> ArtifactContent:
    """Return what an artifact's files say.

    Args:
        contents: content of those of :data:`mlplatform.registry.facts.mlmodel.FACT_FILES` that the artifact has.
        files: all files of the artifact where all were read.
        size: bytes of all files together where that is known.
        paths: all files of the artifact, to look for those in them that its MLmodel names.

    Raises:
        MlmodelError: no MLmodel, or one that is not YAML, has no flavors or an unreadable signature, or names a file
            that is not there.

    """
    try:
        read = model_files(contents, size)
        if paths is not None:
            require_named_files(read, paths)
        values = read_from_files(read)
        json.dumps(values, ensure_ascii=False).encode()
        return ArtifactContent(
            **values,
            files=files,
            logged_model_id=text(read.mlmodel.get("model_id")),
            logged_run_id=text(read.mlmodel.get("run_id")),
        )
    except RecursionError:
        raise MlmodelError("has an MLmodel file that contains itself, or is nested too deeply") from None
    except UnicodeEncodeError:
        # JSON and YAML can spell half of a character; no file and no report can hold it.
        raise MlmodelError(
            "has an MLmodel file with a half of a surrogate pair (such as \\ud800), which is no character; log the "
            "model again without it"
        ) from None
