"""A lock as text: YAML that reads the same by the rules of YAML 1.1 and 1.2, and in a diff.

Written and read with libyaml: a preview reads the lock of every model, and ruamel.yaml, which has no C code, takes
a dozen times as long.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml

from mlplatform.config.yaml_bounds import YamlBoundsError, check_bounds
from mlplatform.registry.lock.document import lock_document
from mlplatform.registry.lock.entry import lock_command

if TYPE_CHECKING:
    from mlplatform.registry.lock.entry import DeploymentLock

# Letters first, so no number, date or tag in any YAML; no ": " and no " #".
_PLAIN = re.compile(r"[A-Za-z](?:[A-Za-z0-9_./@+()=<>~-]|:(?=[A-Za-z0-9_./@+()=<>~-])| (?=[A-Za-z0-9_./@+()=<>~-]))*")
_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null"})
_NO_LINE_BREAKS = 2**31 - 1
# A file of 10,000 files has 2 MB; what somebody else commits must not cost a preview minutes or its memory.
MAX_BYTES = 10_000_000
# Of mappings and lists in each other. libyaml's composer recurses in C: 100,000 end the process without a word.
MAX_DEPTH = 150
# What git leaves in a file that it could not merge.
_CONFLICT = re.compile(r"^(<{7}|>{7}|\|{7})( |$)|^={7}$", re.MULTILINE)


class LockTextError(ValueError):
    """A text that is no YAML of a lock; says what is wrong and what would be right."""


def lock_text(lock: DeploymentLock) -> str:
    """Return the content of a lock's file; the same facts give the same bytes."""
    header = (
        f"# Written by: {lock_command(lock.stack, lock.deployment)}\n"
        "# Do not edit: the checksum at the end would no longer fit, and a preview would refuse the file.\n"
    )
    body = yaml.dump(
        lock_document(lock), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_NO_LINE_BREAKS,
        default_flow_style=False,
    )  # fmt: skip
    return f"{header}{body}"


def read_text(text: str) -> Any:
    """Return the plain data of a lock's file.

    Raises:
        LockTextError: marks of a merge conflict, no YAML, a key that is there twice, or more than a lock ever has: in
            bytes, in depth, or an alias, with which a few lines stand for gigabytes.

    """
    if len(text) > MAX_BYTES or len(text.encode(errors="replace")) > MAX_BYTES:
        raise LockTextError(f"has more than the {MAX_BYTES} bytes of any lock; restore it, or lock again")
    if _CONFLICT.search(text):
        raise LockTextError("has marks of a merge conflict; take either side whole, then lock again")
    try:
        check_bounds(text, max_bytes=MAX_BYTES, aliases=False, max_depth=MAX_DEPTH)
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader that refuses repeated keys
    except YamlBoundsError as error:
        raise LockTextError(f"{error.fault}; lock again") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f" (line {mark.line + 1})" if mark else ""
        raise LockTextError(f"{error.problem or 'is not readable YAML'}{where}; lock again") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise LockTextError("is not readable YAML; lock again") from None


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc] # libyaml where it is there
    """Quotes every text that some YAML reader might take for something else."""

    def ignore_aliases(self, _data: Any) -> bool:
        """Write everything out."""
        return True


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc] # see above
    """Refuses repeated keys, of which YAML would silently take the last."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:  # noqa: FBT001, FBT002 - PyYAML's
        """Return the mapping of a node."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            if key_node.tag == "tag:yaml.org,2002:merge" or not isinstance(key_node, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "has a key that is no text", key_node.start_mark)
            if key_node.value in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"repeats the key {key_node.value}", key_node.start_mark
                )
            seen.add(key_node.value)
        mapping: dict[Any, Any] = super().construct_mapping(node, deep)
        return mapping


def _text_node(dumper: Any, value: str) -> Any:
    plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=None if plain else '"')


_Dumper.add_representer(str, _text_node)
