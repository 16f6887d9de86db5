"""When an answer is due, by the programme's own working hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.core.db import remembered
from app.core.errors import NotFound
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.models import Programme
from orgs.programmes.records import hours_from_json


@dataclass(frozen=True)
class Promise:
    """How soon a programme answers (working minutes) and when it works."""

    minutes: int
    hours: WeeklyHours

    def due(self, sent_at: datetime) -> datetime:
        """When the answer is due. A programme without hours answers by the clock."""
        return self._or_always().add_working_time(sent_at, self.minutes)

    def half(self, sent_at: datetime) -> datetime:
        """When half of the time has gone."""
        return self._or_always().half_time(sent_at, self.due(sent_at))

    def taken(self, sent_at: datetime, answered_at: datetime) -> int:
        """Working minutes between the two."""
        return self._or_always().working_minutes(sent_at, answered_at)

    def open_at(self, moment: datetime) -> bool:
        """Whether the programme works then."""
        return self._or_always().covers(moment)

    def _or_always(self) -> WeeklyHours:
        return self.hours if self.hours.week else WeeklyHours((((0, 24 * 60),),) * 7)


def promise(session: Session, org_id: UUID, programme_id: UUID) -> Promise:
    """The promise of one programme. Raises NotFound."""
    return remembered(session, ("promise", org_id, programme_id), lambda: _promise(session, org_id, programme_id))


def _promise(session: Session, org_id: UUID, programme_id: UUID) -> Promise:
    row = session.execute(_promised(), {"org": org_id, "programme": programme_id}).one_or_none()
    if row is None:
        raise NotFound
    return Promise(row.response_minutes, hours_from_json(row.hours))


@cache
def _promised() -> Select[int, dict[str, Any]]:
    """Written once for the process."""
    org, programme = bindparam("org", type_=Uuid), bindparam("programme", type_=Uuid)
    return select(Programme.response_minutes, Programme.hours).where(Programme.org_id == org, Programme.id == programme)
