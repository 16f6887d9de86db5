"""When the publisher runs: its hour in Phnom Penh, a missed one, a failed one."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from app.launch import daily
from app.launch.daily import HOUR, PHNOM_PENH
from app.launch.rhythm import Rhythm
from app.launch.trouble import Trouble


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """A moment of June 2026, as a clock in Phnom Penh shows it."""
    return datetime(2026, 6, day, hour, minute, tzinfo=PHNOM_PENH)


@pytest.mark.parametrize(
    ("now", "turn"),
    [
        (at(10, 1, 20), at(10, 1, 20)),
        (at(10, 1, 19), at(9, 1, 20)),
        (at(10, 23, 59), at(10, 1, 20)),
        (at(1, 0, 5), datetime(2026, 5, 31, 1, 20, tzinfo=PHNOM_PENH)),
        (datetime(2026, 6, 9, 18, 20, tzinfo=UTC), at(10, 1, 20)),
        (datetime(2026, 6, 9, 18, 19, tzinfo=UTC), at(9, 1, 20)),
    ],
)
def test_the_last_turn(now: datetime, turn: datetime) -> None:
    assert daily.last_turn(now, HOUR) == turn


@pytest.mark.parametrize(
    ("done", "due"),
    [
        (None, True),
        (at(9, 1, 19), True),
        (at(9, 1, 20), True),
        (at(10, 1, 19), True),
        (at(10, 1, 20), False),
        (at(10, 11), False),
        (at(10, 12), False),
        (at(10, 12, 1), True),
        (at(25, 1, 20), True),
    ],
)
def test_it_is_due_until_a_run_since_the_last_turn_has_succeeded(done: datetime | None, *, due: bool) -> None:
    assert daily.is_due(at(10, 12), HOUR, done) is due


def test_in_a_year_that_runs_through_it_is_due_once_a_day() -> None:
    now, done, runs = at(1, 0), at(1, 0), []
    for _ in range(365 * 24 * 4):
        now += timedelta(minutes=15)
        if daily.is_due(now, HOUR, done):
            done = now
            runs.append(now.astimezone(PHNOM_PENH))
    assert len(runs) == 365
    assert {run.time() for run in runs} == {time(1, 30)}


def test_after_a_failure_it_waits_longer_each_time_and_never_more_than_an_hour() -> None:
    assert [daily.pause_after(failures) / 60 for failures in range(1, 8)] == [5, 10, 20, 40, 60, 60, 60]
    assert daily.pause_after(5000) == 3600


def test_what_is_noted_is_read_again() -> None:
    moment = at(10, 1, 20)
    assert daily.read(daily.write(moment)) == moment
    for torn in ("", "2026-06-1", "2026-06-10T01:20:00", "nonsense"):
        assert daily.read(torn) is None


@pytest.mark.parametrize("said", ["", "1:20", "24:00", "01:60", "01:20:00", "noon"])
def test_no_time_of_day(said: str) -> None:
    with pytest.raises(Trouble, match="must be a time of day such as 01:20"):
        Rhythm.of({"SPEAN_PUBLISH_AT": said})


@pytest.mark.parametrize("said", ["", "0", "0.0", "-1", "often", "1e3"])
def test_no_number_of_seconds(said: str) -> None:
    with pytest.raises(Trouble, match="must be a number of seconds above 0"):
        Rhythm.of({"SPEAN_PROBE_EVERY": said})


def test_the_usual_rhythm_and_a_tests() -> None:
    assert Rhythm.of({}) == Rhythm(time(1, 20), 30.0)
    assert Rhythm.of({"SPEAN_PUBLISH_AT": "13:05", "SPEAN_PROBE_EVERY": "0.5"}) == Rhythm(time(13, 5), 0.5)
