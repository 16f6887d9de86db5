"""What a programme must state, how full it is, and in which order programmes are offered."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from app.core.errors import N_, Conflict, Invalid
from app.core.text import fold, tidy
from orgs.programmes.criteria import Criterion, Fits, Kind
from orgs.programmes.hours import WeeklyHours


class ServiceType(StrEnum):
    DROP_IN = "drop_in"
    SHELTER = "shelter"
    HIV_TESTING = "hiv_testing"
    METHADONE = "methadone"
    DETOX = "detox"
    REHAB = "rehab"
    COUNSELLING = "counselling"
    VOCATIONAL = "vocational"
    TB = "tb"
    ART = "art"
    STI = "sti"
    EMPLOYMENT = "employment"


class Openings(StrEnum):
    OPEN = "open"
    NEARLY_FULL = "nearly_full"
    FULL = "full"


class OverReason(StrEnum):
    """Why somebody is taken although all places are. A list, not free text: a manager reads it, and it names nobody."""

    EMERGENCY = "emergency"
    PREGNANT = "pregnant"
    UNDER_18 = "under_18"
    RELEASED_FROM_DETENTION = "released_from_detention"
    LEFT_HOSPITAL = "left_hospital"
    NOT_SAFE = "not_safe"
    AGREED = "agreed"
    OTHER = "other"


REOPENED = "reopened"
"""The reason of a place that was promised, closed by a wrong clock and given to somebody else before it was opened
again. The database notes it; nobody can choose it, and so it is no `OverReason`."""

MAX_NAME, MAX_TEXT, MAX_QUESTION, MAX_CRITERIA = 120, 2000, 200, 12
MAX_CAPACITY = 5000
MIN_RESPONSE_MINUTES, MAX_RESPONSE_MINUTES = 60, 100 * 60
OLDEST = 110
LANGUAGES = frozenset({"km", "en", "vi", "fr", "zh", "th", "sign"})
"""What programmes may say they speak ("sign": Cambodian sign language)."""

_TELLING_LATIN = re.compile(
    r"(?<![a-z])(?:drug|methadone|hiv|aids|addict|detox|rehab|needle|syringe|overdose|harm reduction"
    r"|tuberculosis|hepatitis|psychiatr|clinic|hospital|health|patient)"
)
_TELLING_KHMER = re.compile("ញៀន|មេតាដូន|អេដស៍|ហ៊ីវ|ម្ជុល|បន្សាប|វិកលចរិត|របេង|គ្លីនិក|ពេទ្យ|សុខភាព|អ្នកជំងឺ")
"""Words that must not stand on a slip of paper that police or family may find."""


@dataclass(frozen=True)
class ProgrammeValues:
    """What a manager states of a programme, before it is stored."""

    name_km: str
    name_en: str
    service: str
    about_km: str = ""
    about_en: str = ""
    meeting_point_km: str = ""
    meeting_point_en: str = ""
    languages: frozenset[str] = frozenset()
    hours: WeeklyHours | None = None
    capacity: int | None = None
    """Places at one time; None where there is no such limit."""
    response_minutes: int = 0
    """The answer promised, in minutes of working time."""
    criteria: tuple[Criterion, ...] = ()
    funding: str = ""
    """Whose money it runs on, for the organisation's own reports."""
    area: str | None = None
    """Six digits: the sangkat where people come to."""
    team: frozenset[UUID] = frozenset()
    """Staff who are told of its referrals; empty means everybody who works cases."""
    published: bool = False
    accepting: bool = True


@dataclass(frozen=True)
class Offer:
    """What ordering needs to know of one programme on the list."""

    fits: Fits
    openings: Openings
    in_khan: bool
    answered: float | None
    """Share of referrals answered in time, 0 to 1; None while too few to tell."""
    name: str


_Faults = dict[str, tuple[str, dict[str, object]]]


