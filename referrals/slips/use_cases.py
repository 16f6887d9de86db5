"""The slip at work: printed by the sender, and shown to the receiver when the person stands there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.errors import N_, Conflict, NotAllowed
from orgs.programmes import queries as directory
from referrals.life.models import Referral
from referrals.life.policy import Party, actions_now, check_works
from referrals.life.scope import Scoped, load
from referrals.life.states import Action, State
from referrals.life.use_cases import answer, visit
from referrals.slips import issue
from referrals.slips.pdf import SlipContent, write_slip

PRINTED_WHILE: frozenset[State] = frozenset({State.SENT, State.WAITLISTED, State.ACCEPTED})
"""Until the person has arrived; after that the slip has done its work."""
BY_SLIP: tuple[Action, ...] = (Action.ACCEPT_AND_ARRIVE, Action.NOTE_ARRIVAL)
"""What a slip is shown for."""


def can_print(found: Scoped) -> bool:
    """Whether the page of this referral offers the slip."""
    return found.party is Party.SENDER and found.state in PRINTED_WHILE


def slip(session: Session, actor: Actor, referral_id: UUID) -> bytes:
    """The paper as it should be carried now, a PDF. Raises NotFound, NotAllowed, Conflict."""
    found = load(session, actor, referral_id)
    if found.party is not Party.SENDER:
        raise NotAllowed(N_("Only the organisation that sent the referral prints its slip."))
    if found.state not in PRINTED_WHILE:
        raise Conflict(N_("This slip has done its work: the person has arrived, or the referral is closed."))
    row = found.referral
    printed = issue.printed(session, actor, row.id)
    place = directory.programme(session, row.programme_id, org_id=row.receiver_org_id)
    audit.record(session, actor, "slip.print", subject="referral", subject_id=row.id, ref=row.ref)
    return write_slip(
        SlipContent(
            token=printed.token,
            code=printed.code,
            place_km=place.meeting_point_km,
            place_en=place.meeting_point_en,
            starts=row.appointment_at or row.window_from,
            ends=None if row.appointment_at else row.window_to,
        )
    )


def find(session: Session, actor: Actor, typed: str) -> UUID:
    """The referral to the actor's organisation that this slip belongs to.

    Raises Invalid for a code that is misread, unknown, used or dead, and NotAllowed for roles without cases.
    """
    check_works(actor)
    return issue.find(session, actor, typed)


def offered(actor: Actor, found: Scoped) -> Action | None:
    """What the slip is good for now: noting the arrival, with acceptance if that is still missing."""
    return next((one for one in actions_now(actor, found.party, found.state) if one in BY_SLIP), None)


def arrive(session: Session, actor: Actor, referral_id: UUID, typed: str, *, version: int | None = None) -> Referral:
    """The person stands there with the slip. A referral not accepted yet is accepted in the same step.

    Raises NotFound, NotAllowed, Conflict, and Invalid for a slip of another referral, used or dead.
    """
    accepted = load(session, actor, referral_id).state not in {State.SENT, State.WAITLISTED}
    act = visit.note_arrival if accepted else answer.accept_and_arrive
    row = act(session, actor, referral_id, version=version)
    issue.use(session, actor, referral_id, typed)
    return row
