"""Whom a programme is for, in its own words, and how well it fits a person.

A misfit informs whoever chooses a programme. It never stops a referral: people are more than their answers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from app.core.errors import N_
from orgs.facts import WOMEN, Gender, ages


class Kind(StrEnum):
    MIN_AGE = "min_age"
    MAX_AGE = "max_age"
    WOMEN = "women"
    INJECTING = "injecting"
    SUBSTANCES = "substances"
    AFTER_PROGRAMME = "after_programme"
    KHAN = "khan"
    QUESTION = "question"


class Fits(StrEnum):
    YES = "yes"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True)
class Criterion:
    """One condition. `key` names its yes/no answer in a packet and is unique within the programme."""

    kind: Kind
    key: str
    number: int = 0
    """Years, for the two ages."""
    choices: frozenset[str] = frozenset()
    """Any one of these suffices: substances, service types, or four-digit khan codes."""
    wanted: bool = True
    """The answer that fits, for a question of the programme's own."""
    question_km: str = ""
    question_en: str = ""


@dataclass(frozen=True)
class ClientFacts:
    """What is known of the person. None: not asked yet."""

    birth_year: int | None = None
    gender: Gender = Gender.NOT_SAID
    injecting: bool | None = None
    substances: frozenset[str] | None = None
    finished: frozenset[str] | None = None
    """Types of service that the person has been through."""
    khan: str | None = None
    language: str = "km"
    answers: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class Reason:
    """Why one condition fits or not: a gettext id with its parameters."""

    code: str
    fits: Fits
    message: str
    params: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Match:
    fits: Fits
    reasons: tuple[Reason, ...]


def match(
    client: ClientFacts,
    criteria: tuple[Criterion, ...],
    languages: frozenset[str],
    *,
    now: datetime,
    reads: str = "km",
) -> Match:
    """How the programme fits, with a reason for each condition. `reads`: the reader's language."""
    reasons = [_judge(criterion, client, now, reads) for criterion in criteria]
    if languages:
        reasons.append(_speaks(client, languages))
    return Match(_together(reasons), tuple(reasons))


def answer(criterion: Criterion, client: ClientFacts, now: datetime) -> bool | None:
    """The yes or no that a packet would carry for this criterion; None if it is not known."""
    if criterion.kind is Kind.QUESTION:
        return client.answers.get(criterion.key)
    fits = _JUDGES[criterion.kind](criterion, client, now)
    return None if fits is Fits.UNKNOWN else fits is Fits.YES


def _together(reasons: list[Reason]) -> Fits:
    said = {reason.fits for reason in reasons}
    return next((fits for fits in (Fits.NO, Fits.UNKNOWN) if fits in said), Fits.YES)


def _judge(criterion: Criterion, client: ClientFacts, now: datetime, reads: str) -> Reason:
    fits = _JUDGES[criterion.kind](criterion, client, now)
    question = criterion.question_km if reads == "km" else criterion.question_en
    params = {"age": criterion.number, "question": question}
    return Reason(criterion.key, fits, _SENTENCES[criterion.kind][fits], params)


def _known(fact: bool | None) -> Fits:  # noqa: FBT001 - a fact, not a switch
    return Fits.UNKNOWN if fact is None else Fits.YES if fact else Fits.NO


def _min_age(criterion: Criterion, client: ClientFacts, now: datetime) -> Fits:
    if client.birth_year is None:
        return Fits.UNKNOWN
    younger, older = ages(client.birth_year, now)
    return Fits.YES if younger >= criterion.number else Fits.NO if older < criterion.number else Fits.UNKNOWN


def _max_age(criterion: Criterion, client: ClientFacts, now: datetime) -> Fits:
    if client.birth_year is None:
        return Fits.UNKNOWN
    younger, older = ages(client.birth_year, now)
    return Fits.YES if older <= criterion.number else Fits.NO if younger > criterion.number else Fits.UNKNOWN


def _women(_criterion: Criterion, client: ClientFacts, _now: datetime) -> Fits:
    if client.gender in {Gender.NOT_SAID, Gender.OTHER}:
        return Fits.UNKNOWN
    return _known(client.gender in WOMEN)


def _any_of(criterion: Criterion, known: frozenset[str] | None) -> Fits:
    return _known(None if known is None else not criterion.choices.isdisjoint(known))


def _question(criterion: Criterion, client: ClientFacts, _now: datetime) -> Fits:
    given = client.answers.get(criterion.key)
    return _known(None if given is None else given is criterion.wanted)


_JUDGES: Mapping[Kind, Callable[[Criterion, ClientFacts, datetime], Fits]] = {
    Kind.MIN_AGE: _min_age,
    Kind.MAX_AGE: _max_age,
    Kind.WOMEN: _women,
    Kind.INJECTING: lambda _criterion, client, _now: _known(client.injecting),
    Kind.SUBSTANCES: lambda criterion, client, _now: _any_of(criterion, client.substances),
    Kind.AFTER_PROGRAMME: lambda criterion, client, _now: _any_of(criterion, client.finished),
    Kind.KHAN: lambda criterion, client, _now: _any_of(
        criterion, None if client.khan is None else frozenset({client.khan})
    ),
    Kind.QUESTION: _question,
}

_SENTENCES: Mapping[Kind, Mapping[Fits, str]] = {
    Kind.MIN_AGE: {
        Fits.YES: N_("Old enough: it is for people of %(age)s or over."),
        Fits.UNKNOWN: N_("It is for people of %(age)s or over. Ask the person's age."),
        Fits.NO: N_("Too young: it is for people of %(age)s or over."),
    },
    Kind.MAX_AGE: {
        Fits.YES: N_("Young enough: it is for people up to %(age)s."),
        Fits.UNKNOWN: N_("It is for people up to %(age)s. Ask the person's age."),
        Fits.NO: N_("Too old: it is for people up to %(age)s."),
    },
    Kind.WOMEN: {
        Fits.YES: N_("It is for women."),
        Fits.UNKNOWN: N_("It is for women. Ask whether the person wants a women's service."),
        Fits.NO: N_("It is for women only."),
    },
    Kind.INJECTING: {
        Fits.YES: N_("It is for people who inject."),
        Fits.UNKNOWN: N_("It is for people who inject. Ask, if the person is willing to say."),
        Fits.NO: N_("It is for people who inject, and this person does not."),
    },
    Kind.SUBSTANCES: {
        Fits.YES: N_("It is for people who use what this person uses."),
        Fits.UNKNOWN: N_("It is for people who use certain drugs. Ask, if the person is willing to say."),
        Fits.NO: N_("It is for people who use other drugs."),
    },
    Kind.AFTER_PROGRAMME: {
        Fits.YES: N_("It follows a service that this person has been through."),
        Fits.UNKNOWN: N_("It follows another service. Ask what the person has been through."),
        Fits.NO: N_("It follows another service, which comes first."),
    },
    Kind.KHAN: {
        Fits.YES: N_("It serves the khan where this person stays."),
        Fits.UNKNOWN: N_("It serves certain khans. Ask where the person stays."),
        Fits.NO: N_("It serves other khans than the one where this person stays."),
    },
    Kind.QUESTION: {
        Fits.YES: N_("Fits what they ask: %(question)s"),
        Fits.UNKNOWN: N_("They ask: %(question)s"),
        Fits.NO: N_("Does not fit what they ask: %(question)s"),
    },
}


def _speaks(client: ClientFacts, languages: frozenset[str]) -> Reason:
    if client.language in languages:
        return Reason("language", Fits.YES, N_("They speak the person's language."))
    return Reason("language", Fits.UNKNOWN, N_("They may not speak the person's language. Ask them."))
