"""What a model's own files say of it: pure reading of MLmodel, requirements.txt and the environment files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from mlplatform.config.yaml_bounds import YamlBoundsError, check_bounds

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

MLMODEL = "MLmodel"
REQUIREMENTS = "requirements.txt"
ENVIRONMENTS = ("python_env.yaml", "conda.yaml")
FACT_FILES = (MLMODEL, REQUIREMENTS, *ENVIRONMENTS)
# Of mappings and lists in each other; those of locks are deeper by some levels.
_MAX_DEPTH = 100
# The signature of a table of 10,000 columns has this much.
_MAX_BYTES = 2_000_000
_SIGNATURE_PARTS = ("inputs", "outputs", "params")
# Settings of flavors that name a file or folder of the artifact, as MLflow's flavors write them.
_PATH_SETTINGS = (
    "code", "data", "model_binary", "model_code_path", "model_data", "model_path", "pickled_model", "python_model",
    "saved_model_dir", "serialized_explainer",
)  # fmt: skip


class MlmodelError(ValueError):
    """An MLmodel file that cannot be used; the text says why."""


@dataclass(frozen=True, kw_only=True)
class ModelFiles:
    """The files of an artifact that say something of the model.

    Attributes:
        mlmodel: content of ``MLmodel``; its ``flavors`` are checked, all else may be anything.
        contents: content of those of :data:`FACT_FILES` that the artifact has.
        size: bytes of all files of the artifact together, ``None`` where the store does not tell.

    """

    mlmodel: Mapping[str, Any]
    contents: Mapping[str, bytes]
    size: int | None = None


def model_files(contents: Mapping[str, bytes], size: int | None) -> ModelFiles:
    """Return the files of a model.

    Raises:
        MlmodelError: no MLmodel, or one that is not YAML or has no flavors.

    """
    if MLMODEL not in contents:
        raise MlmodelError("has no MLmodel file, so it is not a model in MLflow's format; log it with mlflow")
    mlmodel = _yaml(contents[MLMODEL])
    if not isinstance(mlmodel, dict):
        raise MlmodelError("has an MLmodel file that is not a YAML mapping")
    flavors = mlmodel.get("flavors")
    if not isinstance(flavors, dict) or not flavors or not all(isinstance(item, dict) for item in flavors.values()):
        raise MlmodelError("has an MLmodel file without flavors, so no server can load it")
    return ModelFiles(mlmodel=mlmodel, contents=contents, size=size)


def require_named_files(files: ModelFiles, paths: Collection[str]) -> None:
    """Check that an artifact has every file and folder that its MLmodel names.

    Args:
        files: the files that say something of the model.
        paths: all files of the artifact.

    Raises:
        MlmodelError: one is missing, so that no server can load the model, or the artifact was not listed in full.

    """
    for setting, name in _named_files(files.mlmodel):
        path = name.removeprefix("./").strip("/")
        # Some flavors name what their files begin with: paddle's "model" is model.pdparams and model.pdopt.
        if path and not any(there == path or there.startswith((f"{path}/", f"{path}.")) for there in paths):
            raise MlmodelError(
                f"has no file {path}, which its MLmodel names ({setting}), so no server can load it; log the model "
                "again, or bring the file back"
            )


def _named_files(mlmodel: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield (where, path) of the files that an MLmodel names."""
    for flavor, settings in mlmodel["flavors"].items():
        named: dict[str, Any] = {setting: settings.get(setting) for setting in _PATH_SETTINGS}
        environments = settings.get("env")
        named |= environments if isinstance(environments, dict) else {"env": environments}
        artifacts = settings.get("artifacts")
        for name, artifact in artifacts.items() if isinstance(artifacts, dict) else []:
            named[f"artifacts.{name}"] = artifact.get("path") if isinstance(artifact, dict) else None
        yield from ((f"{flavor}.{setting}", path) for setting, path in named.items() if isinstance(path, str))
    example = mlmodel.get("saved_input_example_info")
    if isinstance(example, dict) and isinstance(example.get("artifact_path"), str):
        yield "saved_input_example_info", example["artifact_path"]


def flavors(files: ModelFiles) -> dict[str, Any]:
    """Return the MLmodel's flavors, each with its settings."""
    return {str(name): _plain(flavor) for name, flavor in files.mlmodel["flavors"].items()}


def signature(files: ModelFiles) -> dict[str, Any] | None:
    """Return the signature with its JSON texts parsed; MLflow writes each part as a text inside the YAML.

    Raises:
        MlmodelError: it cannot be read.

    """
    written = files.mlmodel.get("signature")
    if written is None:
        return None
    if not isinstance(written, dict):
        raise MlmodelError("has an MLmodel file with an unreadable signature")
    parsed = {}
    for part in _SIGNATURE_PARTS:
        value = written.get(part)
        try:
            parsed[part] = _plain(json.loads(value) if isinstance(value, str) else value)
        except ValueError:
            raise MlmodelError(f"has an MLmodel file with unreadable {part} in its signature") from None
    return parsed


def requirements(files: ModelFiles) -> tuple[str, ...] | None:
    """Return the lines of ``requirements.txt``, ``None`` without such a file."""
    content = files.contents.get(REQUIREMENTS)
    if content is None:
        return None
    lines = (line.strip() for line in content.decode(errors="replace").splitlines())
    return tuple(line for line in lines if line and not line.startswith("#"))


def python_version(files: ModelFiles) -> str | None:
    """Return the Python of the python_function flavor, else that of the environment files."""
    pyfunc = files.mlmodel["flavors"].get("python_function", {})
    if version := text(pyfunc.get("python_version")):
        return version
    for name in ENVIRONMENTS:
        try:
            environment = _yaml(files.contents[name]) if name in files.contents else None
        except MlmodelError:
            # Only MLmodel must be readable; an environment file is a second source of one fact.
            continue
        if not isinstance(environment, dict):
            continue
        if version := text(environment.get("python")):
            return version
        for dependency in environment.get("dependencies") or []:
            if isinstance(dependency, str) and dependency.startswith("python="):
                return dependency.removeprefix("python=").lstrip("=")
    return None


def text(value: Any) -> str | None:
    """Return a single value of an MLmodel as text, ``None`` where there is none."""
    return None if value is None or value == "" else str(value)


def _yaml(content: bytes) -> Any:
    try:
        text = content.decode()
        check_bounds(text, max_bytes=_MAX_BYTES, max_depth=_MAX_DEPTH)
        return YAML(typ="safe", pure=True).load(text)
    except YamlBoundsError as error:
        raise MlmodelError(f"has an MLmodel file that {error.fault}; log the model again") from None
    except (YAMLError, yaml.YAMLError, UnicodeDecodeError, ValueError, OverflowError):
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
