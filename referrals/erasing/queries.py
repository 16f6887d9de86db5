"""Which of a client's referrals somebody else can still read, or still waits for."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import and_, or_, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from referrals.life.models import Referral, ReferralClient
from referrals.life.states import UNDER_WAY, State


def readable(session: Session, actor: Actor, client_id: UUID) -> list[UUID]:
    """What the actor's organisation sent for this client and would withdraw before erasing."""
    served = Referral.state.in_([State.COMPLETED, State.STOPPED])
    wanted = (
        select(Referral.id)
        .join(
            ReferralClient,
            (ReferralClient.sender_org_id == Referral.sender_org_id) & (ReferralClient.referral_id == Referral.id),
        )
        .where(
            Referral.sender_org_id == actor.org_id,
            ReferralClient.client_id == client_id,
            or_(Referral.state.in_(UNDER_WAY), and_(served, Referral.readable_until > clock.now())),
        )
        .order_by(Referral.id)
    )
    return list(session.scalars(wanted))
