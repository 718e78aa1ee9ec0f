"""Read ``Pulumi.yaml`` and ``Pulumi.<stack>.yaml`` as the Pulumi engine would, without decrypting anything."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.config.secret import UNKNOWN
from mlplatform.config.yaml_bounds import YamlBoundsError, check_bounds

if TYPE_CHECKING:
    from pathlib import Path

PROJECT_FILE = "Pulumi.yaml"
# 5,000 models have this much; whatever has more is no configuration that a person keeps.
MAX_BYTES = 2_000_000


def stack_file_name(stack: str) -> str:
    """Return the name of a stack's configuration file."""
    return f"Pulumi.{stack}.yaml"


def stack_names(project_dir: Path) -> list[str]:
    """Return the names of the stacks that have a configuration file in a project, sorted."""
    return sorted(path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in project_dir.glob("Pulumi.*.yaml"))


@dataclass(frozen=True, kw_only=True)
class StackFile:
    """A stack's configuration as plain data.

    Attributes:
        project: name of the Pulumi project.
        stack: name of the stack.
        main: the program's folder or file, relative to the project.
        config: full key (``mlplatform:models``) -> value; each ``secure:`` value is :data:`.secret.UNKNOWN`.
        secure_paths: the key paths, full key first, that were ``secure:``.

    """

    project: str
    stack: str
    main: str
    config: dict[str, Any]
    secure_paths: frozenset[tuple[str | int, ...]]

    @property
    def secret_keys(self) -> list[str]:
        """Full keys that hold a secure value at any depth, as the engine lists them."""
        return sorted({str(path[0]) for path in self.secure_paths})

    def wire_config(self) -> dict[str, str]:
        """Return the configuration as the engine hands it to a program: text, or JSON for anything structured."""
        return {key: _wire(value) for key, value in self.config.items()}


def read_stack_file(project_dir: Path, stack: str) -> StackFile:
    """Read a stack's configuration, with the project's own values below it.

    Args:
        project_dir: folder of ``Pulumi.yaml``.
        stack: name of the stack, as in ``Pulumi.<stack>.yaml``.

    Raises:
        ProblemsError: a file is missing, is not YAML, repeats a key or has no mapping where one belongs.

    """
    project_data = _read_mapping(project_dir, PROJECT_FILE)
    project = project_data.get("name")
    if not isinstance(project, str) or not project:
        raise _problem(PROJECT_FILE, "name", "is required: the name of the Pulumi project")
    name = stack_file_name(stack)
    if not (project_dir / name).is_file():
        stacks = ", ".join(stack_names(project_dir)) or "none"
        raise _problem(name, "", f"there is no such stack file; stacks here: {stacks}")
    stack_data = _read_mapping(project_dir, name)
    secure: set[tuple[str | int, ...]] = set()
    config = _project_values(project, _config_of(project_data, PROJECT_FILE))
    given: dict[str, str] = {}
    for key, value in _config_of(stack_data, name).items():
        full = key if ":" in key else f"{project}:{key}"
        if full in given:
            raise _problem(name, key, f"is the same key as {given[full]}; remove one of the two")
        given[full] = key
        config[full] = _without_secure(value, (full,), secure)
    main = str(project_data.get("main") or ".")
    return StackFile(project=project, stack=stack, main=main, config=config, secure_paths=frozenset(secure))


def _problem(file: str, key: str, message: str) -> ProblemsError:
    return ProblemsError([Problem(file=file, key=key, message=message)])


def _read_mapping(folder: Path, name: str) -> dict[str, Any]:
    text = _read_text(folder, name)
    try:
        check_bounds(text, max_bytes=MAX_BYTES)
        data = YAML(typ="safe", pure=True).load(text)
    except YamlBoundsError as error:
        raise _problem(name, "", str(error)) from None
    except (MarkedYAMLError, yaml.MarkedYAMLError) as error:
        where = f"line {error.problem_mark.line + 1}: " if error.problem_mark else ""
        # Of a duplicate key the parser shows both values, which may be secret: the key is enough.
        what, duplicate, _ = (error.problem or "is not YAML").splitlines()[0].partition(" with value ")
        advice = "remove one of the two" if duplicate else "it must be one YAML document"
        raise _problem(name, "", f"{where}{what}; {advice}") from None
    except (YAMLError, yaml.YAMLError) as error:
        raise _problem(name, "", f"is not YAML: {str(error).splitlines()[0]}") from None
    except (ValueError, OverflowError, RecursionError):
        # A number of thousands of digits, a day that no month has.
        raise _problem(name, "", "holds a number or date that cannot be one; write it in quotes") from None
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise _problem(name, "", "must be a mapping of keys to values")
    return data


def _read_text(folder: Path, name: str) -> str:
    try:
        with (folder / name).open("rb") as stream:
            # One byte more than there may be, which `check_bounds` says; cut, it may end within a character.
            content = stream.read(MAX_BYTES + 1)
        return content.decode(errors="replace" if len(content) > MAX_BYTES else "strict")
    except FileNotFoundError:
        raise _problem(name, "", "there is no such file; run this in the project's folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise _problem(name, "", f"cannot be read: {type(error).__name__}; it must be UTF-8 text") from None


def _config_of(data: dict[str, Any], name: str) -> dict[str, Any]:
    config = data.get("config")
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise _problem(name, "config", "must be a mapping of keys to values")
    return {str(key): value for key, value in config.items()}


def _project_values(project: str, declarations: dict[str, Any]) -> dict[str, Any]:
    """Return what ``Pulumi.yaml`` itself sets: ``value:`` or ``default:`` of a declaration, or a bare value."""
    values: dict[str, Any] = {}
    for key, declaration in declarations.items():
        full = key if ":" in key else f"{project}:{key}"
        if not isinstance(declaration, dict):
            values[full] = declaration
            continue
        for source in ("value", "default"):
            if declaration.get(source) is not None:
                values[full] = declaration[source]
                break
    return values


def _without_secure(value: Any, path: tuple[str | int, ...], secure: set[tuple[str | int, ...]]) -> Any:
    if isinstance(value, dict):
        if set(value) == {"secure"} and isinstance(value["secure"], str):
            secure.add(path)
            return UNKNOWN
        return {str(key): _without_secure(item, (*path, str(key)), secure) for key, item in value.items()}
    if isinstance(value, list):
        return [_without_secure(item, (*path, index), secure) for index, item in enumerate(value)]
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)


def _wire(value: Any) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, separators=(",", ":"))
