"""Counting one's own referrals of a period. Figures name nobody, and no other organisation's are reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, SQLColumnExpression, and_, func, literal_column, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from app.core import clock
from app.core.context import Actor
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from referrals.figures.rules import Figures, check_may_see
from referrals.life.models import Referral
from referrals.life.reasons import SERVICE_RECEIVED
from referrals.life.states import ENDED, State


@dataclass(frozen=True)
class OwnFigures:
    """What was sent, what was received, and the latter by programme."""

    sent: Figures
    received: Figures
    programmes: tuple[tuple[ProgrammeView, Figures], ...]


def own(session: Session, actor: Actor, days: int) -> OwnFigures:
    """The figures of referrals sent in the last `days`. Raises NotAllowed."""
    check_may_see(actor)
    by_programme = _counted(Referral.programme_id).where(_since(Referral.receiver_org_id, actor.org_id, days))
    rows = session.execute(by_programme.group_by(Referral.programme_id)).all()
    seen = directory.programmes(session, [row[0] for row in rows])
    found = [(seen[row[0]], Figures(*row[1:])) for row in rows if row[0] in seen]
    return OwnFigures(
        sent=_one(session, Referral.sender_org_id, actor.org_id, days),
        received=_one(session, Referral.receiver_org_id, actor.org_id, days),
        programmes=tuple(sorted(found, key=lambda pair: -pair[1].sent)),
    )


def _one(session: Session, side: InstrumentedAttribute[UUID], org_id: UUID, days: int) -> Figures:
    row = session.execute(_counted(literal_column("0")).where(_since(side, org_id, days))).one()
    return Figures(*row[1:])


def _since(side: InstrumentedAttribute[UUID], org_id: UUID, days: int) -> ColumnElement[bool]:
    since = clock.now() - timedelta(days=days)
    # Nothing changes before it is sent: the first condition lets the index on the latest change serve.
    return and_(side == org_id, Referral.updated_at >= since, Referral.sent_at >= since)


def _counted(first: SQLColumnExpression[Any]) -> Select[*tuple[Any, ...]]:
    return select(
        first,
        func.count(),
        _count(Referral.answered_at.is_not(None)),
        _count(
            Referral.answered_at.is_(None),
            Referral.due_at <= clock.now(),
            Referral.state.in_([State.SENT, State.EXPIRED]),
        ),
        _count(Referral.answered_at <= Referral.due_at),
        _count(Referral.accepted_at.is_not(None)),
        _count(Referral.arrived_at.is_not(None)),
        _count(Referral.state == State.COMPLETED, Referral.outcome.in_(sorted(SERVICE_RECEIVED))),
        _count(Referral.state.in_(sorted(ENDED))),
        func.percentile_disc(0.5).within_group(Referral.response_minutes),
    )


def _count(*conditions: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count().filter(*conditions)
