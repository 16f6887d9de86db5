"""Between the form that a manager fills in and the values that the rules know."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.core.text import fold
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.forms import QUESTIONS, ProgrammeForm
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.records import OwnProgramme
from orgs.programmes.rules import ProgrammeValues

_HOUR = 60
_WORKDAY = ((8 * _HOUR, 12 * _HOUR), (14 * _HOUR, 17 * _HOUR))
_AGES = {Kind.MIN_AGE: "min_age", Kind.MAX_AGE: "max_age"}
_TICKED = {Kind.WOMEN: "women", Kind.INJECTING: "injecting"}
_CHOSEN = {Kind.SUBSTANCES: "substances", Kind.AFTER_PROGRAMME: "after_programme", Kind.KHAN: "khans"}
_SAME_NAME = (
    "name_km", "name_en", "about_km", "about_en", "meeting_point_km", "meeting_point_en", "area", "published",
    "accepting",
)  # fmt: skip


def question_key(km: str, en: str) -> str:
    """Name a question by its words, so that an answer is never read under a question that was asked differently."""
    return "q" + hashlib.sha256(f"{fold(km)}\n{fold(en)}".encode()).hexdigest()[:10]


def beginning() -> dict[str, Any]:
    """What a new programme's form starts from."""
    return {"languages": ["km"], "response_hours": 16, **{f"day_{number}": _WORKDAY for number in range(5)}}


def filled(mine: OwnProgramme) -> dict[str, Any]:
    """What the form of an existing programme shows."""
    view = mine.view
    return {
        **{name: getattr(view, name) for name in _SAME_NAME},
        "service": view.service.value,
        "capacity": mine.capacity,
        "languages": sorted(view.languages),
        "response_hours": -(-view.response_minutes // _HOUR),
        "team": [str(one) for one in mine.team],
        "funding": mine.funding,
        "version": mine.version,
        **{f"day_{number}": day for number, day in enumerate(view.hours.days)},
        **_filled_criteria(view.criteria),
    }


def values(form: ProgrammeForm) -> ProgrammeValues:
    """What the form says, for the use cases to check."""
    return ProgrammeValues(
        service=form.service.data or "",
        **{name: form[name].data for name in _SAME_NAME},
        capacity=form.capacity.data,
        languages=frozenset(form.languages.data or ()),
        hours=WeeklyHours(tuple(tuple(day.data or ()) for day in form.days)),
        response_minutes=(form.response_hours.data or 0) * _HOUR,
        criteria=tuple(_criteria(form)),
        funding=form.funding.data,
        team=frozenset(UUID(one) for one in form.team.data or ()),
    )


def _criteria(form: ProgrammeForm) -> Iterator[Criterion]:
    for kind, name in _AGES.items():
        if form[name].data is not None:
            yield Criterion(kind, kind, number=form[name].data)
    for kind, name in _TICKED.items():
        if form[name].data:
            yield Criterion(kind, kind)
    for kind, name in _CHOSEN.items():
        if form[name].data:
            yield Criterion(kind, kind, choices=frozenset(form[name].data))
    for km, en, wanted in form.questions:
        if km.data or en.data:
            key = question_key(km.data, en.data)
            yield Criterion(
                Kind.QUESTION, key, wanted=wanted.data != "no", question_km=km.data, question_en=en.data
            )  # fmt: skip


def _filled_criteria(criteria: tuple[Criterion, ...]) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for criterion in criteria:
        if criterion.kind in _AGES:
            data[_AGES[criterion.kind]] = criterion.number
        elif criterion.kind in _TICKED:
            data[_TICKED[criterion.kind]] = True
        elif criterion.kind in _CHOSEN:
            data[_CHOSEN[criterion.kind]] = sorted(criterion.choices)
    own = (criterion for criterion in criteria if criterion.kind is Kind.QUESTION)
    for number, criterion in zip(QUESTIONS, own, strict=False):
        data[f"question_km_{number}"] = criterion.question_km
        data[f"question_en_{number}"] = criterion.question_en
        data[f"wanted_{number}"] = "yes" if criterion.wanted else "no"
    return data
