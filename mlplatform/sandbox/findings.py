"""What a validation finds, and which object of which resource it is about."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mlplatform.config.problems import Problem

Object = dict[str, Any]


class Severity(StrEnum):
    """How bad it is."""

    ERROR = "error"
    """The server refuses the object, or does not keep a field of it."""
    WARNING = "warning"
    """The server takes it, and warns; or it was checked in another way than it will be used."""
    UNCHECKED = "unchecked"
    """It cannot be known before the update, so it was not checked."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """An object to be asked the server about.

    Attributes:
        manifest: the object; apiVersion, kind and metadata.name are there.
        origin: URN of the resource it comes from, ``""`` where there is none.
        placeholders: paths whose values are stand-ins for what is secret or unknown, in the form of
            :func:`mlplatform.sandbox.field_paths.text`.
        note: what it is beside the resource's own object (``its pod``), else ``""``.
        home: the namespace it goes to when it names none and lives in one.

    """

    manifest: Object
    origin: str = ""
    placeholders: tuple[tuple[str, ...], ...] = field(default=())
    note: str = ""
    home: str = "default"

    @property
    def kind(self) -> str:
        """The kind, ``""`` without one."""
        return str(self.manifest.get("kind") or "")

    @property
    def api_version(self) -> str:
        """Group and version, ``""`` without one."""
        return str(self.manifest.get("apiVersion") or "")

    @property
    def name(self) -> str:
        """The object's name, ``""`` without one."""
        return str((self.manifest.get("metadata") or {}).get("name") or "")

    @property
    def namespace(self) -> str:
        """The namespace it names, ``""`` without one."""
        return str((self.manifest.get("metadata") or {}).get("namespace") or "")

    def finding(self, severity: Severity, message: str) -> Finding:
        """Return a finding about this object."""
        return Finding(
            severity=severity,
            urn=self.origin,
            api_version=self.api_version,
            kind=self.kind,
            namespace=self.namespace,
            name=self.name,
            message=f"{self.note}: {message}" if self.note else message,
        )


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that a validation found.

    Attributes:
        severity: how bad it is.
        urn: of the resource, ``""`` where the object is of none.
        api_version: of the object; empty with ``kind`` for what is about a resource as a whole.
        kind: of the object.
        namespace: of the object, ``""`` without one.
        name: of the object.
        message: what is wrong, in the server's words where it spoke; never a secret.

    """

    severity: Severity
    urn: str
    message: str
    api_version: str = ""
    kind: str = ""
    namespace: str = ""
    name: str = ""

    @property
    def object(self) -> str:
        """The object as a reader knows it: ``Deployment models/iris``."""
        qualified_name = f"{self.namespace}/{self.name}" if self.namespace else self.name
        return f"{self.kind} {qualified_name}".strip()

    @property
    def problem(self) -> Problem:
        """The same in the one error shape of every room."""
        return Problem(file=self.object or "stack", key=self.urn, message=self.message)

    def __str__(self) -> str:
        """Return the lines the user reads."""
        origin = f"\n    {self.urn}" if self.urn else ""
        return f"{self.severity}: {self.object}: {self.message}{origin}"
