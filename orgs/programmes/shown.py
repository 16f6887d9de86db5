"""Sentences about a programme in the reader's language: its hours today, whom it is for, how it answers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby, starmap
from math import ceil
from operator import itemgetter

from flask_babel import gettext, ngettext

from app.core.clock import PHNOM_PENH
from app.http.filters import in_language, percent
from orgs.areas.queries import AreaName
from orgs.facts import Substance
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import Interval, WeeklyHours, written
from orgs.programmes.records import ProgrammeView, Record
from orgs.programmes.rules import Openings, ServiceType
from orgs.programmes.words import ASK, ASKED, DAYS, LANGUAGE, OPENINGS, SERVICE
from orgs.words import SUBSTANCE

_HOUR = 60
_COLOURS = {Openings.OPEN: "green", Openings.NEARLY_FULL: "yellow", Openings.FULL: "grey"}


def room(view: ProgrammeView) -> tuple[str, str]:
    """Whether there is room, and the colour of its tag."""
    if not view.accepting:
        return gettext("Takes no referrals now"), "orange"
    return gettext(OPENINGS[view.openings]), _COLOURS[view.openings]


def services() -> dict[str, str]:
    """What each kind of service is called, for searching by words."""
    return {kind.value: gettext(word) for kind, word in SERVICE.items()}


def service(view: ProgrammeView) -> str:
    return str(gettext(SERVICE[view.service]))


def languages(view: ProgrammeView) -> str:
    return ", ".join(gettext(word) for code, word in LANGUAGE.items() if code in view.languages)


def hours_of_day(intervals: tuple[Interval, ...]) -> str:
    """08:00–12:00, 14:00–17:00"""
    return ", ".join(f"{written(opens)}–{written(closes)}" for opens, closes in intervals) or gettext("Closed")


def week(hours: WeeklyHours) -> list[tuple[str, str]]:
    """The week's hours from Monday, days that follow each other with the same hours as one: Monday–Friday."""
    rows = []
    for intervals, days in groupby(zip(DAYS, hours.days, strict=True), key=itemgetter(1)):
        names = [gettext(day) for day, _same in days]
        rows.append(("–".join((names[0], names[-1])) if len(names) > 1 else names[0], hours_of_day(intervals)))
    return rows


def today(hours: WeeklyHours, now: datetime) -> str:
    """One sentence on the doors: open until when, or when they open next today."""
    local = now.astimezone(PHNOM_PENH)
    minute, intervals = local.hour * _HOUR + local.minute, hours.days[local.weekday()]
    for opens, closes in intervals:
        if opens <= minute < closes:
            return str(gettext("Open now, until %(time)s", time=written(closes)))
        if minute < opens:
            return str(gettext("Opens today at %(time)s", time=written(opens)))
    return str(gettext("Closed for today") if intervals else gettext("Closed today"))


def working_time(minutes: int) -> str:
    """A length of working time: 40 working minutes, 8 working hours, 1.5 working hours."""
    if minutes < _HOUR:
        return str(ngettext("%(num)s working minute", "%(num)s working minutes", minutes))
    halves = round(minutes / _HOUR * 2) / 2
    shown = int(halves) if halves.is_integer() else halves
    return str(ngettext("%(hours)s working hour", "%(hours)s working hours", ceil(halves), hours=shown))


def answers(record: Record | None) -> str:
    """How it has answered, in one sentence; none of it before there are ten referrals."""
    if record is None:
        return str(gettext("Too few referrals so far to say how they are answered."))
    share = percent(record.in_time, record.asked)
    if record.median_minutes is None:
        return str(gettext("%(share)s answered in time", share=share))
    half = working_time(record.median_minutes)
    return str(gettext("%(share)s answered in time, half of the answers within %(time)s", share=share, time=half))


def asked(view: ProgrammeView, areas: Mapping[str, AreaName]) -> list[str]:
    """Whom the programme is for, one line for each condition."""
    return [_asked(criterion, areas) for criterion in view.criteria]


def place(view: ProgrammeView, areas: Mapping[str, AreaName]) -> str:
    """The sangkat and khan where people come to, or nothing."""
    names = [in_language(areas[code].names) for code in (view.area, view.khan) if code and code in areas]
    return ", ".join(names)


def question(criterion: Criterion, areas: Mapping[str, AreaName]) -> str:
    """One condition as a question that yes or no answers."""
    return _said(ASK, criterion, areas)


def area_codes(views: Iterable[ProgrammeView]) -> set[str | None]:
    """The codes whose names the sentences about these programmes need."""
    return {code for view in views for code in (view.area, view.khan)} | {
        code
        for view in views
        for criterion in view.criteria
        if criterion.kind is Kind.KHAN
        for code in criterion.choices
    }


def _asked(criterion: Criterion, areas: Mapping[str, AreaName]) -> str:
    return _said(ASKED, criterion, areas)


def _said(sentences: Mapping[Kind, str], criterion: Criterion, areas: Mapping[str, AreaName]) -> str:
    own = in_language({"km": criterion.question_km, "en": criterion.question_en})
    chosen = sorted(starmap(_choice, ((criterion.kind, code, areas) for code in criterion.choices)))
    return str(gettext(sentences[criterion.kind], age=criterion.number, question=own, list=", ".join(chosen)))


def _choice(kind: Kind, code: str, areas: Mapping[str, AreaName]) -> str:
    if kind is Kind.KHAN:
        return in_language(areas[code].names) if code in areas else code
    words: Mapping[str, str] = SUBSTANCE if kind is Kind.SUBSTANCES else SERVICE  # type: ignore[assignment]
    kinds = Substance if kind is Kind.SUBSTANCES else ServiceType
    return str(gettext(words[kinds(code)]))
