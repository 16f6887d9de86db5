"""Finding a client's permissions, as values that the rules take."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, SQLColumnExpression, Uuid, bindparam, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import NotFound
from referrals.consents.models import ConsentRow
from referrals.consents.records import Permission
from referrals.consents.rules import Consent, Guardian, How, in_force
from referrals.life.disclosure import Category
from referrals.life.models import Referral
from referrals.life.states import RELEASED_IDENTITY, UNDER_WAY


def consent(session: Session, actor: Actor, consent_id: UUID, *, lock: bool = False) -> ConsentRow:
    """One permission of the actor's organisation. Raises NotFound.

    `lock`: nobody else sends on it or withdraws it before this transaction ends.
    """
    row = session.execute(_one(lock=lock), {"org": actor.org_id, "consent": consent_id}).scalar_one_or_none()
    if row is None:
        raise NotFound
    return row


def one_of(org_id: SQLColumnExpression[UUID], consent_id: SQLColumnExpression[UUID]) -> Select[*tuple[Any, ...]]:
    """One permission of an organisation, as columns, for `permission_of`."""
    return select(*ConsentRow.__table__.c).where(ConsentRow.org_id == org_id, ConsentRow.id == consent_id)


@cache
def _one(*, lock: bool) -> Select[ConsentRow]:
    """Written once for the process."""
    org, one = bindparam("org", type_=Uuid), bindparam("consent", type_=Uuid)
    wanted = select(ConsentRow).where(ConsentRow.org_id == org, ConsentRow.id == one)
    return wanted.with_for_update().execution_options(populate_existing=True) if lock else wanted


def of_client(session: Session, actor: Actor, client_id: UUID) -> list[ConsentRow]:
    """A client's permissions, the newest sitting first and by rank within it."""
    return list(
        session.scalars(
            select(ConsentRow)
            .where(ConsentRow.org_id == actor.org_id, ConsentRow.client_id == client_id)
            .order_by(ConsentRow.given_at.desc(), ConsentRow.rank)
        )
    )


def of_sitting(session: Session, actor: Actor, sitting_id: UUID) -> list[ConsentRow]:
    """The permissions of one sitting by rank: the first choice, then the alternatives."""
    return list(
        session.scalars(
            select(ConsentRow)
            .where(ConsentRow.org_id == actor.org_id, ConsentRow.sitting_id == sitting_id)
            .order_by(ConsentRow.rank)
        )
    )


def usable(session: Session, actor: Actor, client_id: UUID, programme_ids: Sequence[UUID]) -> tuple[ConsentRow, ...]:
    """The client's permissions in force and not used yet, one for each of these programmes; empty if one is missing."""
    now = clock.now()
    free: dict[UUID, ConsentRow] = {}
    for row in unused(session, actor, client_id):
        if in_force(value_of(row), row.programme_id, now):
            free.setdefault(row.programme_id, row)
    return tuple(free[one] for one in programme_ids) if set(programme_ids) <= free.keys() else ()


def unused(session: Session, actor: Actor, client_id: UUID) -> list[ConsentRow]:
    """The client's permissions that are not withdrawn and on which nothing was ever sent, the newest first."""
    sent = select(Referral.id).where(Referral.sender_org_id == actor.org_id, Referral.consent_id == ConsentRow.id)
    return list(
        session.scalars(
            select(ConsentRow)
            .where(
                ConsentRow.org_id == actor.org_id,
                ConsentRow.client_id == client_id,
                ConsentRow.withdrawn_at.is_(None),
                ~sent.exists(),
            )
            .order_by(ConsentRow.given_at.desc(), ConsentRow.rank)
        )
    )


def carries_referral(session: Session, row: ConsentRow | Permission) -> bool:
    """Whether a referral rests on it that is under way, or was served: one whose packet may be open to the receiver."""
    return session.execute(_resting(), {"org": row.org_id, "consent": row.id}).first() is not None


@cache
def _resting() -> Select[UUID]:
    """Written once for the process."""
    org, one = bindparam("org", type_=Uuid), bindparam("consent", type_=Uuid)
    states = UNDER_WAY | RELEASED_IDENTITY
    resting = select(Referral.id).where(
        Referral.sender_org_id == org, Referral.consent_id == one, Referral.state.in_(states)
    )
    return resting.limit(1)


def permission_of(row: ConsentRow | Row[*tuple[Any, ...]]) -> Permission:
    """The row as a value."""
    return Permission(row.id, row.org_id, row.client_id, row.sitting_id, frozenset(row.answers), value_of(row))


def value_of(row: ConsentRow | Row[*tuple[Any, ...]]) -> Consent:
    """The row as the rules take it."""
    return Consent(
        programme_id=row.programme_id,
        categories=frozenset(Category(c) for c in row.categories),
        given_at=row.given_at,
        expires_at=row.expires_at,
        how=How(row.how),
        witness_id=row.witness_id,
        wording_version=row.wording_version,
        language=row.wording_language,
        able_to_decide=row.able,
        assent=row.assent,
        guardian=Guardian(row.guardian) if row.guardian else None,
        withdrawn_at=row.withdrawn_at,
    )
