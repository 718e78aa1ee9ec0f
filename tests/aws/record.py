"""``python -m tests.aws.record OUT.json``: the resolved inputs of every AWS resource of prod, for other tools."""

import json
import sys
import tempfile
from pathlib import Path

from tests.aws.prod import ALONE, prod_in_moto, prod_project


def record(target):
    """Write ``[{type, name, urn, inputs}]`` in the order of creation; ids and ARNs in the inputs are moto's."""
    with tempfile.TemporaryDirectory() as folder, prod_in_moto(prod_project(Path(folder) / "prod", ALONE)) as made:
        entries = [{key: entry[key] for key in ("type", "name", "urn", "inputs")} for entry in made.resources]
    Path(target).write_text(json.dumps(entries, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    record(sys.argv[1])
