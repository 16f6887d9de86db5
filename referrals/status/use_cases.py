"""Looking whether all scheduled tasks run, and deciding in the database who tells the stewards of it, once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.scheduled import TASKS
from referrals.status import rules

_LOOK = text("SELECT task, quiet FROM sec.look_at_tasks(:tasks, :ran)")
_LATE = text("SELECT sec.note_late(:late)")
_CLAIM = text(
    "SELECT incident_id, staff_id, what, email, language, tasks, opened_at, closed_at FROM sec.claim_alerts()"
)
_NOTE = text("SELECT sec.note_alert(:incident, :staff, :what, :state)")


@dataclass(frozen=True)
class Alert:
    """One mail to one steward. `what`: late, or well (again)."""

    incident_id: UUID
    staff_id: UUID
    what: str
    email: str
    language: str
    tasks: list[str]
    opened_at: datetime
    closed_at: datetime | None


def look(session: Session, ran: timedelta) -> None:
    """Judge every task, and note an incident's beginning or end. Asked without anybody's session.

    `ran`: for how long this process has been running since it last looked. A longer gap since anybody looked is time
    in which nothing ran, and counts against no task. While another process looks, nothing is done.
    """
    rows = session.execute(_LOOK, {"tasks": [task.name for task in TASKS], "ran": ran}).all()
    if rows:
        session.execute(_LATE, {"late": rules.late({row.task: row.quiet for row in rows}, TASKS)})


def claim_alerts(session: Session) -> list[Alert]:
    """Take the mails that are to be sent now; no other process gets them for two minutes."""
    return [Alert(*row) for row in session.execute(_CLAIM)]


def note_alert(session: Session, alert: Alert, state: Literal["sent", "failed"]) -> None:
    """Keep what became of a mail. One of which nothing is noted is given out again."""
    found = {"incident": alert.incident_id, "staff": alert.staff_id, "what": alert.what, "state": state}
    session.execute(_NOTE, found)
