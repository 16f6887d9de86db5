"""The one place that asks what time it is: the database, by whose clock everything is decided.

Each transaction that enters is told the database's time. From one to the next it is carried on by a clock of this
machine that never jumps, so that a process's own idea of the date decides nothing. A demo or a test can say otherwise.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

PHNOM_PENH = ZoneInfo("Asia/Phnom_Penh")
"""Where the days and the hours are counted; no summer time."""

_set: ContextVar[datetime | None] = ContextVar("spean_clock", default=None)
_heard: list[tuple[datetime, float]] = []
"""What the database said last, and how long this machine had then been running; nothing before the first time."""


def now() -> datetime:
    """The present moment, aware, in UTC: the database's, as soon as it was heard."""
    return _set.get() or _carried_on()


def _carried_on() -> datetime:
    for moment, since in _heard:
        return moment + timedelta(seconds=since_start() - since)
    return datetime.now(UTC)


def hear(moment: datetime) -> None:
    """The database says that it is `moment` (aware)."""
    _heard[:] = [(moment.astimezone(UTC), since_start())]


def since_start() -> float:
    """For how many seconds this machine has been running, sleep included (Linux, clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


@contextmanager
def at(moment: datetime) -> Iterator[None]:
    """Let it be `moment` (aware) inside the block."""
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    token = _set.set(moment.astimezone(UTC))
    try:
        yield
    finally:
        _set.reset(token)
