"""The house: sizes that keep a module readable. Which room may import which: import-linter, in pyproject.toml."""

import ast
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCES = [
    ROOT / "__main__.py",
    *sorted(path for room in ("mlplatform", "components", "policies") for path in (ROOT / room).rglob("*.py")),
]
MODULE_LINES, FUNCTION_LINES, TABLE_OF_CONTENTS_LINES = 260, 60, 50


def test_modules_are_of_a_readable_size():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in SOURCES
        if (lines := len(path.read_text().splitlines())) > MODULE_LINES
    }
    assert not long
    assert len((ROOT / "__main__.py").read_text().splitlines()) <= TABLE_OF_CONTENTS_LINES


def test_functions_are_of_a_readable_size():
    long = {
        f"{path.relative_to(ROOT)}:{node.name}": lines
        for path in SOURCES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and (lines := code_lines(node)) > FUNCTION_LINES
    }
    assert not long


def code_lines(function):
    """Return the lines of a function without its docstring."""
    docstring = ast.get_docstring(function, clean=False)
    return function.end_lineno - function.lineno + 1 - (len(docstring.splitlines()) if docstring else 0)
