"""What is kept how long, and what will go soon. Counts, never names."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.errors import N_, NotAllowed
from orgs.retention.models import RetentionChoice
from orgs.retention.rules import AHEAD, CLIENT_YEARS, Kind


@dataclass(frozen=True)
class Kept:
    """For a manager: the organisation's own years, everybody's days, and how many clients go soon."""

    client_years: int
    version: int
    days: dict[Kind, int]
    due: int


@dataclass(frozen=True)
class Foreseen:
    """For an operator: of one kind, over all organisations."""

    kind: Kind
    days: int
    due: int


def check_manages(actor: Actor) -> None:
    """How long clients are kept is a manager's to say, where there are clients. Raises NotAllowed."""
    if not actor.has("manager") or actor.org_kind in {"commune", "steward"}:
        raise NotAllowed(N_("Your organisation's manager decides how long records are kept."))


def kept(session: Session, actor: Actor, *, ahead: int = AHEAD) -> Kept:
    """What a manager is shown; `ahead`: days. Raises NotAllowed."""
    check_manages(actor)
    rows = session.execute(text("SELECT kind, days, due FROM sec.own_retention(:ahead)"), {"ahead": ahead}).all()
    chosen = session.execute(
        select(RetentionChoice.client_years, RetentionChoice.version).where(RetentionChoice.org_id == actor.org_id)
    ).one_or_none()
    years, version = chosen or (CLIENT_YEARS, 0)
    return Kept(
        client_years=years,
        version=version,
        days={Kind(row.kind): row.days for row in rows if row.kind != Kind.CLIENTS},
        due=next(row.due for row in rows if row.kind == Kind.CLIENTS),
    )


def preview(session: Session, ahead: int) -> list[Foreseen]:
    """What the schedule would clear away within so many days, for an operator (the migrator's connection)."""
    rows = session.execute(text("SELECT kind, days, due FROM sec.retention_preview(:ahead)"), {"ahead": ahead})
    return [Foreseen(Kind(row.kind), row.days, row.due) for row in rows]
