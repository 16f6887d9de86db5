"""The two parts of a packet as lines to read, in the reader's language.

Both sides read the same lines, so that the sender's review shows exactly what the other side will see.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from flask_babel import gettext

from app.http.filters import clock_time, day, in_language, weekday
from orgs.areas.queries import AreaName
from orgs.programmes.records import ProgrammeView
from orgs.programmes.rules import ServiceType
from orgs.programmes.shown import question
from orgs.programmes.words import LANGUAGE, SERVICE
from orgs.words import AGE_BAND, GENDER, NEED
from referrals.life.disclosure import IdentityPart, TriagePart
from referrals.life.words import CATEGORY, URGENCY

Lines = list[tuple[str, str]]

_A_MOMENT = timedelta(microseconds=1)


def triage_lines(part: TriagePart, programme: ProgrammeView, areas: Mapping[str, AreaName]) -> Lines:
    """The first part: every field, also where nothing is told, as the receiver sees that too.

    `areas` holds the names of the khan and of the codes that `orgs.programmes.shown.area_codes` gives.
    """
    untold, code = gettext("Not told"), part.khan or ""
    khan = in_language(areas[code].names) if code in areas else code
    lines = [
        (gettext("Service"), gettext(SERVICE[ServiceType(part.service)])),
        (gettext("Urgency"), gettext(URGENCY[part.urgency])),
        (gettext("Age group"), gettext(AGE_BAND[part.age_band]) if part.age_band else untold),
        (gettext("Language"), gettext(LANGUAGE[part.language]) if part.language in LANGUAGE else part.language),
        (gettext("Needs, to be able to come"), ", ".join(gettext(NEED[need]) for need in part.needs) or untold),
        (gettext("Stays in"), khan or untold),
    ]
    if part.gender is not None:
        lines.append((gettext("Gender"), gettext(GENDER[part.gender])))
    return lines + answer_lines(part.criteria, programme, areas)


def answer_lines(answers: Mapping[str, bool], programme: ProgrammeView, areas: Mapping[str, AreaName]) -> Lines:
    """The programme's questions with the answers that are told. What it no longer asks is left out."""
    return [
        (question(criterion, areas), yes_no(answers[criterion.key]))
        for criterion in programme.criteria
        if criterion.key in answers
    ]


def identity_lines(part: IdentityPart) -> Lines:
    """The second part: only what is there."""
    lines = [
        (gettext("Alias"), part.alias),
        (gettext("Name"), part.name),
        (gettext("Year of birth"), str(part.birth_year or "")),
        (gettext("Phone"), part.phone),
        (gettext("Safe way to make contact"), part.safe_contact),
        (gettext("Where to find them"), part.contact_notes),
        *((gettext(CATEGORY[category]), said) for category, said in part.details.items()),
        (gettext("Note"), part.note),
    ]
    return [line for line in lines if line[1]]


def yes_no(answer: bool) -> str:  # noqa: FBT001 - a fact, not a switch
    return str(gettext("Yes") if answer else gettext("No"))


def meeting(at: datetime | None, first: datetime | None, last: datetime | None) -> str:
    """The appointment with its weekday, or the walk-in days; a window's end is the midnight after its last day."""
    if at is not None:
        return f"{weekday(at)}, {clock_time(at)}"
    if first is None or last is None:
        return ""
    return str(gettext("Walks in between %(first)s and %(last)s", first=day(first), last=day(last - _A_MOMENT)))
