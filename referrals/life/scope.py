"""Finding a referral from where the actor stands. What is out of reach is not found, whoever owns it."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session, load_only

from app.core.context import Actor
from app.core.errors import Conflict, NotFound
from orgs.clients.ownership import standing
from referrals.life.models import Referral, ReferralClient
from referrals.life.policy import Party, check_look, check_may, party_of
from referrals.life.states import Action, State, check_step

_SYSTEM_SEES = (
    Referral.sender_org_id,
    Referral.id,
    Referral.ref,
    Referral.receiver_org_id,
    Referral.state,
    Referral.ended_at,
    Referral.readable_until,
    Referral.reminded,
    Referral.reason,
    Referral.updated_at,
    Referral.version,
)


@dataclass(frozen=True)
class Scoped:
    """A referral, and from which side it is looked at. `client_id` is known to the sender alone, until it is erased."""

    referral: Referral
    party: Party
    is_own: bool = False
    client_id: UUID | None = None

    @property
    def state(self) -> State:
        """Where the referral stands."""
        return State(self.referral.state)


def load(session: Session, actor: Actor, referral_id: UUID) -> Scoped:
    """The referral, if the actor may look at it. Raises NotFound, NotAllowed."""
    return _load(session, actor, referral_id, lock=False)


def load_to(session: Session, actor: Actor, referral_id: UUID, action: Action, *, version: int | None = None) -> Scoped:
    """The referral, locked for an action that the actor may take in its present state.

    `version` is the one the actor saw, if they say. Raises NotFound, NotAllowed, and Conflict for a stale version or
    the wrong state.
    """
    found = _load(session, actor, referral_id, lock=True)
    check_may(actor, found.party, action, is_own=found.is_own)
    check_step(found.state, action)
    if version is not None and version != found.referral.version:
        raise Conflict
    return found


def load_as_system(session: Session, actor: Actor, referral_id: UUID) -> Referral:
    """The few columns of a referral with which a schedule works, locked. Raises NotFound, also for a person."""
    if not actor.is_system:
        raise NotFound
    row = session.execute(
        select(Referral)
        .where(Referral.sender_org_id == actor.org_id, Referral.id == referral_id)
        .options(load_only(*_SYSTEM_SEES, raiseload=True))
        .with_for_update()
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def _load(session: Session, actor: Actor, referral_id: UUID, *, lock: bool) -> Scoped:
    query = select(Referral).where(
        or_(
            and_(Referral.sender_org_id == actor.org_id, Referral.id == referral_id),
            and_(Referral.receiver_org_id == actor.org_id, Referral.id == referral_id),
        )
    )
    if lock:
        query = query.with_for_update().execution_options(populate_existing=True)
    row = session.execute(query).scalar_one_or_none()
    if row is None:
        raise NotFound
    party = party_of(actor, sender_org_id=row.sender_org_id, receiver_org_id=row.receiver_org_id)
    client_id, own = None, False
    if party is Party.SENDER:
        client_id = session.execute(
            select(ReferralClient.client_id).where(
                ReferralClient.sender_org_id == actor.org_id, ReferralClient.referral_id == row.id
            )
        ).scalar_one()
        there = standing(session, actor, client_id)
        own, client_id = there.own, None if there.erased else client_id
    check_look(actor, party, is_own=own)
    return Scoped(row, party, own, client_id)
