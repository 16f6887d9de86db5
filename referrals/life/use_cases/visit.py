"""From acceptance to arrival: booking, a missed appointment, the arrival itself, and being seen at all."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import N_, Conflict
from referrals.life import events
from referrals.life.models import Referral
from referrals.life.policy import Party
from referrals.life.scope import Scoped, load, load_to
from referrals.life.states import UNDER_WAY, Action
from referrals.life.step import step
from referrals.life.use_cases.answer import Meeting

_NOT_YET = N_("The time that was set has not come yet. If the person cannot come then, set another one.")


def see(session: Session, actor: Actor, referral_id: UUID) -> Scoped:
    """Open a referral. The first look by the receiver goes on the timeline. Raises NotFound, NotAllowed."""
    found = load(session, actor, referral_id)
    first = found.party is Party.RECEIVER and found.referral.seen_at is None and found.state in UNDER_WAY
    if first:
        session.refresh(found.referral, with_for_update=True)
    if first and found.referral.seen_at is None and found.state in UNDER_WAY:
        found.referral.seen_at = clock.now()
        events.note(session, actor, found.referral, events.Kind.SEEN, found.party)
    return found


def book(
    session: Session, actor: Actor, referral_id: UUID, meeting: Meeting, *, version: int | None = None
) -> Referral:
    """Set another appointment or walk-in window, as often as it takes."""
    found = load_to(session, actor, referral_id, Action.BOOK, version=version)
    meeting.check(clock.now())
    step(session, actor, found.referral, Action.BOOK, found.party, changes=meeting.columns(), **meeting.told())
    return found.referral


def no_show(session: Session, actor: Actor, referral_id: UUID, *, version: int | None = None) -> Referral:
    """The person did not come. That ends nothing: a new time can be set, and the sender can look for them.

    Raises NotFound, NotAllowed, and Conflict while the time that was set lies ahead: the sender would look in vain.
    """
    found = load_to(session, actor, referral_id, Action.NO_SHOW, version=version)
    if not has_begun(found.referral, clock.now()):
        raise Conflict(_NOT_YET)
    missed = found.referral.missed + 1
    step(session, actor, found.referral, Action.NO_SHOW, found.party, changes={"missed": missed}, missed=missed)
    return found.referral


def has_begun(referral: Referral, now: datetime) -> bool:
    """Whether the appointment or the first walk-in day is here, so that somebody can have missed it."""
    begins = referral.appointment_at or referral.window_from
    return begins is None or begins <= now


def note_arrival(session: Session, actor: Actor, referral_id: UUID, *, version: int | None = None) -> Referral:
    """The person has come."""
    found = load_to(session, actor, referral_id, Action.NOTE_ARRIVAL, version=version)
    step(session, actor, found.referral, Action.NOTE_ARRIVAL, found.party)
    return found.referral
