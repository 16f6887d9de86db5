"""Whom news reaches, and how: what the worker may know of a member of staff."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, any_, literal, or_, select
from sqlalchemy.orm import Session

from app.core.context import CASE_ROLES
from orgs.staff.models import Staff

_READ_ALL = ("caseworker", "clinician")


@dataclass(frozen=True)
class Addressee:
    """Somebody at work here, with the ways they chose to be told."""

    staff_id: UUID
    email: str
    language: str
    by_email: bool
    reads_all: bool
    """May open any of the organisation's referrals, and not only those of their own clients."""


def people(session: Session, org_id: UUID, ids: Collection[UUID]) -> list[Addressee]:
    """Those of `ids` who still work here with clients: whom news reaches that they may open."""
    return _those(session, org_id, Staff.id.in_(ids), _has(CASE_ROLES)) if ids else []


def case_staff(session: Session, org_id: UUID) -> list[Addressee]:
    """Everybody here who may read any of the organisation's referrals."""
    return _those(session, org_id, _has(_READ_ALL))


def _has(roles: Collection[str]) -> ColumnElement[bool]:
    return or_(*(literal(role) == any_(Staff.roles) for role in sorted(roles)))


def _those(session: Session, org_id: UUID, *which: ColumnElement[bool]) -> list[Addressee]:
    rows = session.execute(
        select(Staff.id, Staff.email, Staff.language, Staff.notify_email, _has(_READ_ALL))
        .where(Staff.org_id == org_id, Staff.active, *which)
        .order_by(Staff.id)
    )
    return [Addressee(*row) for row in rows]
