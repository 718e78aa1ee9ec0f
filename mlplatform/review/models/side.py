"""What is known of one variant on one side of a comparison."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from mlplatform.registry.facts.views import report_facts

if TYPE_CHECKING:
    from collections.abc import Mapping

Value = TypeVar("Value")


class _Known(Generic[Value]):
    """A fact that the report words by itself, by its name in the table; ``None`` where the state does not tell it."""

    def __set_name__(self, owner: type[Side], name: str) -> None:
        if name not in {fact.name for fact in report_facts()}:
            raise AttributeError(f"the table has no fact {name} for reports")
        self._name = name

    def __get__(self, side: Side, owner: type[Side]) -> Value | None:
        value: Value | None = side.values.get(self._name)
        return value


@dataclass(frozen=True, kw_only=True)
class Side:
    """What a state tells of one variant.

    Attributes:
        values: name of a fact of :class:`mlplatform.registry.facts.ServedFacts` -> value; what the state does not tell
            is absent.

    """

    values: Mapping[str, Any] = field(default_factory=dict)

    registered_model = _Known[str]()
    alias = _Known[str]()
    version = _Known[str]()
    run_url = _Known[str]()
    digest = _Known[str]()
    flavor = _Known[str]()
    python_version = _Known[str]()
    mlflow_version = _Known[str]()
    storage_uri = _Known[str]()
    traffic = _Known[float]()
    locked = _Known[bool]()
