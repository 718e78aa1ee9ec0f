import asyncio
import contextvars
import os
import sys
import textwrap

import pytest

from mlplatform.review.engine import worker
from mlplatform.review.state.state_file import parse_document


class Offline:
    """Runs programs in this process, each in a context of its own."""

    def __init__(self, folder):
        self.folder = folder

    def answer(self, program, *, config=None, secret_keys=(), stack="dev", known=None):
        self.folder.mkdir(exist_ok=True)
        (self.folder / "__main__.py").write_text(textwrap.dedent(program), encoding="utf-8")
        request = {
            "project": "proj",
            "stack": stack,
            "organization": "organization",
            "config": dict(config or {}),
            "secret_keys": list(secret_keys),
            "root_directory": str(self.folder),
            "program": str(self.folder),
            "known": known,
        }
        return contextvars.copy_context().run(worker.answer, request)

    def state(self, program, **request):
        result = self.answer(program, **request)
        assert "error" not in result, result["error"]
        return parse_document(result["document"], file="program")

    def resources(self, program, **request):
        """Return the resources by their logical names."""
        return {resource.name: resource for resource in self.state(program, **request).resources}

    def error(self, program, **request):
        result = self.answer(program, **request)
        assert "document" not in result
        return result["error"]["message"]


@pytest.fixture
def offline(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    before = os.getcwd()  # noqa: PTH109 - restored as it was
    yield Offline(tmp_path / "program")
    os.chdir(before)
    asyncio.set_event_loop(None)
