"""How the database's clock stands: for the steward, and for the operator's command."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock


@dataclass(frozen=True)
class ClockState:
    """Nothing of it is about a person. `running`: for how long the worker has been running, ever."""

    now: datetime
    """By the clock in question."""
    running: timedelta
    seen_at: datetime | None
    """When a heartbeat last found it right; None before the first one."""
    stopped_at: datetime | None
    """Since when nothing is closed or destroyed, by the clock as it then was."""
    ahead: bool
    off_by: timedelta
    too_early: int
    """Referrals that ran out though their time has not come."""

    @property
    def stopped(self) -> bool:
        """Whether the clock jumped, and nobody has mended it or said that it is right."""
        return self.stopped_at is not None


def state(session: Session) -> ClockState | None:
    """The clock's state in the steward's context, or for the migrator; None in any other organisation."""
    row = session.execute(text("SELECT * FROM sec.clock_state()")).one_or_none()
    if row is None:
        return None
    return ClockState(
        now=clock.now(),
        running=timedelta(seconds=row.running),
        seen_at=row.seen_at,
        stopped_at=row.stopped_at,
        ahead=row.why == "ahead",
        off_by=timedelta(seconds=abs(row.off_by or 0)),
        too_early=row.too_early,
    )
