from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.cron import cron_faults, longest_gap


@pytest.mark.parametrize(
    "schedule",
    [
        "0 2 * * *",
        "*/10 2-4/2 1,15 JAN-MAR mon-fri",
        "59 23 31 12 6",
        "*/60 * * * *",
        "5/15 0 1 1 SUN",
        "0 0 * Dec Sat",
    ],
)
def test_schedules_that_kubernetes_takes(schedule):
    assert list(cron_faults(schedule)) == []


@pytest.mark.parametrize(
    ("schedule", "where"),
    [
        ("60 2 * * *", "minute '60'"),
        ("0 24 * * *", "hour '24'"),
        ("0 2 0 * *", "day of the month '0'"),
        ("0 2 * 13 *", "month '13'"),
        ("0 2 * mon *", "month 'mon'"),
        ("0 2 * * 7", "day of the week '7'"),
        ("0 2 * * fri-mon", "day of the week 'fri-mon'"),
        ("30-10 2 * * *", "minute '30-10'"),
        ("0,75 2 * * *", "minute '75'"),
        ("*/0 2 * * *", "minute '*/0'"),
    ],
)
def test_schedules_that_it_refuses(schedule, where):
    (fault,) = cron_faults(schedule)
    assert where in fault


@pytest.mark.parametrize(
    ("schedule", "gap"),
    [
        ("* * * * *", timedelta(minutes=1)),
        ("0 1 * * *", timedelta(days=1)),
        ("0 */5 * * *", timedelta(hours=5)),
        ("*/25 * * * *", timedelta(minutes=25)),
        ("30/20 * * * *", timedelta(minutes=40)),
        ("0 1 * * mon-fri", timedelta(days=3)),
        ("0 1 1 * *", timedelta(days=31)),
        # Where both days are limited, either will do.
        ("0 1 1 * 0", timedelta(days=7)),
        ("0 1 */2 * 0", timedelta(days=2)),
        ("0 1 29 2 *", timedelta(days=4 * 365 + 1)),
        ("0 0 13 * 5", timedelta(days=7)),
        ("0 1 30 Feb *", None),
    ],
)
def test_the_longest_time_without_a_run(schedule, gap):
    assert longest_gap(schedule) == gap


def values(smallest, largest):
    number = st.integers(smallest, largest)
    return st.lists(number, min_size=1, max_size=4).map(lambda found: ",".join(map(str, found)))


@given(minute=values(0, 59), hour=values(0, 23), weekday=st.one_of(st.just("*"), values(0, 6)), more=values(0, 23))
def test_more_hours_never_make_the_gap_longer(minute, hour, weekday, more):
    fewer = longest_gap(f"{minute} {hour} * * {weekday}")
    assert longest_gap(f"{minute} {hour},{more} * * {weekday}") <= fewer <= timedelta(days=7)


@given(minute=st.integers(0, 59), hour=st.integers(0, 23), step=st.integers(1, 23))
def test_a_step_that_divides_the_day_is_the_gap(minute, hour, step):
    assert longest_gap(f"{minute} {hour} * * *") == timedelta(days=1)
    gap = longest_gap(f"{minute} */{step} * * *")
    assert timedelta(hours=1) <= gap <= timedelta(hours=max(step, 24 - step * (23 // step)))
