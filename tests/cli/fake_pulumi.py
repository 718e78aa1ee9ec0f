"""Stands in for the Pulumi CLI where only the way it is called matters; the real one is asked in tests/engine."""

import json
import os
import sys
from pathlib import Path

arguments = sys.argv[1:]
backend = Path(os.environ["PULUMI_BACKEND_URL"].removeprefix("file://")) if "PULUMI_BACKEND_URL" in os.environ else None
record = Path(os.environ["FAKE_PULUMI_RECORD"])
with record.open("a") as file:
    file.write(json.dumps({"arguments": arguments, "cwd": str(Path.cwd()), "environment": dict(os.environ)}) + "\n")

if arguments[0] == os.environ.get("FAKE_PULUMI_FAILS"):
    sys.exit("the backend is locked")

match arguments[:2]:
    case ["version", *_]:
        sys.stdout.write(os.environ.get("FAKE_PULUMI_VERSION", "v3.272.0"))
    case ["plugin", "ls"]:
        sys.stdout.write(os.environ["FAKE_PULUMI_PLUGINS"])
    case ["stack", "ls"]:
        sys.stdout.write(json.dumps([{"name": path.name} for path in backend.iterdir()]))
    case ["stack", "export"]:
        resources = [{"urn": "urn:pulumi:case::mlplatform::kubernetes:apps/v1:StatefulSet::minio", "protect": True}]
        kept = resources if os.environ.get("FAKE_PULUMI_PROTECTED") else None
        sys.stdout.write(json.dumps({"deployment": {"resources": kept}}))
    case ["stack", "init"]:
        (backend / arguments[2]).touch()
        stack_file = Path(f"Pulumi.{arguments[2]}.yaml")
        stack_file.write_text(stack_file.read_text() + "encryptionsalt: v1:c2FsdA==\n")
    case ["up" | "destroy", *_]:
        sys.exit(int(os.environ.get("FAKE_PULUMI_CODE", "0")))
