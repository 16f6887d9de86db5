"""The receiver answers: accept, accept and arrive, put on the waiting list, decline."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid, NotFound
from orgs.programmes import queries as directory
from orgs.programmes.places import take_place
from orgs.programmes.rules import OverReason
from orgs.programmes.timing import promise
from referrals.life.models import Referral
from referrals.life.reasons import DeclineReason
from referrals.life.scope import load_to
from referrals.life.states import Action
from referrals.life.step import step

GRACE = timedelta(days=7)
"""How long after an appointment or a walk-in window a person may still come before the referral runs out."""
FARTHEST = timedelta(days=180)


@dataclass(frozen=True)
class Meeting:
    """When the person comes: an appointment, or a window in which they walk in. Aware datetimes."""

    at: datetime | None = None
    window_from: datetime | None = None
    window_to: datetime | None = None

    def check(self, now: datetime) -> None:
        """One of the two, ahead of us and not absurdly far. Raises Invalid."""
        if self.at is None and self.window_from is None and self.window_to is None:
            raise Invalid(N_("Give an appointment, or the days on which the person can walk in."), field="at")
        if self.at is not None and (self.window_from is not None or self.window_to is not None):
            raise Invalid(N_("Give an appointment or walk-in days, not both."), field="at")
        field = "at" if self.at else "window_to"
        if self.at is None and (self.window_from is None or self.window_to is None):
            raise Invalid(N_("Give the first and the last walk-in day."), field=field)
        if self.window_from and self.window_to and self.window_to <= self.window_from:
            raise Invalid(N_("The last walk-in day is before the first."), field="window_to")
        if self.last < now:
            raise Invalid(N_("That time has passed."), field=field)
        if self.window_from and self.window_from < now - timedelta(days=1):
            raise Invalid(N_("That day has passed."), field="window_from")
        if self.last > now + FARTHEST:
            raise Invalid(N_("That is more than half a year ahead."), field=field)

    @property
    def last(self) -> datetime:
        """The last moment of it."""
        last = self.at or self.window_to
        assert last is not None  # noqa: S101 - `check` came first
        return last

    def columns(self) -> dict[str, datetime | None]:
        """The referral's columns that hold it, and when nobody is waited for any longer."""
        return {
            "appointment_at": self.at,
            "window_from": self.window_from,
            "window_to": self.window_to,
            "expires_at": self.last + GRACE,
        }

    def told(self) -> dict[str, str]:
        """What the event says of it."""
        if self.at is not None:
            return {"at": self.at.isoformat()}
        return {"from": str(self.window_from and self.window_from.isoformat()), "to": self.last.isoformat()}


def accept(
    session: Session,
    actor: Actor,
    referral_id: UUID,
    meeting: Meeting,
    *,
    over: OverReason | None = None,
    version: int | None = None,
) -> Referral:
    """Accept with an appointment or a walk-in window; the identity part opens to the receiver.

    `over`: why, although all places are taken. Raises NotFound, NotAllowed, Conflict (also when the programme is full),
    Invalid.
    """
    found = load_to(session, actor, referral_id, Action.ACCEPT, version=version)
    _check_permission(found.referral)
    meeting.check(clock.now())
    step(session, actor, found.referral, Action.ACCEPT, found.party, changes=meeting.columns(), **meeting.told())
    take_place(session, actor, found.referral.programme_id, over, ref=found.referral.ref)
    return found.referral


def accept_and_arrive(
    session: Session,
    actor: Actor,
    referral_id: UUID,
    *,
    over: OverReason | None = None,
    version: int | None = None,
) -> Referral:
    """The person stands there with the slip: accept and note the arrival in one. Raises as `accept` does."""
    found = load_to(session, actor, referral_id, Action.ACCEPT_AND_ARRIVE, version=version)
    _check_permission(found.referral)
    step(session, actor, found.referral, Action.ACCEPT_AND_ARRIVE, found.party)
    take_place(session, actor, found.referral.programme_id, over, ref=found.referral.ref)
    return found.referral


def waitlist(session: Session, actor: Actor, referral_id: UUID, *, version: int | None = None) -> Referral:
    """Keep it for later. No identity is released; it waits as long as the permission holds."""
    found = load_to(session, actor, referral_id, Action.WAITLIST, version=version)
    changes = {"expires_at": found.referral.readable_until}
    step(session, actor, found.referral, Action.WAITLIST, found.party, changes=changes)
    return found.referral


def decline(
    session: Session,
    actor: Actor,
    referral_id: UUID,
    reason: DeclineReason,
    *,
    suggested_programme_id: UUID | None = None,
    version: int | None = None,
) -> Referral:
    """Say no, with a reason from the list and, where possible, a better place. The packet closes."""
    found = load_to(session, actor, referral_id, Action.DECLINE, version=version)
    check_suggestion(session, found.referral, suggested_programme_id)
    step(
        session,
        actor,
        found.referral,
        Action.DECLINE,
        found.party,
        changes={"reason": reason, "suggested_programme_id": suggested_programme_id},
        reason=reason,
    )
    return found.referral


def outside_hours(session: Session, referral: Referral, meeting: Meeting) -> bool:
    """Whether the programme is closed at that time, or all through the walk-in days. A warning: it forbids nothing."""
    promised = promise(session, referral.receiver_org_id, referral.programme_id)
    if meeting.at is not None:
        return not promised.open_at(meeting.at)
    return meeting.window_from is not None and not promised.taken(meeting.window_from, meeting.last)


def outlasts_permission(referral: Referral, meeting: Meeting) -> bool:
    """Whether nothing of the packet can be read any more when the person comes. A warning: it forbids nothing."""
    return meeting.last > referral.readable_until


def _check_permission(referral: Referral) -> None:
    """Nothing is accepted on a permission that has lapsed, also before the schedule notes it. Raises Conflict."""
    if referral.readable_until <= clock.now():
        raise Conflict(N_("The permission has run out. Ask the person again."))


def check_suggestion(session: Session, referral: Referral, programme_id: UUID | None) -> None:
    """Another programme in the directory, or none. Raises Invalid."""
    if programme_id is None:
        return
    try:
        known = directory.programme(session, programme_id).published
    except NotFound:
        known = False
    if not known or programme_id == referral.programme_id:
        raise Invalid(N_("Choose another programme from the directory."), field="suggestion")
