"""How a referral ends: completed, stopped, given back, cancelled, withdrawn, out of time."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import N_, Conflict
from orgs.clients.use_cases.episodes import end_referred
from orgs.facts import EpisodeEnd
from referrals.life import events
from referrals.life.models import Referral
from referrals.life.policy import Party
from referrals.life.reasons import CancelReason, Outcome, ReleaseReason, StopReason, WithdrawnBy
from referrals.life.scope import load_as_system, load_to
from referrals.life.states import ENDED, Action, State
from referrals.life.step import step
from referrals.life.use_cases.answer import check_suggestion


def complete(
    session: Session, actor: Actor, referral_id: UUID, outcome: Outcome, *, version: int | None = None
) -> Referral:
    """Close with an outcome. A next step is a new referral on a new consent."""
    found = load_to(session, actor, referral_id, Action.COMPLETE, version=version)
    end_referred(session, actor, referral_id, EpisodeEnd.COMPLETED)
    changes = {"outcome": outcome}
    step(session, actor, found.referral, Action.COMPLETE, found.party, changes=changes, outcome=outcome)
    return found.referral


def stop(
    session: Session, actor: Actor, referral_id: UUID, reason: StopReason, *, version: int | None = None
) -> Referral:
    """Close before the end. Whoever comes back is welcome."""
    found = load_to(session, actor, referral_id, Action.STOP, version=version)
    end_referred(session, actor, referral_id, EpisodeEnd(reason))
    changes = {"reason": reason}
    step(session, actor, found.referral, Action.STOP, found.party, changes=changes, reason=reason)
    return found.referral


def release(
    session: Session,
    actor: Actor,
    referral_id: UUID,
    reason: ReleaseReason,
    *,
    suggested_programme_id: UUID | None = None,
    version: int | None = None,
) -> Referral:
    """Give an accepted referral back to the sender, like a late decline. The packet closes."""
    found = load_to(session, actor, referral_id, Action.RELEASE, version=version)
    check_suggestion(session, found.referral, suggested_programme_id)
    changes = {"reason": reason, "suggested_programme_id": suggested_programme_id}
    step(session, actor, found.referral, Action.RELEASE, found.party, changes=changes, reason=reason)
    return found.referral


def cancel(
    session: Session, actor: Actor, referral_id: UUID, reason: CancelReason, *, version: int | None = None
) -> Referral:
    """Take a referral back before the person arrived. The packet closes."""
    found = load_to(session, actor, referral_id, Action.CANCEL, version=version)
    changes = {"reason": reason}
    step(session, actor, found.referral, Action.CANCEL, found.party, changes=changes, reason=reason)
    return found.referral


def withdraw(session: Session, actor: Actor, referral_id: UUID, *, version: int | None = None) -> Referral:
    """The client takes the permission back; either side may write it down, and no reason is asked.

    In the same transaction the receiver's keys to both parts, the slip and the pending notices are destroyed. The
    other side is told without detail.
    """
    found = load_to(session, actor, referral_id, Action.WITHDRAW, version=version)
    row = found.referral
    if found.state in ENDED and row.readable_until <= clock.now():
        raise Conflict(N_("The receiver can read nothing of this referral any more. There is nothing to take back."))
    done = session.execute(
        text("SELECT sec.withdraw(:sender, :referral)"), {"sender": row.sender_org_id, "referral": row.id}
    ).scalar_one()
    if not done:
        raise Conflict
    by = WithdrawnBy.SENDER if found.party is Party.SENDER else WithdrawnBy.RECEIVER
    changes = {"readable_until": min(row.readable_until, clock.now())}
    step(session, actor, row, Action.WITHDRAW, found.party, changes=changes, said_to=by)
    return row


def expire(session: Session, actor: Actor, referral_id: UUID) -> Referral:
    """Nobody answered in time, or nobody came. Done by the schedule, acting for the sender's organisation.

    It closes and destroys nothing: the receiver's keys go 24 hours of running time later (`sec.destroy_closed`).
    """
    row = load_as_system(session, actor, referral_id)
    step(session, actor, row, Action.EXPIRE, Party.SYSTEM, changes={"reason": None})
    return row


def remind(session: Session, actor: Actor, referral_id: UUID, what: str) -> Referral:
    """Half of the promised time has gone (`half`), or all of it (`overdue`), without an answer."""
    row = load_as_system(session, actor, referral_id)
    if row.state != State.SENT or row.reminded in {what, "overdue"}:  # somebody was faster
        raise Conflict
    row.reminded = what
    row.version += 1
    kind = events.Kind.OVERDUE if what == "overdue" else events.Kind.HALF_TIME
    events.note(session, actor, row, kind, Party.SYSTEM)
    return row
