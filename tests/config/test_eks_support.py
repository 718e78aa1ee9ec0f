"""Which versions of EKS can be used on which day."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlplatform.config.clock import today
from mlplatform.config.eks_support import support_notice, version_fault
from mlplatform.config.eks_versions import eks_calendar
from mlplatform.config.load import parse_settings
from mlplatform.config.problems import ProblemsError
from mlplatform.config.support import NOTICE
from tests.config.test_aws import GOOD


@pytest.mark.parametrize("version", eks_calendar())
def test_extended_support_is_twelve_months_more(version):
    support = eks_calendar()[version]
    assert support.version == version
    assert support.extended == support.standard.replace(year=support.standard.year + 1)


@pytest.mark.parametrize(
    ("version", "day", "extended", "fault"),
    [
        ("1.36", date(2027, 8, 1), False, None),
        (
            "1.36",
            date(2027, 8, 2),
            False,
            "1.36 left the standard support of EKS on 2027-08-02; use a newer version, or",
        ),
        ("1.36", date(2027, 8, 2), True, None),
        ("1.36", date(2028, 8, 1), True, None),
        ("1.36", date(2028, 8, 2), True, "1.36 left all support of EKS on 2028-08-02; use 1."),
        ("1.36", date(2028, 8, 2), False, "1.36 left all support of EKS on 2028-08-02; use 1."),
        # Nothing is pinned for these: extended support would not help.
        ("1.33", date(2026, 11, 21), False, "1.33 left the standard support of EKS on 2026-07-29; use 1."),
        ("1.33", date(2026, 11, 21), True, "'1.33' is no version of EKS whose add-ons are known here; use 1."),
        ("1.30", date(2026, 11, 21), True, "1.30 left all support of EKS on 2026-07-23; use 1."),
        ("1.22", date(2026, 11, 21), True, "1.22 left all support of EKS long ago; use 1."),
        ("1.99", date(2026, 11, 21), False, "'1.99' is no version of EKS whose add-ons are known here; use 1."),
    ],
)
def test_what_can_be_used_on_a_day(version, day, extended, fault):
    found = version_fault(version, extended=extended, today=day)
    assert found is None if fault is None else found.startswith(fault)


@given(
    version=st.sampled_from(sorted(eks_calendar())),
    day=st.dates(date(2025, 1, 1), date(2030, 1, 1)),
    later=st.integers(0, 400),
    extended=st.booleans(),
)
def test_what_cannot_be_used_never_can_again(version, day, later, extended):
    if version_fault(version, extended=extended, today=day):
        assert version_fault(version, extended=extended, today=day + timedelta(days=later))
    if version_fault(version, extended=True, today=day):
        assert version_fault(version, extended=False, today=day)


@pytest.mark.parametrize(
    ("day", "extended", "notice"),
    [
        (date(2027, 6, 2), False, None),
        (date(2027, 6, 3), False, "Kubernetes 1.36 leaves the standard support of EKS on 2027-08-02; "),
        (date(2027, 8, 1), False, "Kubernetes 1.36 leaves the standard support of EKS on 2027-08-02; "),
        # Refused from here on.
        (date(2027, 8, 2), False, None),
        (date(2027, 8, 2), True, None),
        (date(2028, 6, 3), True, "Kubernetes 1.36 leaves all support of EKS on 2028-08-02; "),
        (date(2028, 8, 2), True, None),
    ],
)
def test_what_is_said_two_months_before(day, extended, notice):
    found = support_notice("1.36", extended=extended, today=day)
    assert found is None if notice is None else found.startswith(notice)


@given(
    version=st.sampled_from([*eks_calendar(), "1.99"]),
    day=st.dates(date(2026, 1, 1), date(2030, 1, 1)),
    extended=st.booleans(),
)
def test_who_reads_the_notice_has_a_version_that_will_be_refused_soon(version, day, extended):
    refused = version_fault(version, extended=extended, today=day)
    soon = version_fault(version, extended=extended, today=day + NOTICE)
    assert (support_notice(version, extended=extended, today=day) is not None) == (not refused and soon is not None)


def seconds(day):
    return str((day - date(1970, 1, 1)).days * 86400)


def faults(monkeypatch, day, **more):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", seconds(day))
    try:
        parse_settings({**GOOD, "cluster": {**GOOD["cluster"], **more}}, file="x")
    except ProblemsError as error:
        return [problem.key for problem in error.problems]
    return []


def test_the_settings_go_by_the_day(monkeypatch):
    ends = eks_calendar()["1.36"]
    assert faults(monkeypatch, ends.standard - timedelta(days=1)) == []
    assert faults(monkeypatch, ends.standard) == ["cluster.kubernetesVersion"]
    assert faults(monkeypatch, ends.standard, extendedSupport=True) == []
    assert faults(monkeypatch, ends.extended, extendedSupport=True) == ["cluster.kubernetesVersion"]


@given(day=st.dates(date(1970, 1, 1), date(2200, 1, 1)), second=st.integers(0, 86399))
def test_today_is_the_day_of_the_moment_that_is_given(day, second):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(int(seconds(day)) + second))
        assert today() == day


@pytest.mark.parametrize("text", ["tomorrow", "1.5", "9" * 30])
def test_what_is_no_moment(monkeypatch, text):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", text)
    with pytest.raises(ProblemsError, match=r"environment: SOURCE_DATE_EPOCH: .* is no moment"):
        today()


def test_without_the_variable_it_is_the_system_that_says_so(monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH")
    before = datetime.now(tz=UTC).date()
    assert before <= today() <= datetime.now(tz=UTC).date()
