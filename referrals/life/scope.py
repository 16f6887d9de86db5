"""Finding a referral from where the actor stands. What is out of reach is not found, whoever owns it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Uuid, and_, bindparam, func, select
from sqlalchemy.dialects.postgresql import array
from sqlalchemy.orm import Session, aliased, load_only

from app.core.context import Actor
from app.core.db import remembered
from app.core.errors import Conflict, NotFound
from app.core.rows import ready
from orgs.clients.ownership import beside, standing
from referrals.life.models import Disclosure, PacketKey, Referral, ReferralClient
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
    found = _held(session).get(referral_id) or _load(session, actor, referral_id, lock=False)
    check_look(actor, found.party, is_own=found.is_own)
    return found


def load_to(session: Session, actor: Actor, referral_id: UUID, action: Action, *, version: int | None = None) -> Scoped:
    """The referral, locked for an action that the actor may take in its present state.

    `version` is the one the actor saw, if they say. Raises NotFound, NotAllowed, and Conflict for a stale version or
    the wrong state.
    """
    ready(session, PacketKey, Disclosure)  # the database lets go of keys with the step, and asks what was opened
    found = _held(session).get(referral_id) or hold(session, _load(session, actor, referral_id, lock=True))
    check_look(actor, found.party, is_own=found.is_own)
    check_may(actor, found.party, action, is_own=found.is_own)
    check_step(found.state, action)
    if version is not None and version != found.referral.version:
        raise Conflict
    return found


def hold(session: Session, found: Scoped) -> Scoped:
    """Remember a referral that this transaction has locked or made: nobody else changes it before the end."""
    _held(session)[found.referral.id] = found
    return found


def _held(session: Session) -> dict[UUID, Scoped]:
    return remembered(session, "referrals held", dict)


def load_as_system(session: Session, actor: Actor, referral_id: UUID) -> Referral:
    """The few columns of a referral with which a schedule works, locked. Raises NotFound, also for a person."""
    if not actor.is_system:
        raise NotFound
    row = session.execute(
        select(Referral)
        .where(Referral.sender_org_id == actor.org_id, Referral.id == referral_id)
        .options(load_only(*_SYSTEM_SEES, raiseload=True))
        .with_for_update(key_share=True)
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


@cache
def _wanted(*, lock: bool) -> Select[*tuple[Any, ...]]:
    """Both sides by the sender's key: one's own (`org`), or that of whoever sent it (`id`) to us.

    Written once for the process: SQLAlchemy need not look anew whether it knows the statement.
    """
    org, referral, to_us = bindparam("org", type_=Uuid), bindparam("id", type_=Uuid), aliased(Referral)
    sender = select(to_us.sender_org_id).where(to_us.receiver_org_id == org, to_us.id == referral)
    client = and_(ReferralClient.sender_org_id == org, ReferralClient.referral_id == Referral.id,
                  Referral.sender_org_id == org)  # fmt: skip
    wanted = beside(
        select(Referral, ReferralClient.client_id).outerjoin(ReferralClient, client), org, ReferralClient.client_id
    ).where(
        Referral.sender_org_id == func.any(array([org, sender.scalar_subquery()])),
        Referral.id == referral,
    )
    if lock:
        wanted = wanted.with_for_update(of=Referral, key_share=True).execution_options(populate_existing=True)
    return wanted


def _load(session: Session, actor: Actor, referral_id: UUID, *, lock: bool) -> Scoped:
    found = session.execute(_wanted(lock=lock), {"org": actor.org_id, "id": referral_id}).one_or_none()
    if found is None:
        raise NotFound
    row = found.Referral
    party = party_of(actor, sender_org_id=row.sender_org_id, receiver_org_id=row.receiver_org_id)
    if party is not Party.SENDER:
        return Scoped(row, party)
    there = standing(actor, found)
    return Scoped(row, party, there.own, None if there.erased else found.client_id)
