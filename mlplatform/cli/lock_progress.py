"""Progress of ``lock`` on standard error: a bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, TextIO

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TaskID, TextColumn, TransferSpeedColumn

from mlplatform.review.render.numbers import size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mlplatform.registry.lock.progress import Progress as LockProgress

# How often a long transfer says how far it is where there is no terminal: once per tenth of it.
_STEPS = 10
_LONG = 256 * 1024 * 1024


@contextlib.contextmanager
def lock_progress(stream: TextIO) -> Iterator[LockProgress]:
    """Yield what shows progress on a stream."""
    if not stream.isatty():
        yield _Lines(stream)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(binary_units=True), TransferSpeedColumn())
    with Progress(*columns, console=Console(file=stream), transient=True) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Progress) -> None:
        self._bars = bars
        self._task: TaskID | None = None

    def say(self, line: str) -> None:
        self._bars.console.print(line, highlight=False, markup=False)

    def begin(self, what: str, size: int) -> None:
        self._task = self._bars.add_task(what.replace("[", "\\["), total=size or None)

    def advance(self, size: int) -> None:
        if self._task is not None:
            self._bars.advance(self._task, size)

    def end(self) -> None:
        if self._task is not None:
            self._bars.remove_task(self._task)
            self._task = None


class _Lines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._what, self._total, self._done, self._told = "", 0, 0, 0

    def say(self, line: str) -> None:
        self._stream.write(f"{line}\n")
        self._stream.flush()

    def begin(self, what: str, total: int) -> None:
        self._what, self._total, self._done, self._told = what, total, 0, 0
        self.say(f"{what}: {size(total)} ..." if total else f"{what} ...")

    def advance(self, done: int) -> None:
        self._done += done
        step = self._done * _STEPS // self._total if self._total >= _LONG else 0
        if self._told < step < _STEPS:
            self._told = step
            self.say(f"{self._what}: {size(self._done)} of {size(self._total)}")

    def end(self) -> None:
        self._what = ""
