"""When the publisher runs: once a day at its hour, later if that was missed, and again after a while if it failed.

Rules only. The wall clock says which day it is; how long to wait after a failure is counted by one that never jumps.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta, timezone

from app.launch.trouble import Trouble

PHNOM_PENH = timezone(timedelta(hours=7))
HOUR = time(1, 20)
"""Periods close at midnight and settle for an hour."""
LONGEST = 600.0
"""Seconds. A publisher that takes longer is stuck."""
_FIRST_PAUSE, _LONGEST_PAUSE = 300.0, 3600.0


def parse_hour(said: str) -> time:
    """A time of day in Phnom Penh, such as 01:20. Raises Trouble."""
    found = re.fullmatch(r"([01][0-9]|2[0-3]):([0-5][0-9])", said)
    if found is None:
        raise Trouble(f"SPEAN_PUBLISH_AT is {said!r}: it must be a time of day such as 01:20.")
    return time(int(found[1]), int(found[2]))


def last_turn(now: datetime, hour: time) -> datetime:
    """The last moment, at or before `now`, at which it was that hour in Phnom Penh."""
    turn = datetime.combine(now.astimezone(PHNOM_PENH).date(), hour, PHNOM_PENH)
    return turn if turn <= now else turn - timedelta(days=1)


def is_due(now: datetime, hour: time, done: datetime | None) -> bool:
    """Whether no run that succeeded (`done`: its beginning) has begun since the last turn.

    One that is noted in the future was noted by a wrong clock.
    """
    return done is None or done > now or done < last_turn(now, hour)


def pause_after(failures: int) -> float:
    """Seconds until the next try after so many failures in a row: 5 minutes, 10, 20 … an hour."""
    return min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)


def write(moment: datetime) -> str:
    """As it is noted in the data folder."""
    return moment.astimezone(UTC).isoformat(timespec="seconds") + "\n"


def read(noted: str) -> datetime | None:
    """What `write` wrote; None for anything else."""
    try:
        moment = datetime.fromisoformat(noted.strip())
    except ValueError:
        return None
    return moment if moment.tzinfo else None