def openings(capacity: int | None, taken: int) -> Openings:
    """How full, coarsely: nearly full means that one place is left, or a fifth of them.

    The column `programmes.openings` reckons the same.
    """
    if capacity is None:
        return Openings.OPEN
    left = capacity - taken
    if left <= 0:
        return Openings.FULL
    return Openings.NEARLY_FULL if left <= max(1, capacity // 5) else Openings.OPEN


def is_full(capacity: int | None, taken: int) -> bool:
    """Whether the next person would be one too many."""
    return openings(capacity, taken) is Openings.FULL


def check_place(capacity: int, taken: int, over: OverReason | None) -> bool:
    """May one more be taken? `taken` counts everybody but them. Returns whether they are over capacity.

    Raises Conflict when all places are taken and nobody says why this person is to be taken all the same.
    """
    if not is_full(capacity, taken):
        return False
    if over is None:
        raise Conflict(
            N_("All places are taken (%(taken)s of %(all)s). If it cannot wait, choose a reason."),
            field="over",
            taken=taken,
            all=capacity,
        )
    return True


def order(offer: Offer) -> tuple[int, int, bool, float, str]:
    """A sort key: what fits, has room, is near and answers comes first. Too few to tell is the middle."""
    answered = 0.5 if offer.answered is None else offer.answered
    return (
        list(Fits).index(offer.fits),
        list(Openings).index(offer.openings),
        not offer.in_khan,
        -answered,
        fold(offer.name),
    )


def check_programme(values: ProgrammeValues, *, organisation_names: Iterable[str] = ()) -> None:
    """Raise Invalid naming every field at fault. No organisation's name may stand in the meeting point."""
    faults: _Faults = {}
    _check_texts(values, faults)
    _check_meeting_point(values, tuple(organisation_names), faults)
    _check_numbers(values, faults)
    _check_criteria(values.criteria, faults)
    if faults:
        raise Invalid.many(faults)


def is_neutral(text: str, organisation_names: Iterable[str] = ()) -> bool:
    """Whether the text may stand on a slip: no word of drugs or illness, no organisation's name."""
    folded = fold(text)
    names = [fold(name) for name in organisation_names if fold(name)]
    return not (_TELLING_LATIN.search(folded) or _TELLING_KHMER.search(folded) or any(name in folded for name in names))


def _check_texts(values: ProgrammeValues, faults: _Faults) -> None:
    for name in ("name_km", "name_en"):
        text = tidy(getattr(values, name))
        if not text:
            faults[name] = (N_("Give the name in both languages."), {})
        elif len(text) > MAX_NAME:
            faults[name] = (N_("At most %(count)s characters."), {"count": MAX_NAME})
    for name in ("about_km", "about_en"):
        if len(getattr(values, name)) > MAX_TEXT:
            faults[name] = (N_("At most %(count)s characters."), {"count": MAX_TEXT})
    if values.service not in set(ServiceType):
        faults["service"] = (N_("Choose the kind of service."), {})
    if not values.languages or values.languages - LANGUAGES:
        faults["languages"] = (N_("Choose the languages that the team speaks."), {})


def _check_meeting_point(values: ProgrammeValues, names: tuple[str, ...], faults: _Faults) -> None:
    for name in ("meeting_point_km", "meeting_point_en"):
        text = tidy(getattr(values, name))
        if not text:
            faults[name] = (N_("Say in both languages where people come to."), {})
        elif len(text) > MAX_QUESTION:
            faults[name] = (N_("At most %(count)s characters."), {"count": MAX_QUESTION})
        elif not is_neutral(text, names):
            faults[name] = (
                N_("This is printed on a slip that others may read. Name no illness, care or organisation."),
                {},
            )


def _check_numbers(values: ProgrammeValues, faults: _Faults) -> None:
    if values.capacity is not None and not 0 <= values.capacity <= MAX_CAPACITY:
        faults["capacity"] = (N_("Choose between %(min)s and %(max)s."), {"min": 0, "max": MAX_CAPACITY})
    if not MIN_RESPONSE_MINUTES <= values.response_minutes <= MAX_RESPONSE_MINUTES:
        faults["response_minutes"] = (
            N_("Promise an answer within %(min)s to %(max)s working hours."),
            {"min": MIN_RESPONSE_MINUTES // 60, "max": MAX_RESPONSE_MINUTES // 60},
        )
    if values.hours is None or not values.hours.week:
        faults["hours"] = (N_("Give the hours of at least one day."), {})


def _check_criteria(criteria: tuple[Criterion, ...], faults: _Faults) -> None:
    if len(criteria) > MAX_CRITERIA:
        faults["criteria"] = (N_("At most %(count)s criteria."), {"count": MAX_CRITERIA})
    if any(count > 1 for count in Counter(criterion.key for criterion in criteria).values()):
        faults["criteria"] = (N_("The same criterion stands twice."), {})
    youngest = max((c.number for c in criteria if c.kind is Kind.MIN_AGE), default=0)
    eldest = min((c.number for c in criteria if c.kind is Kind.MAX_AGE), default=OLDEST)
    if not 0 <= youngest <= eldest <= OLDEST:
        faults["criteria"] = (N_("The youngest age must not be above the oldest."), {})
    for criterion in criteria:
        problem = _fault_of(criterion)
        if problem:
            faults["criteria"] = (problem, {"count": MAX_QUESTION})


def _fault_of(criterion: Criterion) -> str | None:
    if criterion.kind is Kind.QUESTION:
        questions = tidy(criterion.question_km), tidy(criterion.question_en)
        if not all(questions):
            return N_("Give your question in both languages.")
        if any(len(question) > MAX_QUESTION for question in questions):
            return N_("At most %(count)s characters.")
    if criterion.kind in {Kind.SUBSTANCES, Kind.AFTER_PROGRAMME, Kind.KHAN} and not criterion.choices:
        return N_("Choose at least one.")
    if criterion.kind is Kind.AFTER_PROGRAMME and criterion.choices - set(ServiceType):
        return N_("Choose services from the list.")
    if criterion.kind is Kind.KHAN and not all(re.fullmatch(r"\d{4}", khan) for khan in criterion.choices):
        return N_("Choose khans from the list.")
    return None
