from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from referrals.uptake.periods import Kind, Period, closed_periods, period_of, to_publish

NOW = datetime(2026, 11, 22, tzinfo=UTC)
days = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.parametrize(
    ("day", "kind", "name", "starts", "ends"),
    [
        (date(2026, 11, 22), Kind.MONTH, "2026-11", date(2026, 11, 1), date(2026, 12, 1)),
        (date(2026, 12, 31), Kind.MONTH, "2026-12", date(2026, 12, 1), date(2027, 1, 1)),
        (date(2026, 11, 22), Kind.QUARTER, "2026-Q4", date(2026, 10, 1), date(2027, 1, 1)),
        (date(2026, 3, 31), Kind.QUARTER, "2026-Q1", date(2026, 1, 1), date(2026, 4, 1)),
        (date(2026, 4, 1), Kind.QUARTER, "2026-Q2", date(2026, 4, 1), date(2026, 7, 1)),
    ],
)
def test_months_and_quarters(day: date, kind: Kind, name: str, starts: date, ends: date) -> None:
    period = period_of(day, kind)
    assert (period.name, period.starts, period.ends, period.kind) == (name, starts, ends, kind)


@given(days, st.sampled_from(Kind))
def test_every_day_belongs_to_one_period(day: date, kind: Kind) -> None:
    period = period_of(day, kind)
    assert period.starts <= day < period.ends
    assert period_of(period.ends - timedelta(days=1), kind) == period
    following = period_of(period.ends, kind)
    assert following.starts == period.ends
    assert not period.overlaps(following)


def test_only_what_is_over_is_closed() -> None:
    names = [period.name for period in closed_periods(NOW, Kind.MONTH, since=date(2026, 8, 15))]
    assert names == ["2026-08", "2026-09", "2026-10"]
    names = [period.name for period in closed_periods(NOW, Kind.QUARTER, since=date(2026, 5, 1))]
    assert names == ["2026-Q2", "2026-Q3"]
    assert closed_periods(NOW, Kind.QUARTER, since=date(2026, 11, 1)) == ()


def test_a_period_closes_at_midnight_in_phnom_penh() -> None:
    since = date(2026, 11, 1)
    before = datetime(2026, 11, 30, 16, 59, 59, tzinfo=UTC)
    assert closed_periods(before, Kind.MONTH, since=since) == ()
    assert len(closed_periods(before + timedelta(seconds=1), Kind.MONTH, since=since)) == 1


def test_what_is_published_is_not_published_again() -> None:
    published = [period_of(date(2026, 8, 1), Kind.MONTH), period_of(date(2026, 9, 1), Kind.MONTH)]
    left = to_publish(NOW, Kind.MONTH, since=date(2026, 8, 1), published=published)
    assert [period.name for period in left] == ["2026-10"]


def test_a_quarter_is_never_published_over_its_own_months() -> None:
    july = period_of(date(2026, 7, 1), Kind.MONTH)
    left = to_publish(NOW, Kind.QUARTER, since=date(2026, 4, 1), published=[july])
    assert [period.name for period in left] == ["2026-Q2"]


@given(days, days, st.sampled_from(Kind), st.sampled_from(Kind))
def test_overlap_is_having_a_day_in_common(first: date, second: date, one: Kind, other: Kind) -> None:
    a, b = period_of(first, one), period_of(second, other)
    common = {a.starts + timedelta(days=n) for n in range((a.ends - a.starts).days)} & {
        b.starts + timedelta(days=n) for n in range((b.ends - b.starts).days)
    }
    assert a.overlaps(b) is b.overlaps(a) is bool(common)


def test_periods_sort_by_time() -> None:
    months = [period_of(date(2026, month, 1), Kind.MONTH) for month in (3, 1, 2)]
    assert [period.name for period in sorted(months)] == ["2026-01", "2026-02", "2026-03"]
    assert isinstance(months[0], Period)
