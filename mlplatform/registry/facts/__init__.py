"""What is known of a model version: one table, and how each fact of it is read, written, compared and shown.

A new fact is one field of :mod:`.table`, which says where its value comes from. The lock file and what it is checked
against, the inputs of the component, the rows of the report, its JSON and the JSON Schema are derived from the table.
"""

from mlplatform.registry.facts.table import ArtifactFacts, ModelFacts, RegisteredFacts, ServedFacts
from mlplatform.registry.facts.views import facts_of

__all__ = ["ArtifactFacts", "ModelFacts", "RegisteredFacts", "ServedFacts", "facts_of"]
