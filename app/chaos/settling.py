"""Waiting, once everything was mended, until nothing is under way any more; never for ever."""

from __future__ import annotations

import time
from collections.abc import Sequence

import psycopg

from app.chaos import aging, rows
from app.chaos.history import Due
from app.chaos.invariants import DUE_WITHIN
from app.chaos.stack import Stack
from app.launch.processes import pause

MOST_TIMES = 40
LEASE_S = 30.0
"""After this long, work that somebody held when they died is given out again, and done."""
_SETTLED_S, _SEALED_S, _STEP_S, _AGAIN_S = 100.0, 45.0, 0.5, 5.0


def until_settled(stack: Stack, due: Sequence[Due]) -> int:
    """Wait for jobs and mails, and for what is due; returns how many jobs and mails are still under way."""
    begun, tried = time.monotonic(), 0.0
    backup_url = stack.environ["SPEAN_BACKUP_URL"]
    while True:
        stack.check()
        waited = time.monotonic() - begun
        if waited - tried > _AGAIN_S:
            tried = waited
            aging.try_again(stack.admin_url)
        left = rows.under_way(backup_url)
        if waited > max(_SETTLED_S, _longest(waited, due)) or (not left and _all_followed_up(backup_url, due)):
            return left
        pause(_STEP_S)


def rest(seconds: float) -> None:
    """Do nothing for so long, unless somebody asks for the end."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        pause(_STEP_S)


def _longest(waited: float, due: Sequence[Due]) -> float:
    """What is due may take two minutes from its own time."""
    now = time.time()
    return waited + max((DUE_WITHIN.total_seconds() - (now - one.at.timestamp()) for one in due), default=0.0)


def _all_followed_up(backup_url: str, due: Sequence[Due]) -> bool:
    return all(rows.followed_up(backup_url, one.referral, one.kind) for one in due)


def until_sealed(stack: Stack) -> bool:
    """Wait until no entry of the audit waits to be sealed."""
    deadline = time.monotonic() + _SEALED_S
    while time.monotonic() < deadline:
        with psycopg.connect(stack.environ["SPEAN_MIGRATOR_URL"]) as connection:
            row = connection.execute("SELECT entries FROM sec.audit_lag() AS lag (entries, seconds)").fetchone()
        if row == (0,):
            return True
        pause(_STEP_S)
    return False
