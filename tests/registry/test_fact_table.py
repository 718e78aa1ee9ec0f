"""The table of facts: what holds of every row, so that a new one is right wherever facts are held."""

import pytest

from mlplatform.registry.facts import ArtifactFacts, ModelFacts, RegisteredFacts, ServedFacts, facts_of
from mlplatform.registry.facts.fact import FromFiles, FromRegistry
from mlplatform.registry.facts.views import JSON_ORDER, LOCK_ORDER, ROW_ORDER, lock_facts, report_facts, row_facts

FACTS = {fact.name: fact for fact in facts_of(ServedFacts)}


def test_every_field_is_a_fact():
    assert set(FACTS) == {*ServedFacts.model_fields, *ServedFacts.model_computed_fields}


@pytest.mark.parametrize(("table", "source"), [(RegisteredFacts, FromRegistry), (ArtifactFacts, FromFiles)])
def test_facts_of_registry_and_files_say_where_they_are_read(table, source):
    assert all(isinstance(fact.source, source) for fact in facts_of(table))


def test_orders_name_facts_that_are_there():
    assert {fact.name for fact in lock_facts()} >= set(LOCK_ORDER)
    assert {fact.name for fact in report_facts()} >= set(JSON_ORDER)
    assert {fact.name for fact, _ in row_facts()} >= set(ROW_ORDER)


def test_locks_of_before_stay_readable_when_a_fact_is_added():
    assert [fact.name for fact in lock_facts() if fact.name not in LOCK_ORDER and fact.required_in_lock] == []


def test_what_people_may_change_is_no_annotation():
    """KServe restarts pods when an annotation changes."""
    annotated = [fact for fact in FACTS.values() if fact.annotation]
    assert {fact.name for fact in annotated} == {"registered_model", "version", "model_id", "run_id", "digest"}
    assert not any(isinstance(fact.source, FromRegistry) and fact.source.mutable for fact in annotated)


def test_derived_facts_name_the_fact_that_they_are_computed_from():
    computed = {name: FACTS[name].derived_from for name in ServedFacts.model_computed_fields}
    assert set(computed.values()) <= set(ModelFacts.model_fields)
    assert all(fact.name in computed for fact in FACTS.values() if fact.derived_from)
