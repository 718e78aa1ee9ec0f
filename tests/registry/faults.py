"""What a broken or confused server, cache or proxy makes of an answer of MLflow's."""

import json

import pytest

from tests.registry.proxy import Drip

# What is asked, as it stands in path, query and body.
CALLS = {
    "sign of life": "registered-models/search?max_results=1 ",
    "models": "registered-models/search?filter",
    "version": "model-versions/get?",
    "versions": "model-versions/search",
    "address": "get-download-uri",
    "logged model": "logged-models/m-",
    "logged models": "logged-models/search",
    "run": "runs/get?",
    "runs": "runs/search",
    "metric": "metrics/get-history",
    "files": "mlflow-artifacts/artifacts?",
    "MLmodel": "/MLmodel ",
    "model.pkl": "/model.pkl ",
}
# Those whose answers are no JSON.
FILES = {"MLmodel", "model.pkl"}


def _every(change):
    """Return a fault that changes all values of a JSON answer for which ``change`` returns something else."""

    def walk(value):
        changed = change(value)
        if changed is not value:
            return changed
        if isinstance(value, dict):
            return {key: walk(item) for key, item in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return value

    return lambda content: json.dumps(_top(json.loads(content), walk)).encode()


def _top(answer, walk):
    """Change what is inside: the answer itself stays an object."""
    return {key: walk(item) for key, item in answer.items()}


def _with(**more):
    return lambda content: (200, json.dumps({**json.loads(content), **more}).encode())


def _of_another(value):
    """Return another name, id or address for a text that is one."""
    if isinstance(value, str) and len(value) > 2 and not value.isupper():
        return f"other{value[5:]}"
    return value


ANY = {
    "nothing at all": lambda _content: b"",
    "half of it": lambda content: content[: len(content) // 2],
    "a page of HTML": lambda _content: b"<html>sign in</html>",
    "the connection breaks": lambda _content: None,
    "an error of a proxy": lambda _content: (502, b"<html>bad gateway</html>"),
    "an error in JSON": lambda _content: (500, b'{"error_code": "INTERNAL_ERROR", "message": "gone"}'),
    "not found, by a proxy": lambda _content: (404, b"<html>not here</html>"),
    "drop by drop": Drip,
}
JSON_ONLY = {
    "an empty object": lambda _content: b"{}",
    "an object of something else": lambda _content: b'{"status": "ok"}',
    "an error as if all was well": lambda _content: b'{"error_code": "RESOURCE_DOES_NOT_EXIST", "message": "no"}',
    "a list": lambda _content: b"[]",
    "null": lambda _content: b"null",
    "a number": lambda _content: b"7",
    "a text": lambda _content: b'"MLflow"',
    "very deep": lambda _content: b'{"a":' * 20000 + b"1" + b"}" * 20000,
    "not in UTF-8": lambda content: b"\xff\xfe" + content,
    "numbers for texts": _every(lambda value: 7 if isinstance(value, str) else value),
    "truth values for texts": _every(lambda value: True if isinstance(value, str) else value),
    "texts for numbers": _every(lambda value: "x" if isinstance(value, int | float) else value),
    "lists for mappings": _every(lambda value: [] if isinstance(value, dict) else value),
    "mappings for lists": _every(lambda value: {"a": 1} if isinstance(value, list) else value),
    "texts for mappings": _every(lambda value: "x" if isinstance(value, dict) else value),
    "null for texts": _every(lambda value: None if isinstance(value, str) else value),
    "empty texts": _every(lambda value: "" if isinstance(value, str) else value),
    "null for mappings": _every(lambda value: None if isinstance(value, dict) else value),
    "the answer to another question": _every(_of_another),
    "pages without end": _with(next_page_token="again", token="again"),
}
FAULTS = {**ANY, **JSON_ONLY}
# By day; at night the others, too, which are found in the same places.
BY_DAY = {"nothing at all", "lists for mappings", "the answer to another question", "pages without end"}
SWEEP = [pytest.param(fault, marks=[] if fault in BY_DAY else [pytest.mark.slow]) for fault in FAULTS]


def cases():
    """Yield (call, fault) for all that make sense."""
    for call in CALLS:
        for fault in FAULTS:
            if fault in ANY or call not in FILES:
                yield call, fault


def spoil(call, fault):
    """Return what :class:`tests.registry.proxy.Proxy` needs to answer one call so."""

    def answer(asked, content):
        return FAULTS[fault](content) if CALLS[call] in asked else content

    return answer
