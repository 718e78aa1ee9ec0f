"""Cron schedules of five fields, as Kubernetes reads them.

Kubernetes parses them with robfig/cron's standard parser: Sunday is 0 and never 7, and nothing wraps around.
Source: https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/#schedule-syntax
"""

from __future__ import annotations

import datetime as dt
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
# Minutes of a day; days of the week and leap years repeat every 28 years.
_DAY = 24 * 60
_EPOCH = dt.date(2001, 1, 1)
_CYCLE = dt.date(2029, 1, 1) - _EPOCH


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


def longest_gap(schedule: str) -> dt.timedelta | None:
    """Return the longest time between two runs of a schedule without faults, ``None`` if it never runs.

    Looked at over the 28 years after which days of the week and leap years repeat (1901 to 2099).
    """
    minutes, hours, days, months, weekdays = (
        _values(text, field) for text, field in zip(schedule.split(" "), _FIELDS, strict=True)
    )
    _, _, day, _, weekday = schedule.split(" ")
    # A day is one that both fields name; where both are limited, one that either names (robfig/cron, dayMatches).
    either = not (_starred(day) or _starred(weekday))
    times = sorted(60 * hour + minute for hour in hours for minute in minutes)
    runs = [
        number * _DAY
        for number in range(_CYCLE.days)
        if (date := _EPOCH + dt.timedelta(days=number)).month in months
        and (any if either else all)((date.day in days, date.isoweekday() % 7 in weekdays))
    ]
    if not runs:
        return None
    between = (after - before for before, after in pairwise((*runs, runs[0] + _CYCLE.days * _DAY)))
    inside = max((after - before for before, after in pairwise(times)), default=0)
    return dt.timedelta(minutes=max(inside, max(between) + times[0] - times[-1]))


def _starred(field: str) -> bool:
    """Tell whether a field is no limit: ``*``, alone or in a list; ``*/2`` is one."""
    return any(part in {"*", "*/1"} for part in field.split(","))


def _values(text: str, field: tuple[str, int, int, tuple[str, ...]]) -> set[int]:
    _, smallest, largest, names = field
    numbers: set[int] = set()
    for part in text.split(","):
        span, _, step = part.partition("/")
        first, _, last = span.partition("-")
        start = smallest if span == "*" else _number(first, names, smallest) or 0
        # "5/15" goes on to the end.
        end = (_number(last, names, smallest) or 0) if last else largest if span == "*" or step else start
        numbers.update(range(start, end + 1, int(step or 1)))
    return numbers


def _number(text: str, names: tuple[str, ...], smallest: int) -> int | None:
    if text.isdigit():
        return int(text)
    return names.index(text.lower()) + smallest if text.lower() in names else None
