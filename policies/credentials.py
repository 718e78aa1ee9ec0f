"""Credentials in the inputs of a resource: what is redacted in reports is what a rule finds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pulumi_policy.proxy import UnknownValueError

from mlplatform.credentials import is_redacted, redacted_text
from mlplatform.credentials.data import redacted_data
from mlplatform.credentials.forms import forms_in

if TYPE_CHECKING:
    from policies.objects import Unknowns

_NAMES = ("name", "key", "param")


@dataclass(frozen=True, order=True, kw_only=True)
class Finding:
    """A credential in plain text.

    Attributes:
        path: where it is, with the name of the variable; never what it is.
        kind: what it looks like (``a private key``), ``None`` where its name alone tells.

    """

    path: str
    kind: str | None


def credentials_in(properties: Mapping[str, Any], unknowns: Unknowns) -> list[Finding]:
    """Return the credentials in the inputs of a resource, by path.

    Args:
        properties: the inputs; in the engine as they are, offline with a mark where a credential was.
        unknowns: takes what is not known yet.

    """
    plain = _plain(properties, unknowns)
    found = dict.fromkeys(_differences(plain, redacted_data(plain), ""))
    return sorted(found, key=lambda finding: (finding.path, finding.kind or ""))


def _plain(value: Any, unknowns: Unknowns) -> Any:
    """Return plain data of what the engine hands a rule, without what is not known yet."""
    if isinstance(value, Mapping):
        return {str(key): _known(value, key, unknowns) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return [_known(value, index, unknowns) for index in range(len(value))]
    return value


def _known(container: Any, key: Any, unknowns: Unknowns) -> Any:
    try:
        return _plain(container[key], unknowns)
    except UnknownValueError as error:
        unknowns.append(error)
        return None


def _differences(value: Any, redacted: Any, path: str) -> Iterator[Finding]:
    if isinstance(value, dict):
        called = next((value[key] for key in _NAMES if isinstance(value.get(key), str)), None)
        for (key, item), (shown, without) in zip(value.items(), redacted.items(), strict=True):
            child = f"{path}.{shown}" if path else shown
            if key != shown or is_redacted(key):
                yield Finding(path=child, kind="a credential as a name")
            name = f" ({redacted_text(called)})" if called and key in {"value", "default"} else ""
            for finding in _differences(item, without, child):
                yield Finding(path=f"{finding.path}{name}", kind=finding.kind)
    elif isinstance(value, list):
        for index, (item, without) in enumerate(zip(value, redacted, strict=True)):
            yield from _differences(item, without, f"{path}[{index}]")
    elif isinstance(value, str) and (value != redacted or is_redacted(value)):
        yield Finding(path=path, kind=_kind(value, redacted))


def _kind(value: str, redacted: str) -> str | None:
    kinds = [kind for kind, _ in forms_in(value)]
    if kinds:
        return kinds[0]
    whole = re.fullmatch(r"redacted-[0-9a-f]{6}", redacted)
    return None if whole else "a credential"
