"""Reading the directory: the published programmes of all, and every programme of one's own organisation.

The directory of one city is small, so words are compared in Python, where Khmer is folded as everywhere else.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, SQLColumnExpression, and_, bindparam, select
from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from app.core.errors import NotFound
from app.core.text import fold
from orgs.programmes.criteria import ClientFacts, Fits, Match, match
from orgs.programmes.models import Programme, ResponseRecord, TeamMember
from orgs.programmes.policy import check_may_manage
from orgs.programmes.records import (
    OwnProgramme,
    ProgrammeName,
    ProgrammeView,
    Record,
    criteria_from_json,
    hours_from_json,
)
from orgs.programmes.rules import Offer, Openings, ServiceType, order
from orgs.staff.models import Organisation
from orgs.staff.queries import KNOWN, learn

_RECORD = (ResponseRecord.asked, ResponseRecord.in_time, ResponseRecord.median_minutes)
_ITS_RECORD = and_(ResponseRecord.org_id == Programme.org_id, ResponseRecord.programme_id == Programme.id)
_VIEW = (
    Programme.org_id, Programme.id, Programme.service, Programme.name_km, Programme.name_en,
    Programme.about_km, Programme.about_en, Programme.criteria, Programme.openings, Programme.hours,
    Programme.meeting_point_km, Programme.meeting_point_en, Programme.languages, Programme.response_minutes,
    Programme.area, Programme.published, Programme.accepting,
    Organisation.name_km.label("org_name_km"), Organisation.name_en.label("org_name_en"), *_RECORD,
)  # fmt: skip
_NAMES = tuple(column.key for column in _VIEW)
_DESTINATION = len(_VIEW) + len(KNOWN)


@dataclass(frozen=True)
class Filters:
    """What is looked for in the directory. What is empty does not narrow it."""

    service: str | None = None
    khan: str | None = None
    """Four digits."""
    words: str = ""
    called: Mapping[str, str] = field(default_factory=dict)
    """What each kind of service is called in the reader's language, so that `words` find it."""
    with_places: bool = False
    """Only what takes referrals and is not full."""
    open_now: bool = False
    org_id: UUID | None = None


def programme(session: Session, programme_id: UUID, *, org_id: UUID | None = None) -> ProgrammeView:
    """One programme: published, one's own, or one that one's own referral went to. Raises NotFound."""
    wanted = _views().where(Programme.id == programme_id)
    if org_id is not None:
        wanted = wanted.where(Programme.org_id == org_id)
    row = session.execute(wanted).one_or_none()
    if row is None:
        raise NotFound
    return _view(row)


def programmes(session: Session, ids: Iterable[UUID]) -> dict[UUID, ProgrammeView]:
    """Those of these programmes that one may see, by id, published or not."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(_views_of(), {"ids": list(wanted)})
    return {view.id: view for view in map(_view, rows)}


def destination_beside(
    statement: Select[*tuple[Any, ...]], org_id: SQLColumnExpression[UUID], programme_id: SQLColumnExpression[UUID]
) -> Select[*tuple[Any, ...]]:
    """A statement of the house above about where somebody is sent to, with what `destination_of` needs, at its end."""
    there = and_(Programme.org_id == org_id, Programme.id == programme_id)
    added = statement.add_columns(*_VIEW, *KNOWN).outerjoin(Programme, there)
    return added.outerjoin(Organisation, Organisation.id == Programme.org_id).outerjoin(ResponseRecord, _ITS_RECORD)


def destination_of(session: Session, row: Row[*tuple[Any, ...]]) -> ProgrammeView | None:
    """The programme of this row, if one may see it. Whose it is need not be asked for any more (`organisation`)."""
    programme, house = row[-_DESTINATION : -len(KNOWN)], row[-len(KNOWN) :]
    if programme[0] is None:
        return None
    learn(session, house)
    return _view(programme)


def names(session: Session, ids: Iterable[UUID]) -> dict[UUID, ProgrammeName]:
    """What those of these programmes are called that one may see."""
    wanted = set(ids)
    if not wanted:
        return {}
    rows = session.execute(_names().where(Programme.id.in_(wanted)))
    return {row.id: ProgrammeName(*row) for row in rows}


def own_names(session: Session, actor: Actor) -> list[ProgrammeName]:
    """What every programme of one's own organisation is called, by name; whose they are goes without saying."""
    wanted = select(Programme.org_id, Programme.id, Programme.name_km, Programme.name_en)
    rows = session.execute(wanted.where(Programme.org_id == actor.org_id))
    return sorted((ProgrammeName(*row, "", "") for row in rows), key=lambda one: fold(one.name_en))


def published(session: Session, filters: Filters = Filters()) -> list[ProgrammeView]:
    """The directory, best place to send somebody first: room, then how it answers, then the name."""
    found = _directory(session, filters)
    return sorted(found, key=lambda view: order(_offer(view, Fits.YES, filters.khan)))


