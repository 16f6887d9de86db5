"""Access to records as the audit tells it: who, when, which record by its code, and nothing of what stands in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from sqlalchemy import ColumnElement, and_, distinct, func, or_, select
from sqlalchemy.orm import Session

from app.core import audit, clock
from app.core.audit import AuditRow
from app.core.clock import PHNOM_PENH
from app.core.context import Actor
from orgs.clients.models import Client
from orgs.privacy.rules import NIGHT_FROM, NIGHT_TO, WINDOW_DAYS, Day, Finding, Sign, check_watches, unusual

READS = ("client.read", "packet.read", "accounting.read", "consent.receipt")
PRINTS = ("slip.print", "consent.print", "accounting.print")
_MOST_ROWS = 200


@dataclass(frozen=True)
class Access:
    """One kind of deed with one record on one day. `code`: the client's code or the referral's reference."""

    at: datetime
    action: str
    code: str
    denied: bool
    times: int


def findings(session: Session, actor: Actor) -> list[Finding]:
    """What was unusual in the last weeks, of the actor's own organisation. Audited. Raises NotAllowed."""
    check_watches(actor)
    audit.record(session, actor, "privacy.look", subject="audit")
    return unusual(_days(session, actor))


def accesses(session: Session, actor: Actor, staff_id: UUID, on: date) -> list[Access]:
    """What one colleague did on one day, the latest first. Audited. Raises NotAllowed."""
    check_watches(actor)
    audit.record(session, actor, "privacy.look", subject="staff", subject_id=staff_id)
    start = datetime.combine(on, datetime.min.time(), PHNOM_PENH)
    code = func.coalesce(AuditRow.ref, Client.code, "")
    denied = AuditRow.outcome == "denied"
    rows = session.execute(
        select(func.max(AuditRow.at).label("at"), AuditRow.action, code.label("code"), denied, func.count())
        .join(Client, _its_client(), isouter=True)
        .where(
            AuditRow.org_id == actor.org_id,
            AuditRow.staff_id == staff_id,
            AuditRow.at >= start,
            AuditRow.at < start + timedelta(days=1),
        )
        .group_by(AuditRow.action, code, denied)
        .order_by(func.max(AuditRow.at).desc())
        .limit(_MOST_ROWS)
    )
    return [Access(*row) for row in rows]


def _its_client() -> ColumnElement[bool]:
    return and_(Client.org_id == AuditRow.org_id, Client.id == AuditRow.subject_id)


def _days(session: Session, actor: Actor) -> list[Day]:
    day = func.date(func.timezone("Asia/Phnom_Penh", AuditRow.at))
    hour = func.extract("hour", func.timezone("Asia/Phnom_Penh", AuditRow.at))
    done, reads = AuditRow.outcome == "done", AuditRow.action.in_(READS)
    foreign = and_(Client.worker_id != AuditRow.staff_id, or_(hour >= NIGHT_FROM, hour < NIGHT_TO))
    numbers = {
        Sign.RECORDS: func.count(distinct(AuditRow.subject_id)).filter(done, reads),
        Sign.SEARCHES: func.count().filter(AuditRow.action.in_(("client.search", "referral.find"))),
        Sign.PRINTS: func.count().filter(done, AuditRow.action.in_(PRINTS)),
        Sign.DENIALS: func.count().filter(AuditRow.outcome == "denied"),
        Sign.NIGHT: func.count(distinct(AuditRow.subject_id)).filter(done, reads, foreign),
    }
    rows = session.execute(
        select(AuditRow.staff_id, day, *numbers.values())
        .join(Client, _its_client(), isouter=True)
        .where(
            AuditRow.org_id == actor.org_id,
            AuditRow.at >= clock.now() - timedelta(days=WINDOW_DAYS),
            AuditRow.staff_id.is_not(None),
        )
        .group_by(AuditRow.staff_id, day)
    )
    return [Day(staff_id, on, dict(zip(numbers, counts, strict=True))) for staff_id, on, *counts in rows]
