"""The directory as officials of a sangkat see it: openings coarse, no numbers of places, only what is published.

Their connection may read these columns and no others, so the query names each one.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, and_, select, tuple_
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from orgs.programmes.models import Programme, ResponseRecord
from orgs.programmes.records import ProgrammeView, Record, criteria_from_json, hours_from_json
from orgs.programmes.rules import Openings, ServiceType
from orgs.staff.models import Organisation

PAGE = 30
_RECORD = (ResponseRecord.asked, ResponseRecord.in_time, ResponseRecord.median_minutes)
Place = tuple[str, UUID, UUID]
"""Where a page of the list ends: service, organisation, programme."""


def directory(
    session: Session, *, service: str | None = None, khan: str | None = None, after: Place | None = None
) -> tuple[list[ProgrammeView], Place | None]:
    """One page of the published programmes by service, and where the next page begins, if there is one."""
    query = _published().order_by(Programme.service, Programme.org_id, Programme.id).limit(PAGE + 1)
    if service is not None:
        query = query.where(Programme.service == service)
    if khan is not None:
        query = query.where(Programme.area.startswith(khan, autoescape=True))
    if after is not None:
        query = query.where(tuple_(Programme.service, Programme.org_id, Programme.id) > after)
    found = [_view(row) for row in session.execute(query)]
    return found[:PAGE], _place(found[PAGE - 1]) if len(found) > PAGE else None


def published(session: Session, org_id: UUID, programme_id: UUID) -> ProgrammeView:
    """One published programme. Raises NotFound."""
    query = _published().where(Programme.org_id == org_id, Programme.id == programme_id)
    row = session.execute(query).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def _place(view: ProgrammeView) -> Place:
    return (view.service.value, view.org_id, view.id)


def _published() -> Select[*tuple[Any, ...]]:
    record = and_(ResponseRecord.org_id == Programme.org_id, ResponseRecord.programme_id == Programme.id)
    return (
        select(
            Programme.org_id, Programme.id, Programme.service, Programme.name_km, Programme.name_en,
            Programme.about_km, Programme.about_en, Programme.criteria, Programme.openings, Programme.hours,
            Programme.languages, Programme.response_minutes, Programme.area, Programme.published, Programme.accepting,
            Organisation.name_km.label("org_name_km"), Organisation.name_en.label("org_name_en"), *_RECORD,
        )
        .join(Organisation, Organisation.id == Programme.org_id)
        .outerjoin(ResponseRecord, record)
        .where(Programme.published, Organisation.active)
    )  # fmt: skip


def _view(row: Row[*tuple[Any, ...]]) -> ProgrammeView:
    stored = row._asdict()
    counts = [stored.pop(column.key) for column in _RECORD]
    return ProgrammeView(
        **stored
        | {
            "service": ServiceType(row.service),
            "openings": Openings(row.openings),
            "criteria": criteria_from_json(row.criteria),
            "hours": hours_from_json(row.hours),
            "languages": frozenset(row.languages),
            # Whoever sees a slip must not learn from here which service its neutral place belongs to.
            "meeting_point_km": "",
            "meeting_point_en": "",
        },
        record=None if counts[0] is None else Record(*counts),
    )
