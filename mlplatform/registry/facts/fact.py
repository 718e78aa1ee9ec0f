"""What the table says of one fact, as the annotation of its field."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from pydantic.alias_generators import to_camel

if TYPE_CHECKING:
    from collections.abc import Callable

    from mlplatform.registry.facts.kinds import Kind
    from mlplatform.registry.facts.mlmodel import ModelFiles
    from mlplatform.registry.facts.records import RegistryRecords

# What kind of step a deployment takes where the fact changes.
FactAspect = Literal[
    "model",  # another registered model is served
    "version",  # another version of the same registered model
    "alias",  # it follows another alias, or none
    "artifact",  # the same version, but other bytes, another logged model or another run: versions do not do that
    "storage",  # the same version from elsewhere, such as the release that it is locked to
    "facts",  # the same version, but the registry now tells something else of it
    "traffic",  # another share of the requests
]


@dataclass(frozen=True, kw_only=True)
class FromFiles:
    """The value lies in the artifact's own files; a lock is checked against those of its release.

    Attributes:
        read: from the files to the value.

    """

    read: Callable[[ModelFiles], Any]


@dataclass(frozen=True, kw_only=True)
class FromRegistry:
    """The registry records the value; a lock is checked against it.

    Attributes:
        read: from the records to the value.
        version_record: what the version's own record says, without its run and logged model: ``all`` of the value;
            ``first``, a value that comes before those of run and logged model; or ``nothing``.
        mutable: whether people may change it of a registered version: then a difference is a notice, no error.
        grows: whether later runs may add names to it, which changes nothing of what was reviewed: then an added name is
            a notice, and one that is gone or has another value is an error.

    """

    read: Callable[[RegistryRecords], Any]
    version_record: Literal["all", "first", "nothing"] = "nothing"
    mutable: bool = False
    grows: bool = False


@dataclass(frozen=True, kw_only=True)
class Row:
    """The row of a report that shows a fact.

    Attributes:
        label: what it is, in few words.
        identifies: whether another value means another version: what is told of its origin is then news.
        origin: whether it tells who trained the version, when and where: of another version it is shown even where it
            is the same.
        same_version_only: whether it is shown for a version that stays and left out for another, which has another one.
        linked: whether it can be looked at in MLflow's user interface, at ``run_url``.
        if_none: what is shown where a state with a version has none.

    """

    label: str
    identifies: bool = False
    origin: bool = False
    same_version_only: bool = False
    linked: bool = False
    if_none: str | None = None


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact.

    Attributes:
        kind: what its value is.
        source: where the value comes from, ``None`` for what is neither in the files nor in the registry.
        derived_from: the fact that this one is computed from.
        in_lock: whether a lock holds it.
        lock_requires: whether a lock must hold it although a version need not have it.
        in_inputs: whether the component's inputs hold it.
        in_report: whether a report holds it, where it is a single value.
        annotation: whether it is an annotation of the object that serves the model. Only for what never changes of a
            version: KServe copies annotations to the revisions, so that a change restarts pods.
        aspect: what it means when it changes; ``None``: nothing.
        row: how a report shows it as a row; ``None`` for JSON only.
        description: for the JSON Schema of a report.
        name: of the field; the table fills it in, and what follows.
        optional: whether a version may have none.

    """

    kind: Kind
    source: FromFiles | FromRegistry | None = None
    derived_from: str | None = None
    in_lock: bool = True
    lock_requires: bool = False
    in_inputs: bool = True
    in_report: bool = True
    annotation: bool = False
    aspect: FactAspect | None = "facts"
    row: Row | None = None
    description: str = ""
    name: str = ""
    optional: bool = False

    @property
    def key(self) -> str:
        """Key in locks, inputs and JSON: ``createdBy``."""
        return to_camel(self.name)

    @property
    def annotation_name(self) -> str:
        """Name in annotations: ``created-by``."""
        return self.name.replace("_", "-")

    @property
    def required_in_lock(self) -> bool:
        """Whether every lock has it."""
        return self.lock_requires or not self.optional
