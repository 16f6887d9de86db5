"""What the boxes show, as values."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from app.core.paging import Page
from orgs.clients.views import ClientName
from orgs.programmes.records import ProgrammeName
from orgs.staff.queries import OrgName
from referrals.life.disclosure import Urgency
from referrals.life.policy import Party
from referrals.life.states import State


@dataclass(frozen=True)
class Wanted:
    """By what a box is narrowed. What is empty does not narrow it."""

    programme: UUID | None = None
    urgency: Urgency | None = None
    state: State | None = None


@dataclass(frozen=True)
class Line:
    """One referral in a box. `client` is known to the sender alone, `sender` is said to the receiver."""

    id: UUID
    ref: str
    state: State
    urgency: Urgency
    due_at: datetime
    expires_at: datetime
    seen: bool
    appointment_at: datetime | None
    window_from: datetime | None
    window_to: datetime | None
    missed: int
    updated_at: datetime
    programme: ProgrammeName | None
    sender: OrgName | None = None
    client: ClientName | None = None

    @property
    def comes_by(self) -> datetime | None:
        """The appointment, or the end of the walk-in days."""
        return self.appointment_at or self.window_to


@dataclass(frozen=True)
class Brief:
    """A referral in a list for programs: all that stands in its own row and names nobody."""

    id: UUID
    ref: str
    side: Party
    state: State
    urgency: Urgency
    programme_id: UUID
    service: str
    sent_at: datetime
    due_at: datetime
    expires_at: datetime
    seen_at: datetime | None
    appointment_at: datetime | None
    window_from: datetime | None
    window_to: datetime | None
    missed: int
    updated_at: datetime
    version: int


@dataclass(frozen=True)
class Box:
    """What one page shows: how many stand under each tab, the rows of one, and what it can be narrowed to."""

    counts: dict[str, int]
    page: Page[Line]
    programmes: tuple[ProgrammeName, ...]
