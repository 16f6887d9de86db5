"""Choosing how long records are kept."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import audit
from app.core.context import Actor
from app.core.errors import N_, Conflict, Invalid
from orgs.retention.models import RetentionChoice
from orgs.retention.queries import check_manages
from orgs.retention.rules import LEAST_YEARS, MOST_YEARS, Kind


def choose(session: Session, actor: Actor, client_years: int, *, version: int) -> None:
    """Keep archived clients so many years. Raises NotAllowed, Invalid, Conflict when somebody was faster."""
    check_manages(actor)
    if not LEAST_YEARS <= client_years <= MOST_YEARS:
        raise Invalid(N_("Choose between 1 and 15 years."), field="client_years")
    row = session.get(RetentionChoice, actor.org_id, with_for_update=True)
    if version != (row.version if row else 0):
        raise Conflict
    if row is None:
        session.add(RetentionChoice(org_id=actor.org_id, client_years=client_years))
    else:
        row.client_years, row.version = client_years, row.version + 1
    session.flush()
    audit.record(session, actor, "retention.choose", subject="organisation", years=client_years)


def set_days(session: Session, kind: Kind, days: int) -> None:
    """An operator's choice for everybody (the migrator's connection). Raises Invalid outside the bounds."""
    done = session.execute(text("SELECT sec.set_retention(:kind, :days)"), {"kind": kind, "days": days}).scalar_one()
    if not done:
        raise Invalid(N_("%(kind)s cannot be kept for %(days)s days."), kind=kind, days=days)
