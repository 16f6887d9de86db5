"""When somebody's access to records is unusual enough to be looked at. It says nothing of why: people ask.

A number is unusual when it reaches a floor and is several times the usual one: the median of the same person's other
days, or of the colleagues' days where the person has worked too few. Medians are not moved by one extraordinary day.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from statistics import median
from types import MappingProxyType
from uuid import UUID

from app.core.context import Actor
from app.core.errors import NotAllowed

WINDOW_DAYS = 60
"""How far back is looked."""
OWN_DAYS = 5
"""Working days after which a person is compared with themselves."""
TIMES_USUAL = 3
NIGHT_FROM, NIGHT_TO = 21, 6
"""Hours in Phnom Penh between which nobody is expected to read a colleague's clients."""


class Sign(StrEnum):
    RECORDS = "records"
    SEARCHES = "searches"
    PRINTS = "prints"
    DENIALS = "denials"
    NIGHT = "night"


FLOOR: Mapping[Sign, int] = MappingProxyType(
    {Sign.RECORDS: 20, Sign.SEARCHES: 25, Sign.PRINTS: 10, Sign.DENIALS: 8, Sign.NIGHT: 3}
)
"""Fewer than this on one day are never unusual."""
COMPARED: frozenset[Sign] = frozenset({Sign.RECORDS, Sign.SEARCHES, Sign.PRINTS})
"""For these much is usual for some; the others are unusual by themselves."""


@dataclass(frozen=True)
class Day:
    """What one person did on one day of Phnom Penh's calendar."""

    staff_id: UUID
    on: date
    counts: Mapping[Sign, int]


@dataclass(frozen=True)
class Finding:
    """Something to look at. `usual`: what it was compared with, None where nothing is usual."""

    staff_id: UUID
    on: date
    sign: Sign
    number: int
    usual: float | None


def check_watches(actor: Actor) -> None:
    """Only the privacy officer. Raises NotAllowed."""
    if not actor.has("privacy"):
        raise NotAllowed


def unusual(days: Iterable[Day]) -> list[Finding]:
    """What stands out, the latest day first."""
    listed = list(days)
    found = [finding for day in listed for sign in Sign if (finding := _finding(day, sign, listed))]
    return sorted(found, key=lambda one: (one.on, str(one.staff_id), one.sign), reverse=True)


def _finding(day: Day, sign: Sign, days: Sequence[Day]) -> Finding | None:
    number = day.counts.get(sign, 0)
    if number < FLOOR[sign]:
        return None
    usual = _usual(day, sign, days) if sign in COMPARED else None
    if usual is not None and number < TIMES_USUAL * usual:
        return None
    return Finding(day.staff_id, day.on, sign, number, usual)


def _usual(day: Day, sign: Sign, days: Sequence[Day]) -> float:
    """Of the person's other days; of all others' while those are too few."""
    own = [one.counts.get(sign, 0) for one in days if one.staff_id == day.staff_id and one.on != day.on]
    if len(own) < OWN_DAYS:
        own = [one.counts.get(sign, 0) for one in days if one.staff_id != day.staff_id]
    return float(median(own)) if own else 0.0
