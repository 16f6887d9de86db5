"""Reading notices: a person's own; and, for the worker, whom an event concerns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import NotFound
from app.core.paging import SIZE, Cursor, Page, after, page
from referrals.life.models import Referral, ReferralClient, ReferralEvent
from referrals.notices.models import Notification

MOST_COUNTED = 100
"""The bell says 99+; counting further would only cost."""


@dataclass(frozen=True)
class Notice:
    """One piece of news for one person."""

    id: UUID
    referral_id: UUID | None
    programme_id: UUID | None
    """One of the two: what it is about."""
    kind: str
    ref: str
    at: datetime
    read_at: datetime | None


_COLUMNS = (
    Notification.id,
    Notification.referral_id,
    Notification.programme_id,
    Notification.kind,
    Notification.ref,
    Notification.at,
    Notification.read_at,
)


def unread(session: Session, actor: Actor) -> int:
    """How many notices the actor has not opened, at most MOST_COUNTED."""
    some = (
        select(Notification.id)
        .where(
            Notification.org_id == actor.org_id,
            Notification.staff_id == actor.staff_id,
            Notification.read_at.is_(None),
        )
        .limit(MOST_COUNTED)
    )
    return session.execute(select(func.count()).select_from(some.subquery())).scalar_one()


def mine(session: Session, actor: Actor, cursor: Cursor | None = None, size: int = SIZE) -> Page[Notice]:
    """The actor's notices, the newest first."""
    own = select(*_COLUMNS).where(Notification.org_id == actor.org_id, Notification.staff_id == actor.staff_id)
    rows = session.execute(after(own, Notification.at, Notification.id, cursor, size))
    return page([Notice(*row) for row in rows], lambda notice: Cursor(notice.at, notice.id), size)


def one(session: Session, actor: Actor, notice_id: UUID) -> Notice:
    """One of the actor's notices. Raises NotFound."""
    row = session.execute(
        select(*_COLUMNS).where(
            Notification.org_id == actor.org_id,
            Notification.staff_id == actor.staff_id,
            Notification.id == notice_id,
        )
    ).one_or_none()
    if row is None:
        raise NotFound
    return Notice(*row)


@dataclass(frozen=True)
class Subject:
    """What an event is about, as far as the worker may know it."""

    sender_org_id: UUID
    receiver_org_id: UUID
    programme_id: UUID
    state: str
    done_by: UUID | None


def subject(session: Session, sender_org_id: UUID, referral_id: UUID, event_id: UUID) -> Subject | None:
    """The parties, the programme and the state now; None when there is no such event."""
    row = session.execute(
        select(
            Referral.sender_org_id,
            Referral.receiver_org_id,
            Referral.programme_id,
            Referral.state,
            ReferralEvent.by_staff_id,
        )
        .join(
            ReferralEvent,
            (ReferralEvent.sender_org_id == Referral.sender_org_id) & (ReferralEvent.referral_id == Referral.id),
        )
        .where(Referral.sender_org_id == sender_org_id, Referral.id == referral_id, ReferralEvent.id == event_id)
    ).one_or_none()
    return None if row is None else Subject(*row)


def sending_worker(session: Session, sender_org_id: UUID, referral_id: UUID) -> UUID:
    """Who sent it."""
    return session.execute(
        select(ReferralClient.staff_id).where(
            ReferralClient.sender_org_id == sender_org_id, ReferralClient.referral_id == referral_id
        )
    ).scalar_one()


def looks_after(session: Session, referral_id: UUID) -> UUID | None:
    """Which colleague looks after the person now; asked in the sender's organisation. No client is read for it."""
    found: UUID | None = session.execute(select(func.sec.looks_after(referral_id))).scalar_one()
    return found
