"""Look-ups side by side, few at a time."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Item = TypeVar("Item")
Result = TypeVar("Result")
# Enough to hide the round trips, and below the ten connections that MLflow's client keeps to one server.
WORKERS = 8


def run_parallel(function: Callable[[Item], Result], items: Iterable[Item]) -> list[Result]:
    """Return ``function`` of each item, in the order of the items.

    The first exception ends it: look-ups not yet begun are dropped, so a server that dies in between costs the time-out
    of the requests under way and not that of all models.
    """
    listed = list(items)
    if len(listed) <= 1:
        return [function(item) for item in listed]
    with ThreadPoolExecutor(max_workers=min(WORKERS, len(listed))) as pool:
        futures = [pool.submit(function, item) for item in listed]
        try:
            done, _ = wait(futures, return_when=FIRST_EXCEPTION)
        except BaseException:
            # Ctrl-C: what is under way ends, nothing else begins.
            pool.shutdown(wait=False, cancel_futures=True)
            raise
        failed = next((future for future in futures if future in done and future.exception()), None)
        if failed is not None:
            pool.shutdown(wait=True, cancel_futures=True)
            failed.result()
        return [future.result() for future in futures]
