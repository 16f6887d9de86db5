"""One field for what a person has in hand: the code on a slip, or a reference."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.errors import N_, Invalid
from referrals.boxes import queries, rules
from referrals.life.policy import check_works
from referrals.slips import codes, use_cases

_NO_REFERENCE = N_("No referral of yours has this reference. Look at it again.")
_NEITHER = N_("This is neither a slip's code, such as 7F3Q-X2MK, nor a reference, such as R-8KQ2M7T. Look at it again.")


@dataclass(frozen=True)
class Found:
    """A referral, and whether it was a slip that led to it."""

    id: UUID
    by_slip: bool = False


def by_reference(session: Session, actor: Actor, typed: str) -> Found:
    """The referral of a reference, on either side. Raises Invalid, the same for foreign and absent."""
    ref = rules.reference(typed)
    found = queries.by_reference(session, actor, ref) if ref else None
    if found is None:
        raise Invalid(_NO_REFERENCE, field="code")
    return Found(found)


def by_either(session: Session, actor: Actor, typed: str) -> Found:
    """The referral of a slip or of a reference. What could be both is tried as a reference first."""
    ref = rules.reference(typed)
    found = queries.by_reference(session, actor, ref) if ref else None
    if found is not None:
        return Found(found)
    if rules.is_no_slip(typed):
        raise Invalid(_NO_REFERENCE, field="code")
    try:
        codes.parse(typed)
    except Invalid:
        raise Invalid(_NO_REFERENCE if ref else _NEITHER, field="code") from None
    return Found(use_cases.find(session, actor, typed), by_slip=True)


def note_miss(session: Session, actor: Actor) -> None:
    """Remember that nothing was found; what was typed is never kept. Raises NotFound, NotAllowed."""
    check_works(actor)
    audit.record(session, actor, "referral.find", subject="referral", outcome="denied", why="not found")
