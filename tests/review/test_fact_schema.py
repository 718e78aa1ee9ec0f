"""The part of report.schema.json that describes facts is written from the table; UPDATE_GOLDEN=1 writes it anew."""

import json
import os
import re
from pathlib import Path

import mlplatform.review
from mlplatform.registry.facts.views import report_facts

SCHEMA = Path(mlplatform.review.__file__).parent / "report.schema.json"
SIDE = re.compile(r'^    "side": \{\n.*?^    \},\n', re.MULTILINE | re.DOTALL)


def side_schema():
    """Return the definition of a side as the file has it."""
    keys = ",\n".join(f'        "{fact.key}"' for fact in report_facts())
    properties = {
        fact.key: {**fact.kind.schema, **({"description": fact.description} if fact.description else {})}
        for fact in report_facts()
    }
    lines = ",\n".join(f'        "{key}": {json.dumps(value)}' for key, value in properties.items())
    return (
        '    "side": {\n      "type": "object",\n      "additionalProperties": false,\n'
        f'      "required": [\n{keys}\n      ],\n      "properties": {{\n{lines}\n      }}\n    }},\n'
    )


def test_the_schema_of_facts_is_that_of_the_table():
    text = SCHEMA.read_text()
    written = SIDE.sub(lambda _: side_schema(), text)
    if os.environ.get("UPDATE_GOLDEN"):
        SCHEMA.write_text(written)
    assert SIDE.search(text)
    assert SCHEMA.read_text() == written
