"""Reading one's notices; and, for the worker, writing them and keeping what became of each mail."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.ids import ordered_id
from orgs.staff.telling import Addressee
from referrals.notices.models import Notification
from referrals.notices.queries import Notice, one


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
    _mark(session, actor, Notification.referral_id == referral_id)


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


def tell(session: Session, news: News, people: Collection[Addressee], *, mail: bool) -> None:
    """Write a notice for each of `people`, once, however often this is called. `mail`: whether any mail is sent."""
    rows = [
        {
            "org_id": news.org_id,
            "id": ordered_id(),
            "staff_id": one.staff_id,
            "event_id": news.event_id,
            "referral_id": news.referral_id,
            "kind": news.kind,
            "ref": news.ref,
            "at": news.at,
            "email": "waiting" if mail and one.by_email else "off",
        }
        for one in people
    ]
    if rows:
        session.execute(
            insert(Notification).on_conflict_do_nothing(index_elements=["org_id", "staff_id", "event_id"]), rows
        )


def hold_mail(session: Session, org_id: UUID, notice_id: UUID) -> UUID | None:
    """Lock a notice whose mail waits; returns who it is for, or None if another worker has it or it is done."""
    return session.execute(
        select(Notification.staff_id)
        .where(Notification.org_id == org_id, Notification.id == notice_id, Notification.email == "waiting")
        .with_for_update(skip_locked=True)
    ).scalar_one_or_none()


def note_mail(session: Session, org_id: UUID, ids: Collection[UUID], became: Literal["off", "sent", "failed"]) -> None:
    """Keep what became of these mails."""
    session.execute(
        update(Notification)
        .where(Notification.org_id == org_id, Notification.id.in_(ids), Notification.email == "waiting")
        .values(email=became)
        .execution_options(synchronize_session=False)
    )
