"""What failed, for a manager; how many and why, for the steward."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_, NotAllowed
from app.core.paging import SIZE, Cursor, Page, after, page
from referrals.deliveries.models import Delivery
from referrals.deliveries.rules import State

MOST_COUNTED = 100
"""A manager reads "99+"; counting further would only cost."""


@dataclass(frozen=True)
class Failed:
    """To whom, about which referral, why and when. Not what the news was."""

    id: UUID
    staff_id: UUID
    ref: str
    channel: str
    reason: str
    at: datetime


@dataclass(frozen=True)
class Count:
    """How many deliveries of all organisations stand so, and since when the oldest does. `reason` may be empty."""

    channel: str
    state: State
    reason: str
    deliveries: int
    since: datetime


_FAILED = (
    Delivery.id, Delivery.staff_id, Delivery.ref, Delivery.channel, func.coalesce(Delivery.reason, ""),
    Delivery.changed_at,
)  # fmt: skip


def check_manages(actor: Actor) -> None:
    """Where a colleague's address is wrong is a manager's to see. Raises NotAllowed."""
    if not actor.has("manager"):
        raise NotAllowed(N_("Your organisation's manager looks after what could not be delivered."))


def check_watches(actor: Actor) -> None:
    """Whether everybody is told is the steward's to see, by numbers alone. Raises NotAllowed."""
    if not actor.has("steward") or actor.org_kind != "steward":
        raise NotAllowed(N_("Only the steward may see this."))


def failed(session: Session, actor: Actor, cursor: Cursor | None = None, size: int = SIZE) -> Page[Failed]:
    """What could not be delivered in the actor's organisation, the latest first. Raises NotAllowed."""
    check_manages(actor)
    own = select(*_FAILED).where(Delivery.org_id == actor.org_id, Delivery.state == State.FAILED)
    rows = session.execute(after(own, Delivery.changed_at, Delivery.id, cursor, size))
    return page([Failed(*row) for row in rows], lambda one: Cursor(one.at, one.id), size)


def failed_count(session: Session, actor: Actor) -> int:
    """How many that is, at most MOST_COUNTED; 0 for whoever is no manager."""
    if not actor.has("manager"):
        return 0
    some = select(Delivery.id).where(Delivery.org_id == actor.org_id, Delivery.state == State.FAILED)
    return session.execute(select(func.count()).select_from(some.limit(MOST_COUNTED).subquery())).scalar_one()


def last_sent(session: Session, org_id: UUID, staff_id: UUID) -> datetime | None:
    """When somebody last got a mail. The worker's."""
    return session.execute(
        select(func.max(Delivery.changed_at)).where(
            Delivery.org_id == org_id, Delivery.staff_id == staff_id, Delivery.state == State.SENT
        )
    ).scalar_one()


def counts(session: Session, actor: Actor) -> list[Count]:
    """Over all organisations. Raises NotAllowed."""
    check_watches(actor)
    rows = session.execute(text("SELECT channel, state, reason, deliveries, since FROM sec.delivery_counts()"))
    found = [Count(row.channel, State(row.state), row.reason, row.deliveries, row.since) for row in rows]
    return sorted(found, key=lambda one: (one.channel, _ORDER.index(one.state), one.reason))


_ORDER = (State.FAILED, State.PARKED, State.QUEUED, State.DROPPED, State.SENT)
