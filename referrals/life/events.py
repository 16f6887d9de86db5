"""What happened, in the past tense, and who is told: the event, the audit entry and the outbox rows in one place."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.context import Actor
from app.core.ids import ordered_id
from app.core.rows import later
from referrals.life.models import OutboxRow, Referral, ReferralEvent
from referrals.life.policy import Party
from referrals.life.states import Action


class Kind(StrEnum):
    SENT = "sent"
    SEEN = "seen"
    ACCEPTED = "accepted"
    BOOKED = "booked"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    RELEASED = "released"
    ARRIVED = "arrived"
    NO_SHOW = "no_show"
    TAKEN = "taken"
    COMPLETED = "completed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    MESSAGE = "message"
    HALF_TIME = "half_time"
    OVERDUE = "overdue"
    PLACE_FREE = "place_free"
    """A place is free, and this referral has waited longest for one. Written by the database (0031_hold_places.py)."""
    REOPENED = "reopened"
    """By the operator, after a wrong clock let it run out (`sec.reopen_closed`)."""


OF: Mapping[Action, Kind] = MappingProxyType(
    {
        Action.SEND: Kind.SENT,
        Action.SEE: Kind.SEEN,
        Action.ACCEPT: Kind.ACCEPTED,
        Action.ACCEPT_AND_ARRIVE: Kind.ARRIVED,
        Action.BOOK: Kind.BOOKED,
        Action.WAITLIST: Kind.WAITLISTED,
        Action.DECLINE: Kind.DECLINED,
        Action.RELEASE: Kind.RELEASED,
        Action.NOTE_ARRIVAL: Kind.ARRIVED,
        Action.NO_SHOW: Kind.NO_SHOW,
        Action.TAKE: Kind.TAKEN,
        Action.COMPLETE: Kind.COMPLETED,
        Action.STOP: Kind.STOPPED,
        Action.CANCEL: Kind.CANCELLED,
        Action.WITHDRAW: Kind.WITHDRAWN,
        Action.EXPIRE: Kind.EXPIRED,
        Action.MESSAGE: Kind.MESSAGE,
    }
)

QUIET: frozenset[Kind] = frozenset({Kind.SEEN, Kind.TAKEN})
"""On the timeline, but nobody is told."""

_RECEIVER = frozenset({Party.RECEIVER})
_TOLD: Mapping[Kind, frozenset[Party]] = MappingProxyType(
    {
        Kind.EXPIRED: frozenset({Party.SENDER, Party.RECEIVER}),
        Kind.HALF_TIME: _RECEIVER,
        Kind.OVERDUE: frozenset({Party.SENDER, Party.RECEIVER}),
        Kind.PLACE_FREE: _RECEIVER,
    }
)
"""Events without a person behind them. All others are told to the side that did not do them."""


def told(kind: Kind, by: Party) -> frozenset[Party]:
    """Which sides hear of it."""
    if kind in QUIET:
        return frozenset()
    return _TOLD.get(kind) or frozenset({Party.SENDER, Party.RECEIVER} - {by})


def note(
    session: Session, actor: Actor, referral: Referral, kind: Kind, by: Party, **detail: str | int | bool | None
) -> None:
    """Write the event, the audit entry and one outbox row for each organisation to be told, at the commit.

    `detail` is for both sides to read: reasons from lists, times, ids; never a person's data.
    """
    session.flush()  # each step by itself, for the database to check
    now = clock.now()
    event = {
        "sender_org_id": referral.sender_org_id,
        "id": ordered_id(),
        "referral_id": referral.id,
        "receiver_org_id": referral.receiver_org_id,
        "kind": kind,
        "at": now,
        "by_org_id": None if actor.is_system else actor.org_id,
        "by_staff_id": actor.staff_id,
        "detail": detail,
    }
    rows = [
        {
            "org_id": referral.sender_org_id if party is Party.SENDER else referral.receiver_org_id,
            "id": ordered_id(),
            "from_org_id": actor.org_id,
            "event_id": event["id"],
            "referral_id": referral.id,
            "sender_org_id": referral.sender_org_id,
            "kind": kind,
            "ref": referral.ref,
            "at": now,
            "next_at": now,
            "attempts": 0,
        }
        for party in sorted(told(kind, by))
    ]
    if rows:
        session.info["told"] = True  # whoever commits may wake the relay
    audit.record(session, actor, f"referral.{kind}", subject="referral", subject_id=referral.id, ref=referral.ref)
    later(session, (ReferralEvent, [event]), (OutboxRow, rows))
