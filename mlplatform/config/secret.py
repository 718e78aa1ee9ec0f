"""Fields that must be secret.

A ``secure:`` value is decrypted by the Pulumi engine only. Offline it is unknown: the reader of the stack file puts
:data:`UNKNOWN`, Pulumi's own wire form of an unknown text, in its place, and the program sees an unknown secret
Output, as it would of any value not yet there.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.runtime.rpc import UNKNOWN
from pydantic_core import PydanticCustomError, core_schema

if TYPE_CHECKING:
    from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
    from pydantic.json_schema import JsonSchemaValue
    from pydantic_core import CoreSchema

__all__ = ["UNKNOWN", "SecretField"]


class SecretField:
    """A text that is never shown; known in the engine, unknown offline."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        """Wrap the decrypted text, or :data:`UNKNOWN`."""
        self._value = value

    @property
    def known(self) -> bool:
        """Whether the value was decrypted."""
        return self._value != UNKNOWN

    def reveal(self) -> str | None:
        """Return the plain text to hand it to a client, ``None`` where it is unknown."""
        return self._value if self.known else None

    def output(self) -> pulumi.Output[str]:
        """Return a secret Output of the text, unknown where it could not be decrypted."""
        if self.known:
            return pulumi.Output.secret(self._value)
        return _unknown_secret()

    def __repr__(self) -> str:
        """Show that there is a secret, never which."""
        return "SecretField('[secret]')" if self.known else "SecretField('[unknown secret]')"

    def __eq__(self, other: object) -> bool:
        """Compare by value."""
        return isinstance(other, SecretField) and other._value == self._value

    def __hash__(self) -> int:
        """Hash by value."""
        return hash(self._value)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, _handler: GetCoreSchemaHandler) -> CoreSchema:
        """Accept a text; the error of anything else never echoes it."""

        def build(value: Any) -> SecretField:
            if isinstance(value, SecretField):
                return value
            if not isinstance(value, str) or not value:
                raise PydanticCustomError("settings", "must be a secure text; set it with pulumi config set --secret")
            return cls(value)

        return core_schema.no_info_plain_validator_function(build)

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, _handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Describe what ``pulumi config set --secret`` writes into a stack file."""
        return {
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "additionalProperties": False,
        }


def _unknown_secret() -> pulumi.Output[str]:
    def resolved(value: object) -> asyncio.Future[Any]:
        future: asyncio.Future[Any] = asyncio.get_event_loop().create_future()
        future.set_result(value)
        return future

    is_known, is_secret = False, True

    return pulumi.Output(set(), resolved(None), resolved(is_known), resolved(is_secret))
