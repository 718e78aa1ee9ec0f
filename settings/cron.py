"""Cron schedules of five fields, as Kubernetes reads them.

Kubernetes parses them with robfig/cron's standard parser: Sunday is 0 and never 7, and nothing wraps around.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
# Name, smallest and largest number, names of the numbers from the smallest on.
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day of the month", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("day of the week", 0, 6, _DAYS),
)


def cron_faults(schedule: str) -> Iterator[str]:
    """Yield what is out of range in a schedule that has the form of one: five fields of numbers, names and steps."""
    for text, (what, smallest, largest, names) in zip(schedule.split(" "), _FIELDS, strict=True):
        for part in text.split(","):
            span, _, step = part.partition("/")
            numbers = [_number(bound, names, smallest) for bound in span.split("-")] if span != "*" else []
            if any(number is None or not smallest <= number <= largest for number in numbers):
                yield f"its {what} '{part}' is not within {smallest} to {largest}"
            elif any(first > last for first, last in pairwise(number for number in numbers if number is not None)):
                yield f"its {what} '{part}' ends before it starts"
            elif step and not int(step):
                yield f"its {what} '{part}' has a step of nothing"


def _number(text: str, names: tuple[str, ...], smallest: int) -> int | None:
    if text.isdigit():
        return int(text)
    return names.index(text.lower()) + smallest if text.lower() in names else None
