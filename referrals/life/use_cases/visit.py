"""From acceptance to arrival: booking, a missed appointment, the arrival itself, and being seen at all."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from referrals.life import events
from referrals.life.models import Referral
from referrals.life.policy import Party
from referrals.life.scope import Scoped, load, load_to
from referrals.life.states import UNDER_WAY, Action
from referrals.life.step import step
from referrals.life.use_cases.answer import Meeting


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
    """The person did not come. That ends nothing: a new time can be set, and the sender can look for them."""
    found = load_to(session, actor, referral_id, Action.NO_SHOW, version=version)
    missed = found.referral.missed + 1
    step(session, actor, found.referral, Action.NO_SHOW, found.party, changes={"missed": missed}, missed=missed)
    return found.referral


def note_arrival(session: Session, actor: Actor, referral_id: UUID, *, version: int | None = None) -> Referral:
    """The person has come."""
    found = load_to(session, actor, referral_id, Action.NOTE_ARRIVAL, version=version)
    step(session, actor, found.referral, Action.NOTE_ARRIVAL, found.party)
    return found.referral
