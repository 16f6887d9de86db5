"""Which tasks run by themselves, and how often: the schedule is built from this, and the web judges by it.

Plain values, so that the web need not load the worker to know what it is waiting for.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Scheduled:
    """One task. `at`: the time of day in Phnom Penh, for what runs once a day."""

    name: str
    every: timedelta
    at: time | None = None


RELAY = Scheduled("spean.relay", timedelta(seconds=5))
MAIL = Scheduled("spean.mail", timedelta(seconds=10))
CLOCK = Scheduled("spean.clock", timedelta(seconds=30))
DUE = Scheduled("spean.due", timedelta(minutes=1))
RECORDS = Scheduled("spean.records", timedelta(hours=1))
PUBLISH = Scheduled("spean.publish", DAY, time(1, 20))  # a process of its own, which the launcher starts
SEAL = Scheduled("spean.seal_audit", timedelta(seconds=10))
WITNESS = Scheduled("spean.witness_audit", DAY, time(0, 10))
PRUNE = Scheduled("spean.prune_audit", DAY, time(3, 40))
SWEEP = Scheduled("spean.sweep", DAY, time(3, 10))

TASKS: tuple[Scheduled, ...] = (RELAY, MAIL, CLOCK, DUE, SEAL, RECORDS, PUBLISH, WITNESS, SWEEP, PRUNE)
"""All of them, the most urgent first."""
BY_BEAT: tuple[Scheduled, ...] = tuple(one for one in TASKS if one is not PUBLISH)
"""What Celery's beat asks the worker for."""
