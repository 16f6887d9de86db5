"""What the directory says of a programme, as values: for pages, for the API, and for the houses above."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import WeeklyHours
from orgs.programmes.rules import Openings, ServiceType

_CLOSED_ALL_WEEK = WeeklyHours(((),) * 7)
_KHAN_DIGITS = 4


@dataclass(frozen=True)
class Record:
    """How a programme answered in the last half year. There is none below ten referrals."""

    asked: int
    """Referrals whose promised time is over, answered or not."""
    in_time: int
    median_minutes: int | None
    """Half of the answers came within so many minutes of working time; None while there is no answer."""

    @property
    def share_in_time(self) -> float:
        """From 0 to 1."""
        return self.in_time / self.asked


@dataclass(frozen=True)
class ProgrammeName:
    """What a list says of a programme, which is read in every row and not looked at in any."""

    org_id: UUID
    id: UUID
    name_km: str
    name_en: str
    org_name_km: str
    org_name_en: str

    @property
    def name(self) -> Mapping[str, str]:
        """For the filter `in_language`."""
        return {"km": self.name_km, "en": self.name_en}

    @property
    def org_name(self) -> Mapping[str, str]:
        """For the filter `in_language`."""
        return {"km": self.org_name_km, "en": self.org_name_en}


@dataclass(frozen=True)
class ProgrammeView:
    """One programme as everybody in the network may see it. Openings are coarse: counts stay with its own people."""

    org_id: UUID
    id: UUID
    org_name_km: str
    org_name_en: str
    service: ServiceType
    name_km: str
    name_en: str
    about_km: str
    about_en: str
    criteria: tuple[Criterion, ...]
    openings: Openings
    hours: WeeklyHours
    meeting_point_km: str
    meeting_point_en: str
    languages: frozenset[str]
    response_minutes: int
    """The answer promised, in minutes of working time."""
    area: str | None
    """Six digits: the sangkat where people come to."""
    published: bool
    accepting: bool
    record: Record | None

    @property
    def key(self) -> tuple[UUID, UUID]:
        """How rows of other features point here."""
        return self.org_id, self.id

    @property
    def name(self) -> Mapping[str, str]:
        """For the filter `in_language`."""
        return {"km": self.name_km, "en": self.name_en}

    @property
    def about(self) -> Mapping[str, str]:
        return {"km": self.about_km, "en": self.about_en}

    @property
    def meeting_point(self) -> Mapping[str, str]:
        return {"km": self.meeting_point_km, "en": self.meeting_point_en}

    @property
    def org_name(self) -> Mapping[str, str]:
        return {"km": self.org_name_km, "en": self.org_name_en}

    @property
    def khan(self) -> str | None:
        """Four digits."""
        return self.area[:_KHAN_DIGITS] if self.area else None

    @property
    def asks_gender(self) -> bool:
        """Whether triage needs the person's gender."""
        return any(criterion.kind is Kind.WOMEN for criterion in self.criteria)

    def is_open(self, now: datetime) -> bool:
        """Whether its doors are open at this moment."""
        return self.hours.covers(now)


@dataclass(frozen=True)
class OwnProgramme:
    """One programme as its own organisation sees it."""

    view: ProgrammeView
    capacity: int | None
    taken: int
    funding: str
    team: frozenset[UUID]
    version: int


def hours_to_json(hours: WeeklyHours) -> dict[str, Any]:
    """As the column `hours` keeps it."""
    return {"days": hours.to_json()}


def hours_from_json(stored: Mapping[str, Any]) -> WeeklyHours:
    """Closed all week until a manager says otherwise."""
    return WeeklyHours.from_json(stored["days"]) if stored.get("days") else _CLOSED_ALL_WEEK


def criterion_to_json(criterion: Criterion) -> dict[str, Any]:
    """One condition as the column `criteria` keeps it; what its kind does not use is left out."""
    kept: dict[str, Any] = {"kind": criterion.kind.value, "key": criterion.key}
    if criterion.kind in {Kind.MIN_AGE, Kind.MAX_AGE}:
        kept["number"] = criterion.number
    if criterion.choices:
        kept["choices"] = sorted(criterion.choices)
    if criterion.kind is Kind.QUESTION:
        kept |= {
            "wanted": criterion.wanted,
            "question_km": criterion.question_km,
            "question_en": criterion.question_en,
        }
    return kept


def criterion_from_json(kept: Mapping[str, Any]) -> Criterion:
    return Criterion(
        kind=Kind(kept["kind"]),
        key=kept["key"],
        number=kept.get("number", 0),
        choices=frozenset(kept.get("choices", ())),
        wanted=kept.get("wanted", True),
        question_km=kept.get("question_km", ""),
        question_en=kept.get("question_en", ""),
    )


def criteria_from_json(kept: Sequence[Mapping[str, Any]]) -> tuple[Criterion, ...]:
    """All conditions of a programme, in its own order."""
    return tuple(criterion_from_json(one) for one in kept)
