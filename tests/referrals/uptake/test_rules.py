from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.context import Actor
from app.core.errors import Invalid, NotAllowed
from app.core.ids import new_id
from referrals.uptake.periods import Kind, Period, period_of
from referrals.uptake.rules import can_choose, check_kind, check_may_choose, next_periods

NOW = datetime(2026, 11, 22, tzinfo=UTC)
FIRST = date(2026, 5, 20)


def _names(kind: Kind, published: list[Period]) -> list[str]:
    return [period.name for period in next_periods(NOW, kind, since=FIRST, published=published)]


def _months(*names: int) -> list[Period]:
    return [period_of(date(2026, month, 1), Kind.MONTH) for month in names]


def test_every_closed_period_is_next_once() -> None:
    assert _names(Kind.QUARTER, []) == ["2026-Q2", "2026-Q3"]
    assert _names(Kind.MONTH, []) == ["2026-05", "2026-06", "2026-07", "2026-08", "2026-09", "2026-10"]
    assert _names(Kind.MONTH, _months(5, 6, 7, 8, 9)) == ["2026-10"]


def test_after_a_quarter_its_months_are_never_published() -> None:
    quarter = period_of(date(2026, 7, 1), Kind.QUARTER)
    assert _names(Kind.MONTH, [quarter]) == ["2026-05", "2026-06", "2026-10"]


def test_a_quarter_begun_in_months_is_finished_in_months() -> None:
    assert _names(Kind.QUARTER, _months(5, 6, 7)) == ["2026-08", "2026-09"]
    assert _names(Kind.QUARTER, _months(5, 6)) == ["2026-Q3"]


@settings(deadline=None)
@given(st.lists(st.tuples(st.sampled_from(Kind), st.integers(0, 700)), max_size=12))
def test_whatever_the_steward_chooses_and_when_nothing_overlaps_and_nothing_is_lost(
    choices: list[tuple[Kind, int]],
) -> None:
    published: list[Period] = []
    for kind, days in sorted(choices, key=lambda choice: choice[1]):
        moment = datetime(2026, 5, 20, tzinfo=UTC).timestamp() + days * 86400
        now = datetime.fromtimestamp(moment, UTC)
        published += next_periods(now, kind, since=FIRST, published=published)
        closed = period_of(now.date(), Kind.QUARTER).starts
        ordered = sorted(published)
        assert all(before.ends == after.starts for before, after in pairwise(ordered))
        assert not ordered or ordered[-1].ends >= min(closed, now.date())


def test_only_a_steward_chooses() -> None:
    for role in ("outreach", "caseworker", "clinician", "manager", "official"):
        actor = Actor(new_id(), "ngo", new_id(), frozenset({role}))
        assert not can_choose(actor)
        with pytest.raises(NotAllowed):
            check_may_choose(actor)
    assert can_choose(Actor(new_id(), "steward", new_id(), frozenset({"steward"})))


def test_there_are_months_and_quarters() -> None:
    assert [check_kind(kind) for kind in ("month", "quarter")] == [Kind.MONTH, Kind.QUARTER]
    with pytest.raises(Invalid):
        check_kind("week")
