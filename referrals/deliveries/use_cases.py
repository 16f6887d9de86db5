"""Queueing what is to be sent; keeping what became of it; and what a manager or the steward does about failures."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from uuid import UUID, uuid5

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.errors import NotFound
from app.core.ids import ordered_id
from referrals.deliveries import queries
from referrals.deliveries.models import Delivery
from referrals.deliveries.rules import EMAIL, Reason, Refusal, State, probe_after
from referrals.notices import use_cases as notices
from referrals.notices.use_cases import News
from referrals.notices.words import MAIL_FAILED


def queue(session: Session, news: News, staff_ids: Collection[UUID], channel: str) -> None:
    """A delivery for each of these people, once, however often this is called. The worker's."""
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
            "channel": channel,
        }
        for staff_id in staff_ids
    ]
    if rows:
        session.execute(
            insert(Delivery).on_conflict_do_nothing(index_elements=["org_id", "staff_id", "event_id", "channel"]), rows
        )


def keep_sent(session: Session, delivery_id: UUID) -> None:
    """The server has it. What was parked because of the server goes out."""
    session.execute(select(func.sec.keep_sent(delivery_id)))


def keep_dropped(session: Session, delivery_id: UUID, reason: Reason) -> None:
    """Nobody needs it any more."""
    session.execute(select(func.sec.keep_dropped(delivery_id, reason)))


def keep_parked(session: Session, delivery_id: UUID, reason: Reason) -> None:
    """The server is away: this one and all that wait with it are parked."""
    session.execute(select(func.sec.keep_parked(delivery_id, reason, probe_after(reason))))


def keep_refused(session: Session, delivery_id: UUID, refusal: Refusal) -> State | None:
    """The server refused this one; returns its state then. Whether it refuses everybody, the database finds out."""
    became = session.execute(
        text("SELECT sec.keep_refused(:id, :reason, :again, :doubtful, :wait)"),
        {"id": delivery_id, **asdict(refusal), "wait": probe_after(Reason.REFUSES_ALL)},
    ).scalar_one()
    return None if became is None else State(became)


def tell_of_failure(session: Session, org_id: UUID, staff_id: UUID, referral_id: UUID, ref: str) -> None:
    """In the bell, once until a mail to the person goes through again: eighteen that failed are one alarm."""
    incident = f"{EMAIL} since {queries.last_sent(session, org_id, staff_id)}"
    news = News(org_id, uuid5(staff_id, incident), referral_id, MAIL_FAILED, ref, clock.now())
    notices.tell(session, news, [staff_id])


def try_again(session: Session, actor: Actor, delivery_id: UUID) -> None:
    """A manager has one that failed tried again, from the first attempt. Audited. Raises NotFound, NotAllowed."""
    _settle(session, actor, delivery_id, again=True)


def drop(session: Session, actor: Actor, delivery_id: UUID) -> None:
    """A manager lets one go that failed: the person was told otherwise. Audited. Raises NotFound, NotAllowed."""
    _settle(session, actor, delivery_id, again=False)


def _settle(session: Session, actor: Actor, delivery_id: UUID, *, again: bool) -> None:
    queries.check_manages(actor)
    ref = session.execute(
        text("SELECT sec.settle_failed(:id, :again)"), {"id": delivery_id, "again": again}
    ).scalar_one_or_none()
    if ref is None:
        raise NotFound
    action = "delivery.retry" if again else "delivery.drop"
    audit.record(session, actor, action, subject="delivery", subject_id=delivery_id, ref=ref)


def try_all_again(session: Session, actor: Actor, channel: str, reason: Reason | None) -> int:
    """The steward has all tried again that failed for a reason, in every organisation; returns how many. Audited.

    Raises NotAllowed.
    """
    queries.check_watches(actor)
    count = session.execute(
        text("SELECT sec.retry_deliveries(:channel, :reason)"), {"channel": channel, "reason": reason}
    ).scalar_one()
    detail = {"channel": channel, "reason": reason and str(reason), "count": count}
    audit.record(session, actor, "delivery.retry_all", subject="delivery", **detail)
    return int(count)
