"""Making and changing programmes: a manager's work, in their own organisation."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session

from app.core import audit, clock, ids
from app.core.context import CASE_ROLES, Actor
from app.core.errors import N_, Conflict, Invalid, NotFound
from app.core.text import tidy
from orgs.areas.queries import area_names
from orgs.programmes import records, rules
from orgs.programmes.models import Programme, TeamMember
from orgs.programmes.policy import check_may_manage
from orgs.programmes.rules import ProgrammeValues
from orgs.staff.queries import colleagues, organisation


def make_programme(session: Session, actor: Actor, values: ProgrammeValues) -> UUID:
    """Add a programme to the actor's organisation; returns its id. Raises NotAllowed, Invalid."""
    check_may_manage(actor)
    _check(session, actor, values)
    row = Programme(org_id=actor.org_id, id=ids.new_id(), created_at=clock.now(), **_columns(values))
    session.add(row)
    session.flush()
    _set_team(session, actor, row.id, values.team)
    audit.record(
        session, actor, "programme.make", subject="programme", subject_id=row.id, published=values.published
    )  # fmt: skip
    return row.id


def change_programme(
    session: Session, actor: Actor, programme_id: UUID, values: ProgrammeValues, *, version: int
) -> None:
    """State a programme anew. Raises NotAllowed, NotFound, Conflict (somebody was faster), Invalid."""
    check_may_manage(actor)
    row = session.execute(
        select(Programme)
        .where(Programme.org_id == actor.org_id, Programme.id == programme_id)
        .with_for_update(key_share=True)  # whoever sends somebody there meanwhile does not wait
    ).scalar_one_or_none()
    if row is None:
        raise NotFound
    if row.version != version:
        raise Conflict
    _check(session, actor, values)
    for name, value in _columns(values).items():
        setattr(row, name, value)
    row.version += 1
    session.flush()
    session.info["told"] = True  # more places may tell the team who waits: whoever commits may wake the relay
    _set_team(session, actor, row.id, values.team)
    audit.record(
        session, actor, "programme.change", subject="programme", subject_id=row.id,
        published=row.published, accepting=row.accepting,
    )  # fmt: skip


def _columns(values: ProgrammeValues) -> dict[str, Any]:
    assert values.hours is not None  # noqa: S101 - checked just before
    return {
        "service": values.service,
        "name_km": tidy(values.name_km),
        "name_en": tidy(values.name_en),
        "about_km": values.about_km.strip(),
        "about_en": values.about_en.strip(),
        "criteria": [records.criterion_to_json(criterion) for criterion in values.criteria],
        "capacity": values.capacity,
        "hours": records.hours_to_json(values.hours),
        "meeting_point_km": tidy(values.meeting_point_km),
        "meeting_point_en": tidy(values.meeting_point_en),
        "languages": sorted(values.languages),
        "response_minutes": values.response_minutes,
        "funding": tidy(values.funding),
        "area": values.area,
        "published": values.published,
        "accepting": values.accepting,
    }


def _check(session: Session, actor: Actor, values: ProgrammeValues) -> None:
    ours = organisation(session, actor.org_id)
    rules.check_programme(values, organisation_names=(ours.km, ours.en))
    if values.area and values.area not in area_names(session, [values.area]):
        raise Invalid(N_("Choose a sangkat from the list."), field="area")
    if values.team - {colleague.id for colleague in colleagues(session, actor, CASE_ROLES)}:
        raise Invalid(N_("Choose colleagues from the list. Some no longer work here."), field="team")


def _set_team(session: Session, actor: Actor, programme_id: UUID, team: frozenset[UUID]) -> None:
    here = (TeamMember.org_id == actor.org_id) & (TeamMember.programme_id == programme_id)
    session.execute(delete(TeamMember).where(here, TeamMember.staff_id.not_in(team)))
    kept = set(session.scalars(select(TeamMember.staff_id).where(here)))
    added = [{"org_id": actor.org_id, "programme_id": programme_id, "staff_id": one} for one in sorted(team - kept)]
    if added:
        session.execute(insert(TeamMember), added)
