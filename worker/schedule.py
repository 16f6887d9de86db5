"""What happens by itself, and when (Phnom Penh time). A beat that nobody took in time is dropped, not piled up.

Publishing is not here: the launcher starts a process of its own for it (`app/launch/publishing.py`).
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

from app.core import scheduled
from app.core.scheduled import Scheduled

_LATEST = timedelta(hours=12)
"""So long what runs once a day may wait for a worker."""


def _entry(task: Scheduled) -> dict[str, Any]:
    if task.at is None:
        seconds = task.every.total_seconds()
        return {"task": task.name, "schedule": seconds, "options": {"expires": seconds}}
    schedule = crontab(hour=str(task.at.hour), minute=str(task.at.minute))
    return {"task": task.name, "schedule": schedule, "options": {"expires": _LATEST.total_seconds()}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "tell people, should a nudge get lost": _entry(scheduled.RELAY),
    "send mails, should a message get lost": _entry(scheduled.MAIL),
    "count how long it runs, and find out whether the clock is right": _entry(scheduled.CLOCK),
    "remind of referrals, and let them run out": _entry(scheduled.DUE),
    "count how programmes answer": _entry(scheduled.RECORDS),
    "chain the audit's entries": _entry(scheduled.SEAL),
    "let partners witness each other's audit": _entry(scheduled.WITNESS),
    "let the audit of seven years ago go": _entry(scheduled.PRUNE),
    "clear away what was kept long enough": _entry(scheduled.SWEEP),
}
