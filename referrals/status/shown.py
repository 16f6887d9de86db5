"""What the page and the API show, put together from what the database knows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from app.core import clock
from app.core.scheduled import TASKS
from referrals.status import queries, rules
from referrals.status.queries import ErrorCount, Incident
from referrals.status.rules import Beat, Health

_FINE = frozenset({Health.WELL, Health.WAITING})


@dataclass(frozen=True)
class Task:
    """One scheduled task, judged."""

    beat: Beat
    every: timedelta
    health: Health
    hangs: bool


@dataclass(frozen=True)
class Status:
    """How Spean is now."""

    tasks: list[Task]
    incidents: list[Incident]
    errors: list[ErrorCount]

    @property
    def well(self) -> bool:
        """Whether every task does its work. Errors that were counted do not change it: they are over."""
        return all(task.health in _FINE for task in self.tasks)

    @property
    def ending(self) -> bool:
        """Whether every task does its work again, and the bell still rings: it goes on until all stayed well."""
        return self.well and any(one.closed_at is None for one in self.incidents)

    @property
    def errors_today(self) -> int:
        """Since midnight in Phnom Penh."""
        return sum(one.today for one in self.errors)

    @property
    def errors_in_a_week(self) -> int:
        """In the last seven days."""
        return sum(one.week for one in self.errors)


def status(session: Session) -> Status:
    """Everything at once. Asked as a steward."""
    beats, now = queries.beats(session), clock.now()
    tasks = [_judged(beats[task.name], task.every, now) for task in TASKS]
    tasks.sort(key=lambda task: task.health in _FINE)  # what needs somebody stands first
    return Status(tasks, queries.incidents(session), queries.error_counts(session))


def _judged(beat: Beat, every: timedelta, now: datetime) -> Task:
    return Task(beat, every, rules.health(beat, every), rules.hangs(beat, now))
