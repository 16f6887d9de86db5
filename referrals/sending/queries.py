"""What was sent for a client, in few columns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select, true
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from referrals.consents.queries import unused, value_of
from referrals.consents.rules import in_force
from referrals.life.models import Referral, ReferralClient
from referrals.life.states import State


@dataclass(frozen=True)
class SentLine:
    """One referral of a client, as its sender lists it."""

    id: UUID
    ref: str
    programme: ProgrammeView | None
    state: State
    sent_at: datetime


@dataclass(frozen=True)
class PermissionLine:
    """A permission in force that nothing was sent on."""

    id: UUID
    programme: ProgrammeView | None
    expires_at: datetime


def sent_for(session: Session, actor: Actor, client_id: UUID, *, previous_id: UUID | None = None) -> list[SentLine]:
    """The referrals that the actor's organisation sent for this client, the newest first.

    `previous_id`: only those that follow this one.
    """
    follows = ReferralClient.previous_id == previous_id if previous_id else true()
    rows = session.execute(
        select(Referral.id, Referral.ref, Referral.programme_id, Referral.state, Referral.sent_at)
        .join(
            ReferralClient,
            (ReferralClient.sender_org_id == Referral.sender_org_id) & (ReferralClient.referral_id == Referral.id),
        )
        .where(Referral.sender_org_id == actor.org_id, ReferralClient.client_id == client_id, follows)
        .order_by(Referral.sent_at.desc(), Referral.id)
    ).all()
    views = directory.programmes(session, (row.programme_id for row in rows))
    return [SentLine(row.id, row.ref, views.get(row.programme_id), State(row.state), row.sent_at) for row in rows]


def waiting_permissions(session: Session, actor: Actor, client_id: UUID) -> list[PermissionLine]:
    """Permissions of this client that are in force and were not used, the newest first."""
    now = clock.now()
    rows = [
        row for row in unused(session, actor, client_id) if in_force(value_of(row), row.programme_id, now)
    ]  # fmt: skip
    views = directory.programmes(session, (row.programme_id for row in rows))
    return [PermissionLine(row.id, views.get(row.programme_id), row.expires_at) for row in rows]
