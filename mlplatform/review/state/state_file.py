"""State files: what ``pulumi stack export`` writes, and our own ``stack.json`` in the same form.

The format is pulumi/pulumi, ``sdk/go/common/apitype`` (``UntypedDeployment``, ``DeploymentV3``, ``ResourceV3``).
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mlplatform.config.problems import Problem, ProblemsError
from mlplatform.private_files import write_private
from mlplatform.review.state.export_document import READABLE_VERSIONS, export_document, is_applied
from mlplatform.review.state.parse_resource import parse_resource, state_of
from mlplatform.review.state.resources import PendingOperation

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from mlplatform.review.state.resources import ResourceState, StackState

# Of objects and lists in each other. CustomResourceDefinitions, the deepest there are, have some forty.
_MAX_DEPTH = 200
_HOW = "it must be a file of 'pulumi stack export', or a stack.json of 'synth'"


def read_document(path: Path) -> Any:
    """Return the JSON of a file.

    Raises:
        ProblemsError: the file is missing, cannot be read, or is no JSON.

    """
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise file_problem(str(path), "", f"there is no such file; {_HOW}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise file_problem(str(path), "", f"cannot be read: {type(error).__name__}; {_HOW}") from None
    except json.JSONDecodeError as error:
        raise file_problem(
            str(path), "", f"is not JSON (line {error.lineno}), or only the beginning of it; {_HOW}"
        ) from None
    except ValueError:
        raise file_problem(str(path), "", f"holds a number that is too long; {_HOW}") from None
    except RecursionError:
        too_deep = True
    else:
        too_deep = _is_deeper(document, _MAX_DEPTH)
    if too_deep:
        raise file_problem(str(path), "", f"is nested more than {_MAX_DEPTH} deep; {_HOW}")
    return document


def _is_deeper(document: Any, limit: int) -> bool:
    """Whether plain data is nested deeper than a limit; level by level, which needs no recursion."""
    level = [document]
    for _ in range(limit + 1):
        level = [
            item
            for value in level
            for item in (value.values() if isinstance(value, dict) else value if isinstance(value, list) else ())
            if isinstance(item, dict | list)
        ]
        if not level:
            return False
    return True


def read_state(path: Path) -> StackState:
    """Read a state file.

    Args:
        path: an export of the engine or our own ``stack.json``.

    Raises:
        ProblemsError: the file is missing, cannot be read, or is no state file this version understands.

    """
    return parse_document(read_document(path), file=str(path))


def parse_document(data: Any, *, file: str) -> StackState:
    """Return the state in an export document; ``file`` names it in errors.

    Raises:
        ProblemsError: this is no export document of a known version.

    """
    if isinstance(data, dict) and "checkpoint" in data:
        raise file_problem(file, "checkpoint", "is a backend's own file; say: pulumi stack export --file FILE")
    if not isinstance(data, dict) or "deployment" not in data or "version" not in data:
        raise file_problem(file, "", f"is no Pulumi state; {_HOW}")
    version = data["version"]
    if version not in READABLE_VERSIONS or isinstance(version, bool):
        newer = isinstance(version, int) and version > max(READABLE_VERSIONS)
        advice = "update this tool" if newer else "export it again with a current Pulumi CLI"
        raise file_problem(file, "version", f"is {json.dumps(version)}, known are 2 to 4; {advice}")
    deployment = data["deployment"]
    items = (deployment.get("resources") or []) if isinstance(deployment, dict) else None
    if not isinstance(items, list):
        raise file_problem(file, "deployment.resources", f"must be a list of resources; {_HOW}")
    resources: list[ResourceState] = []
    pending_deletes: list[ResourceState] = []
    for index, item in enumerate(items):
        try:
            (pending_deletes if item.get("delete") else resources).append(parse_resource(item))
        except (AttributeError, KeyError, TypeError, ValueError):
            key = f"deployment.resources[{index}]"
            raise file_problem(file, key, f"is no resource: urn, type or a field is missing or wrong; {_HOW}") from None
    seen: set[str] = set()
    for resource in resources:
        if resource.urn in seen:
            raise file_problem(file, "deployment.resources", f"holds '{resource.urn}' twice")
        seen.add(resource.urn)
    return replace(
        state_of(resources or pending_deletes),
        resources=tuple(resources),
        pending_deletes=tuple(pending_deletes),
        pending_operations=_pending_operations(deployment, file=file),
        deployed=is_applied(deployment.get("manifest")),
    )


def _pending_operations(deployment: Mapping[str, Any], *, file: str) -> tuple[PendingOperation, ...]:
    items = deployment.get("pending_operations") or []
    try:
        return tuple(
            PendingOperation(kind=str(item["type"]), urn=parse_resource(item["resource"]).urn) for item in items
        )
    except (AttributeError, KeyError, TypeError, ValueError):
        message = f"must be a list of operations with their resource; {_HOW}"
        raise file_problem(file, "deployment.pending_operations", message) from None


def file_problem(file: str, key: str, message: str) -> ProblemsError:
    """Return the error that a state file, or one key in it, is not what it should be."""
    return ProblemsError([Problem(file=file, key=key, message=message)])


def write_state(state: StackState, path: Path) -> None:
    """Write the state file, for its owner alone (0600), whole or not at all; the same state gives the same bytes."""
    text = json.dumps(export_document(state), indent=4, ensure_ascii=False, allow_nan=False)
    write_private(path, text + "\n")
