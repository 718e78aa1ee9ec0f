"""Load the catalogue of CustomResourceDefinitions into a control plane."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from sandbox.crds import CrdUnavailableError, catalogue, crd_text
from sandbox.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.api import Api
    from sandbox.crds import CrdSource

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# The server takes some twenty a second; more at a time only wait.
_AT_A_TIME = 4
_ESTABLISHED_SECONDS = 120
_POLL_SECONDS = 0.2


def load_crds(
    api: Api, sources: Iterable[CrdSource] | None = None, *, report: Callable[[str], None] = lambda _line: None
) -> tuple[str, ...]:
    """Apply definitions on the server's side and wait until each is established.

    Args:
        api: the server.
        sources: entries of the catalogue, by default all.
        report: receives a line for each thing that takes long.

    Returns:
        Why definitions are missing that could not be had; the others are there.

    Raises:
        ProblemsError: the server refuses one, or does not establish it.

    """
    wanted = tuple(catalogue().values() if sources is None else sources)
    report(f"Loading {len(wanted)} CustomResourceDefinitions ...")
    texts: dict[str, str] = {}
    missing: list[str] = []
    for source in wanted:
        try:
            texts[source.name] = crd_text(source)
        except CrdUnavailableError as error:
            missing.append(f"{source.name}: {error}")
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        applied = list(pool.map(lambda item: _apply(api, *item), texts.items()))
    _wait(api, applied)
    return tuple(missing)


def _apply(api: Api, name: str, text: str) -> dict[str, Any]:
    # As text: the server reads YAML faster than it could be turned into JSON here.
    answer = api.apply(f"{PATH}/{name}", text)
    if not answer.ok:
        raise problem(f"the API server refuses it: {answer.message}", key=name)
    spec: dict[str, Any] = answer.body["spec"]
    return spec


def _wait(api: Api, specs: Iterable[dict[str, Any]]) -> None:
    """Wait until the server serves all versions of definitions, which it does for established ones only.

    To read the definitions themselves again and again would keep it from its work: some are half a megabyte.
    """
    left = {
        (f"{spec['group']}/{version['name']}", spec["names"]["kind"])
        for spec in specs
        for version in spec["versions"]
        if version["served"]
    }
    deadline = time.monotonic() + _ESTABLISHED_SECONDS
    while left := {item for item in left if api.kind(*item, again=True) is None}:
        if time.monotonic() > deadline:
            names = ", ".join(sorted(f"{kind} ({version})" for version, kind in left))
            raise problem(f"after {_ESTABLISHED_SECONDS} s the API server does not serve {names}")
        time.sleep(_POLL_SECONDS)
