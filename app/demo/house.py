"""What the demo says of an organisation, its people and its programmes, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass

from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.hours import WeeklyHours, minute_of
from orgs.programmes.rules import ProgrammeValues
from orgs.programmes.timing import Promise


@dataclass(frozen=True)
class Member:
    """Somebody who signs in. `box`: the part of the email address before the @."""

    name: str
    box: str
    roles: frozenset[str]
    language: str = "km"
    brings: int = 0
    """How many of a hundred new clients are theirs."""


@dataclass(frozen=True)
class Temper:
    """How a programme answers: after which share of the promised time, and how."""

    soonest: float
    latest: float
    unanswered: float
    """Shares of all referrals, 0 to 1; what remains is accepted."""
    declines: float = 0.13
    waits: float = 0.06


QUICK = Temper(0.03, 0.3, 0.01, declines=0.07, waits=0.02)
STEADY = Temper(0.1, 1.1, 0.04)
BUSY = Temper(0.3, 1.5, 0.09, declines=0.16, waits=0.1)
SLOW = Temper(0.8, 2.6, 0.38, declines=0.2, waits=0.14)


@dataclass(frozen=True)
class Place:
    """A programme, how it answers, and how long people stay (days)."""

    key: str
    values: ProgrammeValues
    temper: Temper
    stay: tuple[int, int]
    asked: int = 4
    """How often it is chosen, against the others."""
    room: int | None = None
    """Places that are left when the demo begins; None where nobody counts."""
    paused: bool = False
    """Takes no referrals by the time the demo begins."""

    @property
    def house(self) -> str:
        return self.key.partition(".")[0]

    @property
    def hours(self) -> WeeklyHours:
        assert self.values.hours is not None  # noqa: S101 - every place below states them
        return self.values.hours

    @property
    def promise(self) -> Promise:
        return Promise(self.values.response_minutes, self.hours)


@dataclass(frozen=True)
class House:
    """An organisation. `key` stands before the dot of its places' keys and in its people's addresses."""

    key: str
    kind: str
    prefix: str
    km: str
    en: str
    area: str | None
    members: tuple[Member, ...]
    places: tuple[Place, ...] = ()

    @property
    def receivers(self) -> tuple[Member, ...]:
        """Who answers and serves: all but outreach workers and the manager."""
        return tuple(one for one in self.members if one.roles & {"caseworker", "clinician"})

    def email(self, member: Member) -> str:
        return f"{member.box}@{self.key}.example.org"


def week(weekdays: str, saturday: str = "", sunday: str = "") -> WeeklyHours:
    """Hours such as "08:00-12:00 14:00-17:00" for Monday to Friday, and the two other days."""
    days = [weekdays] * 5 + [saturday, sunday]
    return WeeklyHours(tuple(tuple(_span(span) for span in day.split()) for day in days))


def roles(*names: str) -> frozenset[str]:
    return frozenset(names)


def only(kind: Kind, number: int = 0, choices: frozenset[str] = frozenset()) -> Criterion:
    """A condition of a fixed kind, which is its own key."""
    return Criterion(kind, kind.value, number=number, choices=choices)


def question(key: str, km: str, en: str) -> Criterion:
    """A question of the programme's own to which it hopes for a yes."""
    return Criterion(Kind.QUESTION, key, question_km=km, question_en=en)


def _span(span: str) -> tuple[int, int]:
    opens, _, closes = span.partition("-")
    return minute_of(opens), minute_of(closes)
