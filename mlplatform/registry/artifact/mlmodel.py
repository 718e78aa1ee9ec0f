"""What a model's own files say of it: pure reading of MLmodel, requirements.txt and the environment files."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mlplatform.registry.digest import FileDigest, artifact_digest

if TYPE_CHECKING:
    from collections.abc import Mapping

MLMODEL = "MLmodel"
REQUIREMENTS = "requirements.txt"
ENVIRONMENTS = ("python_env.yaml", "conda.yaml")
FACT_FILES = (MLMODEL, REQUIREMENTS, *ENVIRONMENTS)
# Of mappings and lists in each other; those of locks are deeper by some levels.
_MAX_DEPTH = 100
_SIGNATURE_PARTS = ("inputs", "outputs", "params")


class MlmodelError(ValueError):
    """An MLmodel file that cannot be used; the text says why."""


@dataclass(frozen=True, kw_only=True)
class ModelFacts:
    """Facts that lie in the artifact's own bytes; see :class:`mlplatform.registry.model_version.ModelVersion` for most.

    Attributes:
        files: all files of the artifact, sorted by path, or ``None`` where not all were read.
        size: bytes of all files together, or ``None`` where the store does not tell.
        model_id: the logged model that the files say they are of (MLflow 3), or ``None``.
        run_id: the run that the files say they were logged by, or ``None``.

    """

    flavors: Mapping[str, Mapping[str, Any]]
    signature: Mapping[str, Any] | None
    requirements: tuple[str, ...] | None
    python_version: str | None
    mlflow_version: str | None
    files: tuple[FileDigest, ...] | None = None
    size: int | None = None
    model_id: str | None = None
    run_id: str | None = None

    @property
    def digest(self) -> str | None:
        """Digest of the whole artifact, ``None`` where not all files were read."""
        return artifact_digest(self.files) if self.files is not None else None

    def to_json(self) -> dict[str, Any]:
        """Return plain data for the cache."""
        return asdict(self)

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ModelFacts:
        """Return the facts that :meth:`to_json` wrote.

        Raises:
            TypeError: fields are missing or too many.

        """
        lines, files = data.get("requirements"), data.get("files")
        return cls(
            **{
                **data,
                "requirements": None if lines is None else tuple(lines),
                "files": None if files is None else tuple(FileDigest(**file) for file in files),
            }
        )


def read_facts(
    contents: Mapping[str, bytes], files: tuple[FileDigest, ...] | None = None, *, size: int | None = None
) -> ModelFacts:
    """Return the facts of an artifact.

    Args:
        contents: content of those of :data:`FACT_FILES` that the artifact has.
        files: all files of the artifact where all were read.
        size: bytes of all files together where that is known.

    Raises:
        MlmodelError: no MLmodel, or one that is not YAML, has no flavors or an unreadable signature.

    """
    if MLMODEL not in contents:
        raise MlmodelError("has no MLmodel file, so it is not a model in MLflow's format; log it with mlflow")
    try:
        return _facts(contents, files, size)
    except RecursionError:
        raise MlmodelError("has an MLmodel file that contains itself, or is nested too deeply") from None
    except UnicodeEncodeError:
        # JSON and YAML can spell half of a character; no file and no report can hold it.
        raise MlmodelError(
            "has an MLmodel file with a half of a surrogate pair (such as \\ud800), which is no character; log the "
            "model again without it"
        ) from None


def _facts(contents: Mapping[str, bytes], files: tuple[FileDigest, ...] | None, size: int | None) -> ModelFacts:
    mlmodel = _yaml(contents[MLMODEL])
    if not isinstance(mlmodel, dict):
        raise MlmodelError("has an MLmodel file that is not a YAML mapping")
    flavors = mlmodel.get("flavors")
    if not isinstance(flavors, dict) or not flavors or not all(isinstance(item, dict) for item in flavors.values()):
        raise MlmodelError("has an MLmodel file without flavors, so no server can load it")
    requirements = contents.get(REQUIREMENTS)
    facts = ModelFacts(
        flavors={str(name): _plain(flavor) for name, flavor in flavors.items()},
        signature=_signature(mlmodel.get("signature")),
        requirements=None if requirements is None else tuple(_lines(requirements)),
        python_version=_python_version(flavors, contents),
        mlflow_version=_text(mlmodel.get("mlflow_version")),
        files=files,
        size=size,
        model_id=_text(mlmodel.get("model_id")),
        run_id=_text(mlmodel.get("run_id")),
    )
    json.dumps({**facts.to_json(), "files": None}, ensure_ascii=False).encode()
    return facts


def _yaml(content: bytes) -> Any:
    try:
        return YAML(typ="safe", pure=True).load(content.decode())
    except (YAMLError, UnicodeDecodeError, ValueError):
        raise MlmodelError("has an MLmodel file that is not readable YAML") from None


def _plain(value: Any, depth: int = 0) -> Any:
    """Return YAML data as JSON knows it: what a cache, a lock or a report can hold."""
    if depth > _MAX_DEPTH:
        raise RecursionError
    if isinstance(value, dict):
        return {str(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [_plain(item, depth + 1) for item in value]
    return value if value is None or isinstance(value, str | int | float | bool) else str(value)


def _signature(signature: Any) -> dict[str, Any] | None:
    """Return the signature with its JSON texts parsed; MLflow writes each part as a text inside the YAML."""
    if signature is None:
        return None
    if not isinstance(signature, dict):
        raise MlmodelError("has an MLmodel file with an unreadable signature")
    parsed = {}
    for part in _SIGNATURE_PARTS:
        value = signature.get(part)
        try:
            parsed[part] = _plain(json.loads(value) if isinstance(value, str) else value)
        except ValueError:
            raise MlmodelError(f"has an MLmodel file with unreadable {part} in its signature") from None
    return parsed


def _lines(content: bytes) -> list[str]:
    lines = (line.strip() for line in content.decode(errors="replace").splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def _python_version(flavors: Mapping[str, Any], files: Mapping[str, bytes]) -> str | None:
    """Return the Python of the python_function flavor, else that of the environment files."""
    pyfunc = flavors.get("python_function", {})
    if version := _text(pyfunc.get("python_version")):
        return version
    for name in ENVIRONMENTS:
        try:
            environment = _yaml(files[name]) if name in files else None
        except MlmodelError:
            # Only MLmodel must be readable; an environment file is a second source of one fact.
            continue
        if not isinstance(environment, dict):
            continue
        if version := _text(environment.get("python")):
            return version
        for dependency in environment.get("dependencies") or []:
            if isinstance(dependency, str) and dependency.startswith("python="):
                return dependency.removeprefix("python=").lstrip("=")
    return None


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else str(value)
