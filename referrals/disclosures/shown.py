"""Entries of an accounting as lines to read, in the reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.http.filters import day, in_language
from orgs.privacy.words import ACTION
from orgs.programmes import queries as directory
from orgs.programmes.records import ProgrammeView
from orgs.staff.queries import OrgName, organisations, staff_names, staff_roles
from orgs.staff.rules import ROLES
from referrals.consents.rules import How
from referrals.consents.words import HOW
from referrals.disclosures.rules import Entry, What
from referrals.disclosures.words import OTHER_ACTION, PART, PURPOSE, WHAT
from referrals.life.disclosure import Part
from referrals.life.words import CATEGORY

NOBODY = UUID(int=0)


@dataclass(frozen=True)
class Line:
    """One entry: when, what, and below it who, what more and why."""

    at: datetime
    title: str
    lines: tuple[str, ...]


@dataclass(frozen=True)
class _Names:
    places: Mapping[UUID, OrgName]
    programmes: Mapping[UUID, ProgrammeView]
    people: Mapping[UUID, str]
    roles: Mapping[UUID, tuple[str, ...]]


def lines(session: Session, actor: Actor, entries: Iterable[Entry], *, named: bool) -> list[Line]:
    """`named`: colleagues by name and role; else, on paper that is given away, by role alone."""
    listed = list(entries)
    staff = {one.staff_id for one in listed}
    names = _Names(
        organisations(session, {one.to_org_id for one in listed if one.to_org_id}),
        directory.programmes(session, {one.programme_id for one in listed if one.programme_id}),
        staff_names(session, actor.org_id, staff) if named else {},
        staff_roles(session, actor.org_id, staff),
    )
    return [_line(one, names) for one in listed]


def _line(one: Entry, names: _Names) -> Line:
    if one.what is What.WITHIN:
        return Line(one.at, gettext(ACTION.get(one.action, OTHER_ACTION)), tuple(filter(None, _within(one, names))))
    return Line(one.at, gettext(WHAT[one.what]), tuple(filter(None, _outside(one, names))))


def _within(one: Entry, names: _Names) -> Iterable[str]:
    staff = one.staff_id or NOBODY
    roles = ", ".join(gettext(ROLES[role]) for role in names.roles.get(staff, ()))
    person = names.people.get(staff, "")
    yield " – ".join(filter(None, (person or gettext("One of us"), roles)))
    yield one.ref
    if one.times > 1:
        yield ngettext("%(num)s time that day", "%(num)s times that day", one.times)


def _outside(one: Entry, names: _Names) -> Iterable[str]:
    place, programme = names.places.get(one.to_org_id or NOBODY), names.programmes.get(one.programme_id or NOBODY)
    called = in_language(programme.name) if programme else ""
    yield ", ".join(filter(None, (one.ref, called, in_language(place.names) if place else "")))
    if one.part is not None:
        yield _part(one, one.part)
    elif one.what is What.SENT:
        yield _part(one, Part.TRIAGE)
    if one.why is not None and one.what in {What.SENT, What.RELEASED}:
        yield gettext(PURPOSE, day=day(one.why.given_at), how=gettext(HOW[How(one.why.how)]))


def _part(one: Entry, part: Part) -> str:
    told = "; ".join(gettext(word) for category, word in CATEGORY.items() if category in one.categories)
    return str(gettext(PART[part], told=told)) if part is Part.IDENTITY else str(gettext(PART[part]))
