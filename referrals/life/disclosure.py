"""What is seen: the two parts of a packet, what goes into them, and until when the receiver reads them.

The triage part names nobody; the identity part follows on acceptance and holds only what the consent ticks.
Severity scores have no field here: they never leave the clinician who made them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from orgs.facts import AgeBand, Gender, age_band
from orgs.facts import Need as Need  # noqa: PLC0414 - others take the words of a packet from here
from referrals.life.policy import Party
from referrals.life.states import RELEASED_IDENTITY, UNDER_WAY, State

READ_AFTER_END = timedelta(days=30)
"""How long the receiver reads the packet after the referral was completed or stopped."""


class Part(StrEnum):
    TRIAGE = "triage"
    IDENTITY = "identity"


class Category(StrEnum):
    """What a consent ticks. HIV, drug use and mental health are ticks of their own."""

    IDENTITY = "identity"
    PHONE = "phone"
    HEALTH = "health"
    HEALTH_HIV = "health_hiv"
    DRUG_USE = "drug_use"
    MENTAL_HEALTH = "mental_health"
    LEGAL = "legal"


class Urgency(StrEnum):
    ROUTINE = "routine"
    SOON = "soon"
    URGENT = "urgent"


@dataclass(frozen=True)
class ClientValues:
    """What the sender's own record holds of the person, decrypted, before anything is left out."""

    alias: str = ""
    name: str = ""
    birth_year: int | None = None
    gender: Gender = Gender.NOT_SAID
    language: str = "km"
    khan: str | None = None
    phone: str = ""
    safe_contact: str = ""
    contact_notes: str = ""
    details: Mapping[Category, str] = field(default_factory=dict)
    """Free text by sensitive category."""


@dataclass(frozen=True)
class RequestValues:
    """What the sender says of this one referral."""

    service: str
    urgency: Urgency = Urgency.ROUTINE
    needs: frozenset[Need] = frozenset()
    answers: Mapping[str, bool] = field(default_factory=dict)
    """Yes or no by key of the programme's criteria."""
    note: str = ""


@dataclass(frozen=True)
class ProgrammeAsks:
    """What the programme needs to know before it answers."""

    gender: bool = False
    criteria: frozenset[str] = frozenset()


@dataclass(frozen=True)
class TriagePart:
    """All that the receiver sees before it accepts. `khan` is a four-digit area code."""

    service: str
    urgency: Urgency
    age_band: AgeBand | None
    gender: Gender | None
    language: str
    needs: tuple[Need, ...]
    khan: str | None
    criteria: Mapping[str, bool]


@dataclass(frozen=True)
class IdentityPart:
    """What acceptance releases. A field stays empty when its category is not ticked."""

    alias: str = ""
    name: str = ""
    birth_year: int | None = None
    phone: str = ""
    safe_contact: str = ""
    contact_notes: str = ""
    details: Mapping[Category, str] = field(default_factory=dict)
    note: str = ""


def triage_part(
    client: ClientValues,
    request: RequestValues,
    asks: ProgrammeAsks,
    consented_answers: frozenset[str],
    now: datetime,
) -> TriagePart:
    """The first stage: gender only if the programme asks, answers only if it asks and the client agreed."""
    shown = asks.criteria & consented_answers & request.answers.keys()
    return TriagePart(
        service=request.service,
        urgency=request.urgency,
        age_band=age_band(client.birth_year, now),
        gender=client.gender if asks.gender else None,
        language=client.language,
        needs=tuple(need for need in Need if need in request.needs),
        khan=client.khan,
        criteria={key: request.answers[key] for key in sorted(shown)},
    )


def identity_part(client: ClientValues, request: RequestValues, categories: frozenset[Category]) -> IdentityPart:
    """The second stage: only what is ticked. The note is written for the receiver and goes with the name."""
    named, called = Category.IDENTITY in categories, Category.PHONE in categories
    return IdentityPart(
        alias=client.alias if named else "",
        name=client.name if named else "",
        birth_year=client.birth_year if named else None,
        phone=client.phone if called else "",
        safe_contact=client.safe_contact if called else "",
        contact_notes=client.contact_notes if called else "",
        details={c: client.details[c] for c in Category if c in categories and client.details.get(c)},
        note=request.note if named else "",
    )


def readable_until(state: State, ended_at: datetime | None, consent_expires_at: datetime) -> datetime | None:
    """Until when the receiver reads anything (exclusive); None when it reads nothing in this state."""
    if state in UNDER_WAY:
        return consent_expires_at
    if state in RELEASED_IDENTITY and ended_at is not None:
        return min(consent_expires_at, ended_at + READ_AFTER_END)
    return None


def visible_parts(
    party: Party,
    state: State,
    ended_at: datetime | None,
    consent_expires_at: datetime,
    now: datetime,
    *,
    consent_withdrawn: bool = False,
) -> frozenset[Part]:
    """Which parts of the packet this side reads now. The sender keeps what it wrote; others read nothing."""
    if party is Party.SENDER:
        return frozenset(Part)
    if party is not Party.RECEIVER or consent_withdrawn:
        return frozenset()
    until = readable_until(state, ended_at, consent_expires_at)
    if until is None or now >= until:
        return frozenset()
    return frozenset(Part) if state in RELEASED_IDENTITY else frozenset({Part.TRIAGE})
