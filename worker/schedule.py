"""What happens by itself, and when (Phnom Penh time). A beat that nobody took in time is dropped, not piled up."""

from __future__ import annotations

from typing import Any

from celery.schedules import crontab

from worker import config

_S = 1.0
_MINUTE = 60 * _S


def _every(task: str, seconds: float) -> dict[str, Any]:
    return {"task": task, "schedule": seconds, "options": {"expires": seconds}}


def _daily(task: str, hour: int, minute: int) -> dict[str, Any]:
    return {"task": task, "schedule": crontab(hour=str(hour), minute=str(minute)), "options": {"expires": 12 * 3600}}


SCHEDULE: dict[str, dict[str, Any]] = {
    "tell people, should a nudge get lost": _every(config.RELAY, 5 * _S),
    "count how long it runs, and find out whether the clock is right": _every(config.CLOCK, 30 * _S),
    "remind of referrals, and let them run out": _every(config.DUE, _MINUTE),
    "count how programmes answer": _every(config.RECORDS, 60 * _MINUTE),
    "publish the periods that have closed": _daily(config.PUBLISH, 1, 20),  # after they have settled for an hour
    "chain the audit's entries": _every(config.SEAL, 10 * _S),
    "let partners witness each other's audit": _daily(config.WITNESS, 0, 10),
    "let the audit of seven years ago go": _daily(config.PRUNE, 3, 40),
    "clear away what was kept long enough": _daily(config.SWEEP, 3, 10),
}
