"""Late or not, for every task there is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from app.core.scheduled import DUE, RELAY, TASKS, Scheduled
from referrals.status.rules import SHORTEST, Beat, Health, hangs, health, is_late, late, patience

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def by_name(task: Scheduled) -> str:
    return task.name


@pytest.mark.parametrize("task", TASKS, ids=by_name)
def test_a_task_is_late_after_three_of_its_intervals_and_never_within_two_minutes(task: Scheduled) -> None:
    expected = max(3 * task.every, timedelta(minutes=2))
    assert patience(task.every) == expected
    for quiet, is_so in (
        (timedelta(), False),
        (task.every, False),
        (expected - SECOND, False),
        (expected, False),
        (expected + SECOND, True),
        (10 * expected, True),
    ):
        assert is_late(quiet, task.every) is is_so
        assert late({task.name: quiet}, TASKS) == ([task.name] if is_so else [])
        assert (health(Beat(task.name, quiet=quiet), task.every) is Health.LATE) is is_so


def test_what_comes_once_a_day_may_miss_two_nights() -> None:
    for task in TASKS:
        if task.at is not None:
            assert not is_late(timedelta(days=2, hours=23), task.every)
            assert is_late(timedelta(days=3, minutes=1), task.every)


@pytest.mark.parametrize(
    ("succeeded", "failed", "quiet", "expected"),
    [
        (None, None, 0, Health.WAITING),
        (1, None, 1, Health.WELL),
        (1, 2, 1, Health.WELL),
        (2, 1, 2, Health.FAILING),
        (None, 1, 1, Health.FAILING),
        (1, 1, 1, Health.WELL),
        (None, None, 4, Health.LATE),
        (4, None, 4, Health.LATE),
        (4, 1, 4, Health.LATE),
        (None, 1, 4, Health.LATE),
        (4, None, 0, Health.WELL),  # the machine was off meanwhile
    ],
)
def test_how_a_task_is(succeeded: int | None, failed: int | None, quiet: int, expected: Health) -> None:
    """All in intervals of a task: how long ago it succeeded and failed last, and for how long it is quiet."""
    ago = [None if one is None else NOW - one * DUE.every for one in (succeeded, failed)]
    beat = Beat(DUE.name, succeeded_at=ago[0], failed_at=ago[1], quiet=quiet * DUE.every)
    assert health(beat, DUE.every) is expected


def test_what_nobody_waits_for_is_never_late() -> None:
    assert late({"spean.gone": timedelta(days=99)}, TASKS) == []
    assert late({}, TASKS) == []
    everything = {task.name: timedelta(days=99) for task in TASKS}
    assert late(everything, TASKS) == [task.name for task in TASKS]
    assert 3 * RELAY.every < SHORTEST


def test_a_run_that_began_and_did_not_end() -> None:
    minute = timedelta(minutes=1)
    assert not hangs(Beat("x"), NOW)
    assert not hangs(Beat("x", started_at=NOW - minute), NOW)
    assert hangs(Beat("x", started_at=NOW - 6 * minute), NOW)
    assert hangs(Beat("x", started_at=NOW - 6 * minute, succeeded_at=NOW - 7 * minute), NOW)
    assert not hangs(Beat("x", started_at=NOW - 6 * minute, succeeded_at=NOW - 5 * minute), NOW)
    assert not hangs(Beat("x", started_at=NOW - 6 * minute, failed_at=NOW - 6 * minute), NOW)
