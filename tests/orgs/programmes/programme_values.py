"""A programme that passes, to vary in tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.rules import ProgrammeValues

WEEKDAYS = WeeklyHours((*([((480, 720), (840, 1020))] * 5), (), ()))
GOOD = ProgrammeValues(
    service="shelter",
    name_km="កន្លែងស្នាក់",
    name_en="A place to stay",
    about_km="គ្រែ និងអាហារ",
    about_en="A bed and meals",
    meeting_point_km="ទ្វារពណ៌ខៀវ ក្បែរផ្សារ",
    meeting_point_en="The blue gate beside the market",
    languages=frozenset({"km"}),
    hours=WEEKDAYS,
    capacity=12,
    response_minutes=8 * 60,
    criteria=(
        Criterion(Kind.MIN_AGE, "min_age", number=15),
        Criterion(Kind.QUESTION, "q1", wanted=False, question_km="មានកូនតូចទេ?", question_en="Any small children?"),
    ),
    funding="City fund",
    area="121201",
    published=True,
)


def like_good(**changes: Any) -> ProgrammeValues:
    return replace(GOOD, **changes)


TYPED = {
    "service": "rehab",
    "name_km": "ផ្ទះថ្មី",
    "name_en": "New house",
    "min_age": "១៨",
    "substances": ["heroin", "tablets"],
    "khans": ["1212"],
    "question_km_1": "មានកូនតូចទេ?",
    "question_en_1": "Any small children?",
    "wanted_1": "no",
    "capacity": "8",
    "day_0": "8-12, 14.00–17:30",
    **{f"day_{number}": "" for number in range(1, 6)},
    "day_6": "00:00-24:00",
    "meeting_point_km": "ទ្វារពណ៌ខៀវ",
    "meeting_point_en": "The blue gate",
    "area": "121201",
    "languages": ["km", "vi"],
    "response_hours": "16",
    "funding": "City fund",
    "published": "y",
    "accepting": "y",
}
"""What a manager types into the form."""
