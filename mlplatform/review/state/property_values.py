"""Property values as Pulumi writes them: secrets, unknowns, assets and references among plain JSON data.

The signatures are part of the engine's wire and state format (pulumi/pulumi, ``sdk/go/common/resource/sig/sig.go``).
Nothing here ever keeps the plain value of a secret.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from pulumi.runtime.rpc import UNKNOWN

from mlplatform.credentials.data import redacted_data
from mlplatform.review.state.kubernetes_objects import SECRET_TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


# Up to here every whole number is a float of its own; beyond, an int would invent digits.
_EXACT = 2**53

SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - a type mark, not a password
ASSET = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE = "0def7320c3a5731c473e5ecbe6d01bc7"
RESOURCE_REFERENCE = "5cf8f73096256a8f31e491e813e4eb8e"
OUTPUT_VALUE = "d0e6a833031e9bbcd3f4e8bde6ca49a4"

# What the offline state holds where the engine's holds a ciphertext.
SECRET_TEXT = "[secret]"  # noqa: S105 - the placeholder itself
UNKNOWN_SECRET_TEXT = "[unknown secret]"  # noqa: S105 - the placeholder itself
PLAIN_TEXT_NOT_SHOWN = "[plain text, not shown]"


def secret(*, known: bool = True) -> dict[str, str]:
    """Return the placeholder of a secret, in the form a state file gives to secrets."""
    return {SIGNATURE: SECRET, "ciphertext": SECRET_TEXT if known else UNKNOWN_SECRET_TEXT}


def signature(value: Any) -> str | None:
    """Return which special value this is (:data:`SECRET`, :data:`ASSET`, ...), ``None`` for plain data."""
    return value.get(SIGNATURE) if isinstance(value, dict) else None


def is_secret(value: Any) -> bool:
    """Whether the value is a secret, known or not."""
    return signature(value) == SECRET


def is_unknown(value: Any) -> bool:
    """Whether the value as a whole is unknown before the update; an unknown secret is a secret."""
    return isinstance(value, str) and value == UNKNOWN


def contains_unknown(value: Any) -> bool:
    """Whether any part of the value is unknown."""
    if isinstance(value, dict):
        if value.get(SIGNATURE) == SECRET:
            return value.get("ciphertext") == UNKNOWN_SECRET_TEXT or contains_unknown(value.get("value"))
        if value.get(SIGNATURE) == OUTPUT_VALUE and "value" not in value:
            return True
        return any(contains_unknown(item) for item in value.values())
    if isinstance(value, list):
        return any(contains_unknown(item) for item in value)
    return is_unknown(value)


def contains_secret(value: Any) -> bool:
    """Whether any part of the value is a secret."""
    if isinstance(value, dict):
        return is_secret(value) or any(contains_secret(item) for item in value.values())
    return isinstance(value, list) and any(contains_secret(item) for item in value)


def clean(value: Any) -> Any:
    """Return plain data for the state: secrets without their value, whole numbers as ``int``.

    Args:
        value: JSON data from the wire (a secret carries ``value``) or from a state file (``ciphertext`` or, with
            ``--show-secrets``, ``plaintext``).

    """
    if isinstance(value, dict):
        special = _SPECIAL.get(value.get(SIGNATURE, ""))
        return special(value) if special else {key: clean(item) for key, item in value.items()}
    if isinstance(value, list):
        return [clean(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) <= _EXACT else value


def state_properties(type_: str, properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the properties of a resource as a state holds them, whoever wrote them: without secrets and credentials.

    Everything that is reported, compared or written is made of states, so that a credential in plain text, which a
    policy refuses, is in none of it: a mark stands in its place (:mod:`mlplatform.credentials`).

    Args:
        type_: type token of the resource.
        properties: JSON data, see :func:`clean`.

    """
    cleaned = {key: clean(value) for key, value in properties.items()}
    if type_ in SECRET_TYPES:
        cleaned |= {key: _masked(cleaned[key]) for key in ("data", "stringData") if key in cleaned}
    redacted: dict[str, Any] = redacted_data(cleaned, skip=_is_special)
    return redacted


def _masked(data: Any) -> Any:
    """Make every value of a Kubernetes Secret a secret, as its provider does (provider.go, annotateSecrets)."""
    if isinstance(data, dict) and not is_secret(data):
        return {key: _masked(value) for key, value in data.items()}
    return data if data is None or is_secret(data) else secret(known=not contains_unknown(data))


def _is_special(value: Any) -> bool:
    """Whether a value stands for another one: a secret, what is not known yet, a resource."""
    return is_unknown(value) or signature(value) in {SECRET, OUTPUT_VALUE, RESOURCE_REFERENCE}


def _without_value(value: dict[str, Any]) -> dict[str, str]:
    return secret(known=not contains_unknown(value))


def _without_output(value: dict[str, Any]) -> Any:
    """Return what an output value amounts to, as the engine downgrades it (source_eval.go, downgradeOutputValues)."""
    known = "value" in value
    if value.get("secret"):
        return secret(known=known and not contains_unknown(value["value"]))
    return clean(value["value"]) if known else UNKNOWN


def _asset(value: dict[str, Any]) -> dict[str, Any]:
    """Add the hash of a text asset, which the engine computes before the state is written."""
    text = value.get("text")
    if isinstance(text, str) and not value.get("hash"):
        return {**value, "hash": hashlib.sha256(text.encode()).hexdigest()}
    return dict(value)


_SPECIAL: dict[str, Callable[[dict[str, Any]], Any]] = {
    SECRET: _without_value,
    OUTPUT_VALUE: _without_output,
    ASSET: _asset,
}


def redact(value: Any) -> Any:
    """Return the value as a policy may see it: ``[secret]`` for a secret, the unknown text for an unknown one."""
    if isinstance(value, dict):
        if is_secret(value):
            return UNKNOWN if value.get("ciphertext") == UNKNOWN_SECRET_TEXT else SECRET_TEXT
        return {key: redact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [redact(item) for item in value]
    return value


def same(old: Any, new: Any) -> bool:
    """Whether two cleaned values say the same; two secrets do, because they cannot be compared."""
    kinds = signature(old), signature(new)
    if kinds == (SECRET, SECRET):
        return True
    if kinds == (RESOURCE_REFERENCE, RESOURCE_REFERENCE):
        # Its id is unknown offline; the URN names the resource.
        return bool(old.get("urn") == new.get("urn"))
    if kinds in {(ASSET, ASSET), (ARCHIVE, ARCHIVE)}:
        return _same_asset(old, new)
    if isinstance(old, dict) and isinstance(new, dict):
        return old.keys() == new.keys() and all(same(item, new[key]) for key, item in old.items())
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(same(*pair) for pair in zip(old, new, strict=True))
    # In JSON, true is no number; in Python, True == 1.
    return isinstance(old, bool) == isinstance(new, bool) and bool(old == new)


def _same_asset(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    if old.get("hash") and new.get("hash"):
        return bool(old["hash"] == new["hash"])
    return {key: item for key, item in old.items() if key != "hash"} == {
        key: item for key, item in new.items() if key != "hash"
    }


def from_struct(struct: Any) -> dict[str, Any]:
    """Return a ``google.protobuf.Struct`` as plain data, uncleaned: secrets still carry their value."""
    return {key: from_value(item) for key, item in struct.fields.items()}


def from_value(value: Any) -> Any:
    """Return one ``google.protobuf.Value`` as plain data."""
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return from_struct(value.struct_value)
    if kind == "list_value":
        return [from_value(item) for item in value.list_value.values]
    return None if kind in {None, "null_value"} else getattr(value, kind)
