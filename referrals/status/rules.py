"""When a scheduled task is well, when it fails, and when it is late. Three intervals without a success are late."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from app.core.scheduled import Scheduled

INTERVALS = 3
SHORTEST = timedelta(minutes=2)
"""What comes every few seconds is not late before this: a worker that is started anew takes up to half a minute."""
ENDLESS = timedelta(minutes=5)
"""A task that began so long ago and has not ended was killed, or hangs: none may take longer than four minutes."""


class Health(StrEnum):
    """How a scheduled task is."""

    WELL = "well"
    WAITING = "waiting"
    """It has not run yet, and its time has not passed either."""
    FAILING = "failing"
    LATE = "late"


@dataclass(frozen=True)
class Beat:
    """What a task left in the database.

    quiet: for how long it has not succeeded although Spean ran. failure: the kind of the last error. failed, tried: of
    how many in the last failed run. All of it is kept when a run succeeds, but for `quiet`.
    """

    task: str
    started_at: datetime | None = None
    succeeded_at: datetime | None = None
    failed_at: datetime | None = None
    failure: str = ""
    failed: int = 0
    tried: int = 0
    quiet: timedelta = timedelta()


def patience(every: timedelta) -> timedelta:
    """How long a task of this interval may go without a success."""
    return max(INTERVALS * every, SHORTEST)


def is_late(quiet: timedelta, every: timedelta) -> bool:
    """Whether a task has not succeeded for too long."""
    return quiet > patience(every)


def late(quiet: Mapping[str, timedelta], tasks: Iterable[Scheduled]) -> list[str]:
    """The names of the tasks that are late, in the order of `tasks`. What nobody waits for is never late."""
    return [task.name for task in tasks if task.name in quiet and is_late(quiet[task.name], task.every)]


def health(beat: Beat, every: timedelta) -> Health:
    """How a task is. Late is worse than failing: it may fail, too."""
    if is_late(beat.quiet, every):
        return Health.LATE
    if beat.failed_at is not None and (beat.succeeded_at is None or beat.failed_at > beat.succeeded_at):
        return Health.FAILING
    return Health.WAITING if beat.succeeded_at is None else Health.WELL


def hangs(beat: Beat, now: datetime) -> bool:
    """Whether the last run began and never came to an end."""
    if beat.started_at is None or now - beat.started_at < ENDLESS:
        return False
    return all(end is None or end < beat.started_at for end in (beat.succeeded_at, beat.failed_at))
