"""The few facts of a person that rules reckon with: age and gender.

Only the year of birth is asked, so an age is known to within a year. Where it matters, the younger age
counts: whoever may still be under 18 is treated as under 18.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from app.core.clock import PHNOM_PENH

ADULT = 18
"""Age of majority (Cambodia, Civil Code 2007, article 17)."""


class Gender(StrEnum):
    WOMAN = "woman"
    MAN = "man"
    TRANS_WOMAN = "trans_woman"
    TRANS_MAN = "trans_man"
    OTHER = "other"
    NOT_SAID = "not_said"


class Substance(StrEnum):
    HEROIN = "heroin"
    METHAMPHETAMINE = "methamphetamine"
    INHALANTS = "inhalants"
    KETAMINE = "ketamine"
    MDMA = "mdma"
    CANNABIS = "cannabis"
    TABLETS = "tablets"
    ALCOHOL = "alcohol"
    OTHER = "other"


class HeardFrom(StrEnum):
    """How did you hear of us?"""

    OUTREACH = "outreach"
    PEER = "peer"
    CARD = "card"
    COMMUNE_OFFICE = "commune_office"
    HOSPITAL = "hospital"
    FAMILY = "family"
    SELF = "self"


class Need(StrEnum):
    """What somebody needs to be able to come."""

    ESCORT = "escort"
    CHILDCARE = "childcare"
    WOMENS_HOUR = "womens_hour"


class Detail(StrEnum):
    """What the person told and may want passed on. Each has a tick of its own on a consent."""

    HEALTH = "health"
    HEALTH_HIV = "health_hiv"
    DRUG_USE = "drug_use"
    MENTAL_HEALTH = "mental_health"
    LEGAL = "legal"


CLINICAL: frozenset[Detail] = frozenset({Detail.HEALTH, Detail.HEALTH_HIV, Detail.MENTAL_HEALTH})
"""Details that only clinicians and the client's own worker read."""


class NoteKind(StrEnum):
    """A note, or a contact and how it came about."""

    NOTE = "note"
    MET = "met"
    PHONED = "phoned"
    VISITED = "visited"
    TRIED = "tried"


class EpisodeEnd(StrEnum):
    """How somebody's time in a programme ended. Leaving and coming back is ordinary: no word here judges."""

    COMPLETED = "completed"
    MOVED_ON = "moved_on"
    TRANSFERRED = "transferred"
    DETAINED = "detained"
    DIED = "died"
    LEFT = "left"
    OTHER = "other"


class ErasureReason(StrEnum):
    """Why staff erase a record. What has been kept long enough is erased by itself, and nobody is asked."""

    ASKED = "asked"
    MISTAKE = "mistake"
    DUPLICATE = "duplicate"


WOMEN: frozenset[Gender] = frozenset({Gender.WOMAN, Gender.TRANS_WOMAN})
"""Whom women's services are for. Trans women are women."""


class AgeBand(StrEnum):
    UNDER_15 = "under_15"
    FROM_15 = "15_17"
    FROM_18 = "18_24"
    FROM_25 = "25_34"
    FROM_35 = "35_49"
    FROM_50 = "50_plus"


_BANDS = (
    (15, AgeBand.UNDER_15),
    (18, AgeBand.FROM_15),
    (25, AgeBand.FROM_18),
    (35, AgeBand.FROM_25),
    (50, AgeBand.FROM_35),
)


def ages(birth_year: int, now: datetime) -> tuple[int, int]:
    """The age in years before and after this year's birthday, by Phnom Penh's calendar."""
    older = max(now.astimezone(PHNOM_PENH).year - birth_year, 0)
    return max(older - 1, 0), older


def age_band(birth_year: int | None, now: datetime) -> AgeBand | None:
    """The band of the younger possible age; None when the year of birth is not known."""
    if birth_year is None:
        return None
    age = ages(birth_year, now)[0]
    return next((band for below, band in _BANDS if age < below), AgeBand.FROM_50)


def under_18(birth_year: int | None, now: datetime) -> bool:
    """Whether the person may still be a minor. An unknown year says nothing: staff are asked instead."""
    return birth_year is not None and ages(birth_year, now)[0] < ADULT
