"""Reading one's notices; and, for the worker, writing them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.ids import ordered_id
from referrals.notices.models import Notification
from referrals.notices.queries import Notice, one
from referrals.notices.words import MAIL_FAILED


def open_notice(session: Session, actor: Actor, notice_id: UUID) -> Notice:
    """Mark one of the actor's notices as read and return it. Raises NotFound."""
    found = one(session, actor, notice_id)
    _mark(session, actor, Notification.id == notice_id)
    return found


def read_all(session: Session, actor: Actor) -> None:
    """Mark all of the actor's notices as read."""
    _mark(session, actor)


def read_about(session: Session, actor: Actor, referral_id: UUID) -> None:
    """The actor has the referral before them: what was told of it is read."""
    _mark(session, actor, Notification.referral_id == referral_id, Notification.kind != MAIL_FAILED)


def _mark(session: Session, actor: Actor, *which: object) -> None:
    session.execute(
        update(Notification)
        .where(
            Notification.org_id == actor.org_id,
            Notification.staff_id == actor.staff_id,
            Notification.read_at.is_(None),
            *which,  # type: ignore[arg-type]
        )
        .values(read_at=clock.now())
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class News:
    """What is told, to however many people."""

    org_id: UUID
    event_id: UUID
    referral_id: UUID
    kind: str
    ref: str
    at: datetime


def tell(session: Session, news: News, staff_ids: Collection[UUID]) -> None:
    """Write a notice for each of these people, once, however often this is called."""
    rows = [
        {
            "org_id": news.org_id,
            "id": ordered_id(),
            "staff_id": staff_id,
            "event_id": news.event_id,
            "referral_id": news.referral_id,
            "kind": news.kind,
            "ref": news.ref,
            "at": news.at,
        }
        for staff_id in staff_ids
    ]
    if rows:
        session.execute(
            insert(Notification).on_conflict_do_nothing(index_elements=["org_id", "staff_id", "event_id"]), rows
        )
