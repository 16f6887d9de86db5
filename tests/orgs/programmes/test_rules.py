from __future__ import annotations

from dataclasses import replace
from random import Random

import pytest

from app.core.errors import Invalid
from orgs.programmes import words
from orgs.programmes.criteria import Criterion, Fits, Kind
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.rules import (
    Offer,
    Openings,
    ProgrammeValues,
    ServiceType,
    check_programme,
    is_neutral,
    openings,
    order,
)

GOOD = ProgrammeValues(
    name_km="កន្លែងស្នាក់",
    name_en="A place to stay",
    service="shelter",
    meeting_point_km="ទ្វារពណ៌ខៀវ ក្បែរផ្សារ",
    meeting_point_en="The blue gate beside the market",
    languages=frozenset({"km"}),
    hours=WeeklyHours((((480, 1020),), *([()] * 6))),
    capacity=12,
    response_minutes=8 * 60,
    criteria=(
        Criterion(Kind.MIN_AGE, "min", number=15),
        Criterion(Kind.MAX_AGE, "max", number=24),
        Criterion(Kind.KHAN, "khan", choices=frozenset({"1212"})),
    ),
)


def faults(values: ProgrammeValues) -> set[str]:
    try:
        check_programme(values, organisation_names=("Mith Samlanh", "មិត្តសំឡាញ់", ""))
    except Invalid as error:
        for message, params in error.fields.values():
            assert message % params
        return set(error.fields)
    return set()


def test_a_good_programme_passes() -> None:
    assert faults(GOOD) == set()
    assert faults(replace(GOOD, capacity=None)) == set()


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"name_km": " "}, {"name_km"}),
        ({"name_en": ""}, {"name_en"}),
        ({"name_en": "x" * 121}, {"name_en"}),
        ({"about_km": "x" * 2001}, {"about_km"}),
        ({"service": "prison"}, {"service"}),
        ({"languages": frozenset()}, {"languages"}),
        ({"languages": frozenset({"km", "xx"})}, {"languages"}),
        ({"meeting_point_km": ""}, {"meeting_point_km"}),
        ({"meeting_point_en": "x" * 201}, {"meeting_point_en"}),
        ({"meeting_point_en": "The Methadone window"}, {"meeting_point_en"}),
        ({"meeting_point_en": "Behind MITH  SAMLANH"}, {"meeting_point_en"}),
        ({"meeting_point_km": "មិត្ត\u200bសំឡាញ់ ជាន់ទី២"}, {"meeting_point_km"}),
        ({"capacity": -1}, {"capacity"}),
        ({"capacity": 5001}, {"capacity"}),
        ({"response_minutes": 59}, {"response_minutes"}),
        ({"response_minutes": 100 * 60 + 1}, {"response_minutes"}),
        ({"hours": None}, {"hours"}),
        ({"hours": WeeklyHours(((),) * 7)}, {"hours"}),
        ({"name_km": "", "name_en": "", "service": ""}, {"name_km", "name_en", "service"}),
    ],
)
def test_every_fault_is_named_at_its_field(changes: dict[str, object], at_fault: set[str]) -> None:
    assert faults(replace(GOOD, **changes)) == at_fault  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "criteria",
    [
        (Criterion(Kind.MIN_AGE, "min", number=30), Criterion(Kind.MAX_AGE, "max", number=20)),
        (Criterion(Kind.MIN_AGE, "min", number=-1),),
        (Criterion(Kind.MAX_AGE, "max", number=-1),),
        (Criterion(Kind.MIN_AGE, "min", number=111),),
        (Criterion(Kind.INJECTING, "a"), Criterion(Kind.WOMEN, "a")),
        (Criterion(Kind.QUESTION, "q", question_km="តើ?"),),
        (Criterion(Kind.QUESTION, "q", question_km="តើ?", question_en="x" * 201),),
        (Criterion(Kind.SUBSTANCES, "s"),),
        (Criterion(Kind.AFTER_PROGRAMME, "p", choices=frozenset({"prison"})),),
        (Criterion(Kind.KHAN, "k", choices=frozenset({"121201"})),),
        tuple(Criterion(Kind.INJECTING, f"k{n}") for n in range(13)),
    ],
)
def test_impossible_criteria_are_refused(criteria: tuple[Criterion, ...]) -> None:
    assert faults(replace(GOOD, criteria=criteria)) == {"criteria"}


@pytest.mark.parametrize(
    ("text", "neutral"),
    [
        ("Street 271, the house with the mango tree", True),
        ("Beside the archive; ask for the maids' entrance", True),
        ("ផ្ទះលេខ ១២ ក្បែរផ្សារដើមថ្កូវ", True),
        ("HIV room", False),
        ("the Health Centre", False),
        ("behind the hospital", False),
        ("កន្លែង\u200bម្ជុល", False),
        ("មន្ទីរពេទ្យ", False),
        ("អ្នកញៀន", False),
    ],
)
def test_what_may_stand_on_a_slip(text: str, *, neutral: bool) -> None:
    assert is_neutral(text) is neutral


@pytest.mark.parametrize(
    ("capacity", "taken", "expected"),
    [
        (None, 10_000, Openings.OPEN),
        (0, 0, Openings.FULL),
        (1, 0, Openings.NEARLY_FULL),
        (1, 1, Openings.FULL),
        (5, 3, Openings.OPEN),
        (5, 4, Openings.NEARLY_FULL),
        (20, 15, Openings.OPEN),
        (20, 16, Openings.NEARLY_FULL),
        (20, 20, Openings.FULL),
        (20, 25, Openings.FULL),
    ],
)
def test_openings_are_coarse(capacity: int | None, taken: int, expected: Openings) -> None:
    assert openings(capacity, taken) is expected


def test_the_list_puts_first_what_fits_has_room_is_near_and_answers() -> None:
    best_first = [
        Offer(Fits.YES, Openings.OPEN, in_khan=True, answered=0.9, name="B"),
        Offer(Fits.YES, Openings.OPEN, in_khan=True, answered=None, name="A"),
        Offer(Fits.YES, Openings.OPEN, in_khan=True, answered=0.2, name="A"),
        Offer(Fits.YES, Openings.OPEN, in_khan=False, answered=1.0, name="A"),
        Offer(Fits.YES, Openings.FULL, in_khan=True, answered=1.0, name="A"),
        Offer(Fits.UNKNOWN, Openings.OPEN, in_khan=True, answered=1.0, name="A"),
        Offer(Fits.UNKNOWN, Openings.OPEN, in_khan=True, answered=1.0, name="b"),
        Offer(Fits.NO, Openings.OPEN, in_khan=True, answered=1.0, name="A"),
    ]
    mixed = Random(7).sample(best_first, len(best_first))  # noqa: S311 - a shuffle
    assert sorted(mixed, key=order) == best_first


def test_every_kind_has_a_word() -> None:
    assert set(words.SERVICE) == set(ServiceType)
    assert set(words.OPENINGS) == set(Openings)
    assert set(words.FITS) == set(Fits)
    assert set(words.CRITERION) == set(Kind)


def test_no_kind_of_service_locks_anybody_up() -> None:
    assert not any("compulsory" in kind or "police" in kind for kind in ServiceType)
