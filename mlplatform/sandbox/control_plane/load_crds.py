"""Load the catalogue of CustomResourceDefinitions into a control plane."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from mlplatform.sandbox.control_plane.crds import CrdUnavailableError, catalogue, crd_text
from mlplatform.sandbox.control_plane.waiting import wait_for_kinds
from mlplatform.sandbox.problems import problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mlplatform.sandbox.control_plane.api import Api
    from mlplatform.sandbox.control_plane.crds import CrdSource
    from mlplatform.sandbox.findings import Object

PATH = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
# The server takes some twenty a second; more at a time only wait.
_AT_A_TIME = 4


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
    requested = tuple(catalogue().values() if sources is None else sources)
    report(f"Loading {len(requested)} CustomResourceDefinitions ...")
    texts: dict[str, str] = {}
    missing: list[str] = []
    for source in requested:
        try:
            texts[source.name] = crd_text(source)
        except CrdUnavailableError as error:
            missing.append(f"{source.name}: {error}")
    with ThreadPoolExecutor(_AT_A_TIME) as pool:
        applied = list(pool.map(lambda item: _apply(api, *item), texts.items()))
    wait_for_kinds(api, applied)
    return tuple(missing)


def _apply(api: Api, name: str, text: str) -> Object:
    # As text: the server reads YAML faster than it could be turned into JSON here.
    answer = api.apply(f"{PATH}/{name}", text)
    if not answer.ok:
        raise problem(f"the API server refuses it: {answer.message}", key=name)
    definition: Object = answer.body
    return definition
