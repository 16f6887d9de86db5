"""A client's facts as lines to read, in the reader's language. What is not known makes no line."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import TypeVar

from flask_babel import gettext

from app.core import clock
from app.http.filters import in_language
from orgs.areas.queries import KHAN_DIGITS, AreaName
from orgs.clients.records import Facts
from orgs.clients.views import ClientView
from orgs.facts import Gender, ages
from orgs.programmes.rules import ServiceType
from orgs.programmes.words import LANGUAGE, SERVICE
from orgs.words import DETAIL, GENDER, HEARD_FROM, NEED, SUBSTANCE

_Word = TypeVar("_Word", bound=StrEnum)
Lines = list[tuple[str, str]]


def place(code: str | None, areas: Mapping[str, AreaName]) -> str:
    """Where somebody stays: "Tuek Thla, Sen Sok"; "" when it is not known."""
    steps = (code, code[:KHAN_DIGITS]) if code else ()
    names = dict.fromkeys(in_language(areas[step].names) for step in steps if step in areas)
    return ", ".join(names)


def contact_lines(client: ClientView, areas: Mapping[str, AreaName]) -> Lines:
    """How to reach the person, which is what a worker opens the page for."""
    record = client.record
    return _known(
        (gettext("Name"), record.name if record.alias else ""),
        (gettext("Phone"), record.phone),
        (gettext("Safe way to make contact"), record.safe_contact),
        (gettext("Where to find them"), record.facts.contact_notes),
        (gettext("Where they stay"), place(record.area, areas)),
    )


def about_lines(client: ClientView, worker: str) -> Lines:
    """Who the person is, and who looks after them."""
    facts = client.record.facts
    return _known(
        (gettext("Age"), _age(facts)),
        (gettext("Gender"), "" if facts.gender is Gender.NOT_SAID else gettext(GENDER[facts.gender])),
        (gettext("Language they speak"), gettext(LANGUAGE[facts.language])),
        (gettext("To be able to come, they need"), _listed(NEED, facts.needs)),
        (gettext("Services they have been through"), _listed(SERVICE, map(ServiceType, facts.finished or ()))),
        (gettext("Heard of us from"), gettext(HEARD_FROM[client.record.heard_from])),
        (gettext("Own worker"), worker),
    )


def told_lines(facts: Facts) -> Lines:
    """What was told in confidence, as far as the reader may see it."""
    injects = {True: gettext("Yes"), False: gettext("No"), None: ""}[facts.injecting]
    told = [(gettext(DETAIL[detail]), facts.details.get(detail, "")) for detail in DETAIL]
    return _known((gettext("Injects"), injects), (gettext("Uses"), _listed(SUBSTANCE, facts.substances or ())), *told)


def _age(facts: Facts) -> str:
    if facts.birth_year is None:
        return ""
    younger, older = ages(facts.birth_year, clock.now())
    return str(gettext("%(younger)s or %(older)s (born %(year)s)", younger=younger, older=older, year=facts.birth_year))


def _listed(table: Mapping[_Word, str], members: Iterable[_Word]) -> str:
    chosen = set(members)
    return ", ".join(str(gettext(word)) for member, word in table.items() if member in chosen)


def _known(*lines: tuple[str, str]) -> Lines:
    return [line for line in lines if line[1]]
