import pytest

from settings.cron import cron_faults


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
