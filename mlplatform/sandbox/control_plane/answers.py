"""What an API server answers, and the kinds it knows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What the server answered.

    Attributes:
        status: HTTP status.
        body: the object, the ``Status``, or text that is no JSON.
        warnings: texts of its ``Warning`` headers.

    """

    status: int
    body: Any
    warnings: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the server did what it was asked."""
        return 200 <= self.status < 300  # noqa: PLR2004 - HTTP's successful statuses

    @property
    def message(self) -> str:
        """What the server says of a refused request, on one line."""
        text = self.body.get("message") if isinstance(self.body, dict) else self.body
        return " ".join(str(text or f"HTTP status {self.status}").split())

    @property
    def fields(self) -> tuple[str, ...]:
        """The fields that the server names as causes of a refusal (``spec.replicas``)."""
        details = self.body.get("details") if isinstance(self.body, dict) else None
        causes = (details or {}).get("causes") or []
        return tuple(cause["field"] for cause in causes if cause.get("field"))


@dataclass(frozen=True, kw_only=True)
class Kind:
    """A kind that the server knows.

    Attributes:
        prefix: path of its group and version, ``/apis/apps/v1``.
        plural: name in paths, ``deployments``.
        namespaced: whether its objects live in namespaces.

    """

    prefix: str
    plural: str
    namespaced: bool

    def path(self, name: str = "", namespace: str = "") -> str:
        """Return the path of an object, of all objects of a namespace, or of all objects."""
        inside = f"/namespaces/{quote(namespace, safe='')}" if self.namespaced and namespace else ""
        return f"{self.prefix}{inside}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")
