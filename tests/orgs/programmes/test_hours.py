from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.clock import PHNOM_PENH
from app.core.errors import Invalid
from orgs.programmes.hours import DAY, WeeklyHours, minute_of

MORNING, AFTERNOON = (8 * 60, 12 * 60), (14 * 60, 17 * 60)
OFFICE = WeeklyHours((*([(MORNING, AFTERNOON)] * 5), (MORNING,), ()))
ALWAYS = WeeklyHours((((0, DAY),),) * 7)
NEVER = WeeklyHours(((),) * 7)


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """November 2026: the 23rd is a Monday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=PHNOM_PENH)


@st.composite
def weeks(draw: st.DrawFn) -> WeeklyHours:
    """Weeks with at least one interval somewhere, also round the clock and across midnight."""
    days = []
    for _ in range(7):
        ends = draw(st.lists(st.integers(0, DAY), max_size=6, unique=True).map(sorted))
        days.append(tuple(zip(ends[::2], ends[1::2], strict=False)))
    if not any(days):
        days[draw(st.integers(0, 6))] = ((0, DAY),)
    return WeeklyHours(tuple(days))


moments = st.datetimes(datetime(2025, 1, 1), datetime(2028, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
lengths = st.integers(0, 60 * 24 * 30)


@pytest.mark.parametrize(
    ("start", "minutes", "due"),
    [
        (at(23, 8), 60, at(23, 9)),
        (at(23, 11), 60, at(23, 12)),
        (at(23, 11), 61, at(23, 14, 1)),
        (at(23, 12, 30), 60, at(23, 15)),
        (at(23, 6), 60, at(23, 9)),
        (at(23, 16), 120, at(24, 9)),
        (at(27, 16), 24 * 60, at(30, 15) + timedelta(days=2)),
        (at(28, 11), 61, at(30, 8, 1)),
        (at(29, 3), 1, at(30, 8, 1)),
        (at(23, 8), 39 * 60, at(28, 12)),
        (at(23, 8), 2 * 39 * 60 + 1, at(23, 8, 1) + timedelta(days=14)),
        (at(29, 3), 0, at(29, 3)),
    ],
)
def test_answers_promised_in_working_hours(start: datetime, minutes: int, due: datetime) -> None:
    assert OFFICE.add_working_time(start, minutes) == due
    assert OFFICE.working_minutes(start, due) == minutes


@given(weeks(), moments, lengths)
def test_what_is_added_is_what_is_counted(hours: WeeklyHours, start: datetime, minutes: int) -> None:
    due = hours.add_working_time(start, minutes)
    assert hours.working_minutes(start, due) == minutes
    assert due >= start + timedelta(minutes=minutes)


@given(weeks(), moments, lengths, lengths)
def test_time_adds_up(hours: WeeklyHours, start: datetime, first: int, second: int) -> None:
    between = start + timedelta(minutes=first)
    end = between + timedelta(minutes=second)
    parts = hours.working_minutes(start, between) + hours.working_minutes(between, end)
    assert parts <= hours.working_minutes(start, end) <= parts + 1


@given(weeks(), moments, st.integers(1, 60 * 24 * 14))
def test_a_due_time_falls_into_the_hours_or_on_a_closing(hours: WeeklyHours, start: datetime, minutes: int) -> None:
    due = hours.add_working_time(start, minutes)
    assert hours.covers(due - timedelta(microseconds=1))


@given(weeks(), moments, lengths)
def test_half_time_lies_between(hours: WeeklyHours, start: datetime, minutes: int) -> None:
    due = hours.add_working_time(start, minutes)
    half = hours.half_time(start, due)
    assert start <= half <= due
    assert hours.working_minutes(start, half) == minutes // 2


@given(moments, lengths)
def test_round_the_clock_is_plain_time(start: datetime, minutes: int) -> None:
    assert ALWAYS.add_working_time(start, minutes) == start + timedelta(minutes=minutes)


@given(weeks(), moments)
def test_covers_agrees_with_counting(hours: WeeklyHours, moment: datetime) -> None:
    minute = moment.replace(second=0, microsecond=0)
    assert hours.covers(minute) is (hours.working_minutes(minute, minute + timedelta(minutes=1)) == 1)


def test_nothing_passes_backwards() -> None:
    assert OFFICE.working_minutes(at(24, 8), at(23, 8)) == 0


def test_a_week_without_hours_never_comes_to_an_end() -> None:
    assert NEVER.working_minutes(at(23, 0), at(30, 0)) == 0
    with pytest.raises(ValueError, match="no working time"):
        NEVER.add_working_time(at(23, 8), 1)


@pytest.mark.parametrize(
    ("moment", "open_"),
    [
        (at(23, 8), True),
        (at(23, 11, 59), True),
        (at(23, 12), False),
        (at(23, 7, 59), False),
        (at(28, 15), False),
        (at(29, 9), False),
        (datetime(2026, 11, 23, 1, 0, tzinfo=UTC), True),
    ],
)
def test_closing_time_is_closed(moment: datetime, *, open_: bool) -> None:
    assert OFFICE.covers(moment) is open_


@pytest.mark.parametrize(
    "day",
    [
        ((600, 600),),
        ((700, 600),),
        ((600, 700), (650, 800)),
        ((700, 800), (600, 650)),
        ((-1, 5),),
        ((0, 1441),),
    ],
)
def test_impossible_hours_are_refused(day: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(Invalid) as refused:
        WeeklyHours((day, *([()] * 6)))
    assert refused.value.field == "hours"


def test_a_week_has_seven_days() -> None:
    with pytest.raises(Invalid):
        WeeklyHours(((),) * 6)


@given(weeks())
def test_stored_and_read_again(hours: WeeklyHours) -> None:
    assert WeeklyHours.from_json(hours.to_json()) == hours


@pytest.mark.parametrize("bad", [[[["8"]]], [[["08:00", None]]] * 7, 7, [[["08:00", "09:00", "10:00"]]] * 7])
def test_malformed_hours_are_refused_in_words(bad: object) -> None:
    with pytest.raises(Invalid) as refused:
        WeeklyHours.from_json(bad)  # type: ignore[arg-type]
    assert refused.value.field == "hours"


@pytest.mark.parametrize(
    ("typed", "minute"), [("08:00", 480), ("8.30", 510), ("០៨:៣០", 510), (" 24:00 ", 1440), ("00:00", 0)]
)
def test_times_as_people_type_them(typed: str, minute: int) -> None:
    assert minute_of(typed) == minute


@pytest.mark.parametrize("typed", ["", "8", "25:00", "24:01", "08:60", "-1:00", "noon"])
def test_impossible_times_are_refused(typed: str) -> None:
    with pytest.raises(Invalid, match="hours and minutes"):
        minute_of(typed)
