"""What the steward sees of a running Spean: heartbeats, incidents and counted errors. Nothing of anybody's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.scheduled import TASKS
from referrals.status.rules import Beat

MOST_INCIDENTS = 10


@dataclass(frozen=True)
class Incident:
    """A time in which something was late; `closed_at` is None while it lasts."""

    opened_at: datetime
    closed_at: datetime | None
    tasks: list[str]


@dataclass(frozen=True)
class ErrorCount:
    """How often one kind of unforeseen error came at one place, today and in seven days, and the last one's id."""

    endpoint: str
    kind: str
    today: int
    week: int
    last_at: datetime
    last_id: str


def beats(session: Session) -> dict[str, Beat]:
    """The heartbeat of each task that somebody waits for, by name. Asked as a steward."""
    columns = "task, started_at, succeeded_at, failed_at, failure, failed, tried, quiet"
    rows = session.execute(text(f"SELECT {columns} FROM sec.task_heartbeats()"))  # noqa: S608 - a constant
    found = {row.task: Beat(*row) for row in rows}
    return {task.name: found.get(task.name, Beat(task.name)) for task in TASKS}


def incidents(session: Session, most: int = MOST_INCIDENTS) -> list[Incident]:
    """The latest incidents, the newest first. Asked as a steward."""
    rows = session.execute(text("SELECT opened_at, closed_at, tasks FROM sec.recent_incidents(:most)"), {"most": most})
    return [Incident(*row) for row in rows]


def open_incidents(session: Session) -> int:
    """How many last now: none, or one. Asked as a steward."""
    return int(session.execute(text("SELECT sec.open_incidents()")).scalar_one())


def error_counts(session: Session) -> list[ErrorCount]:
    """Unforeseen errors of the last seven days by place and kind, the latest first. Asked as a steward."""
    columns = "endpoint, kind, today, week, last_at, last_id"
    rows = session.execute(text(f"SELECT {columns} FROM sec.error_counts()"))  # noqa: S608 - a constant
    return [ErrorCount(*row) for row in rows]