def matching(
    session: Session,
    facts: ClientFacts,
    filters: Filters = Filters(),
    *,
    reads: str = "km",
) -> list[tuple[ProgrammeView, Match]]:
    """Programmes that take referrals, each with how it fits this person and why; best first.

    `reads`: the reader's language, for the programmes' own questions.
    """
    now = clock.now()
    found = [
        (view, match(facts, view.criteria, view.languages, now=now, reads=reads))
        for view in _directory(session, filters)
        if view.accepting
    ]
    return sorted(found, key=lambda pair: order(_offer(pair[0], pair[1].fits, facts.khan)))


def own(session: Session, actor: Actor) -> list[ProgrammeView]:
    """Every programme of one's own organisation, published or not, by name."""
    rows = session.execute(_views().where(Programme.org_id == actor.org_id))
    return sorted(map(_view, rows), key=lambda view: fold(view.name_en))


def to_manage(session: Session, actor: Actor, programme_id: UUID) -> OwnProgramme:
    """One of one's own programmes with its counts, team and version. Raises NotAllowed, NotFound."""
    check_may_manage(actor)
    view = programme(session, programme_id, org_id=actor.org_id)
    row = session.execute(
        select(Programme.capacity, Programme.taken, Programme.funding, Programme.version).where(
            Programme.org_id == actor.org_id, Programme.id == programme_id
        )
    ).one()
    return OwnProgramme(view=view, team=frozenset(team(session, actor.org_id, programme_id)), **row._asdict())


def team(session: Session, org_id: UUID, programme_id: UUID) -> tuple[UUID, ...]:
    """The staff who are told of the programme's referrals; empty means everybody who works cases there."""
    return tuple(
        session.scalars(
            select(TeamMember.staff_id)
            .where(TeamMember.org_id == org_id, TeamMember.programme_id == programme_id)
            .order_by(TeamMember.staff_id)
        )
    )


def _names() -> Select[UUID, UUID, str, str, str, str]:
    return select(
        Programme.org_id, Programme.id, Programme.name_km, Programme.name_en,
        Organisation.name_km.label("org_name_km"), Organisation.name_en.label("org_name_en"),
    ).join(Organisation, Organisation.id == Programme.org_id)  # fmt: skip


@cache
def _views_of() -> Select[Any]:
    """Written once for the process."""
    return _views().where(Programme.id.in_(bindparam("ids", expanding=True)))


@cache
def _views() -> Select[Any]:
    views = select(*_VIEW).join(Organisation, Organisation.id == Programme.org_id)
    return views.outerjoin(ResponseRecord, _ITS_RECORD)


def _view(row: Sequence[Any]) -> ProgrammeView:
    values = dict(zip(_NAMES, row, strict=True))
    asked, in_time, median = (values.pop(column.key) for column in _RECORD)
    return ProgrammeView(
        **values
        | {
            "service": ServiceType(values["service"]),
            "openings": Openings(values["openings"]),
            "criteria": criteria_from_json(values["criteria"]),
            "hours": hours_from_json(values["hours"]),
            "languages": frozenset(values["languages"]),
        },
        record=None if asked is None else Record(asked, in_time, median),
    )


def _directory(session: Session, filters: Filters) -> list[ProgrammeView]:
    # An order of its own: that in which rows lie on disk moves with everybody's referrals.
    wanted = _views().where(Programme.published, Organisation.active).order_by(Programme.org_id, Programme.id)
    if filters.service:
        wanted = wanted.where(Programme.service == filters.service)
    if filters.org_id:
        wanted = wanted.where(Programme.org_id == filters.org_id)
    if filters.khan:
        wanted = wanted.where(Programme.area.startswith(filters.khan, autoescape=True))
    if filters.with_places:
        wanted = wanted.where(Programme.accepting, Programme.openings != Openings.FULL)
    now, words = clock.now(), fold(filters.words).split()
    return [
        view
        for view in map(_view, session.execute(wanted))
        if _says(view, filters.called, words) and (not filters.open_now or view.is_open(now))
    ]


def _says(view: ProgrammeView, called: Mapping[str, str], words: list[str]) -> bool:
    """Whether each word stands somewhere in what the programme says of itself, in either language."""
    if not words:
        return True
    text = fold(
        " ".join(
            (view.name_km, view.name_en, view.about_km, view.about_en, view.org_name_km, view.org_name_en,
             view.service.replace("_", " "), called.get(view.service, ""))
        )
    )  # fmt: skip
    return all(word in text for word in words)


def _offer(view: ProgrammeView, fits: Fits, khan: str | None) -> Offer:
    return Offer(
        fits=fits,
        openings=view.openings if view.accepting else Openings.FULL,
        in_khan=khan is not None and view.khan == khan,
        answered=view.record.share_in_time if view.record else None,
        name=view.name_en,
    )
