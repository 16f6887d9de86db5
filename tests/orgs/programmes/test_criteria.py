from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from orgs.facts import Gender
from orgs.programmes.criteria import ClientFacts, Criterion, Fits, Kind, answer, match

NOW = datetime(2026, 11, 22, tzinfo=UTC)
NOBODY = ClientFacts()
OWN = Criterion(Kind.QUESTION, "q1", wanted=False, question_km="មានកូនតូចទេ?", question_en="Any small children?")
SUBSTANCES = Criterion(Kind.SUBSTANCES, "substances", choices=frozenset({"heroin", "tablets"}))
AFTER = Criterion(Kind.AFTER_PROGRAMME, "after", choices=frozenset({"detox"}))
KHAN = Criterion(Kind.KHAN, "khan", choices=frozenset({"1212", "1208"}))


@pytest.mark.parametrize(
    ("criterion", "client", "fits"),
    [
        (Criterion(Kind.MIN_AGE, "min", number=18), replace(NOBODY, birth_year=2007), Fits.YES),
        (Criterion(Kind.MIN_AGE, "min", number=18), replace(NOBODY, birth_year=2008), Fits.UNKNOWN),
        (Criterion(Kind.MIN_AGE, "min", number=18), replace(NOBODY, birth_year=2009), Fits.NO),
        (Criterion(Kind.MIN_AGE, "min", number=18), NOBODY, Fits.UNKNOWN),
        (Criterion(Kind.MAX_AGE, "max", number=24), replace(NOBODY, birth_year=2002), Fits.YES),
        (Criterion(Kind.MAX_AGE, "max", number=24), replace(NOBODY, birth_year=2001), Fits.UNKNOWN),
        (Criterion(Kind.MAX_AGE, "max", number=24), replace(NOBODY, birth_year=2000), Fits.NO),
        (Criterion(Kind.MAX_AGE, "max", number=24), NOBODY, Fits.UNKNOWN),
        (Criterion(Kind.WOMEN, "women"), replace(NOBODY, gender=Gender.WOMAN), Fits.YES),
        (Criterion(Kind.WOMEN, "women"), replace(NOBODY, gender=Gender.TRANS_WOMAN), Fits.YES),
        (Criterion(Kind.WOMEN, "women"), replace(NOBODY, gender=Gender.MAN), Fits.NO),
        (Criterion(Kind.WOMEN, "women"), replace(NOBODY, gender=Gender.TRANS_MAN), Fits.NO),
        (Criterion(Kind.WOMEN, "women"), replace(NOBODY, gender=Gender.OTHER), Fits.UNKNOWN),
        (Criterion(Kind.WOMEN, "women"), NOBODY, Fits.UNKNOWN),
        (Criterion(Kind.INJECTING, "inj"), replace(NOBODY, injecting=True), Fits.YES),
        (Criterion(Kind.INJECTING, "inj"), replace(NOBODY, injecting=False), Fits.NO),
        (Criterion(Kind.INJECTING, "inj"), NOBODY, Fits.UNKNOWN),
        (SUBSTANCES, replace(NOBODY, substances=frozenset({"heroin", "alcohol"})), Fits.YES),
        (SUBSTANCES, replace(NOBODY, substances=frozenset({"alcohol"})), Fits.NO),
        (SUBSTANCES, replace(NOBODY, substances=frozenset()), Fits.NO),
        (SUBSTANCES, NOBODY, Fits.UNKNOWN),
        (AFTER, replace(NOBODY, finished=frozenset({"detox"})), Fits.YES),
        (AFTER, replace(NOBODY, finished=frozenset({"rehab"})), Fits.NO),
        (AFTER, NOBODY, Fits.UNKNOWN),
        (KHAN, replace(NOBODY, khan="1212"), Fits.YES),
        (KHAN, replace(NOBODY, khan="1201"), Fits.NO),
        (KHAN, NOBODY, Fits.UNKNOWN),
        (OWN, replace(NOBODY, answers={"q1": False}), Fits.YES),
        (OWN, replace(NOBODY, answers={"q1": True}), Fits.NO),
        (OWN, replace(NOBODY, answers={"q2": True}), Fits.UNKNOWN),
    ],
)
def test_each_condition_against_each_kind_of_person(criterion: Criterion, client: ClientFacts, fits: Fits) -> None:
    found = match(client, (criterion,), frozenset(), now=NOW)
    assert found.fits is fits
    (reason,) = found.reasons
    assert (reason.code, reason.fits) == (criterion.key, fits)
    assert reason.message % reason.params
    if criterion.kind is not Kind.QUESTION:
        assert answer(criterion, client, NOW) is {Fits.YES: True, Fits.NO: False, Fits.UNKNOWN: None}[fits]


def test_an_answer_to_their_own_question_is_given_as_it_was_answered() -> None:
    assert answer(OWN, replace(NOBODY, answers={"q1": True}), NOW) is True
    assert answer(OWN, replace(NOBODY, answers={"q1": False}), NOW) is False
    assert answer(OWN, NOBODY, NOW) is None


@pytest.mark.parametrize(("reads", "question"), [("km", OWN.question_km), ("en", OWN.question_en)])
def test_a_question_is_asked_in_the_readers_language(reads: str, question: str) -> None:
    (reason,) = match(NOBODY, (OWN,), frozenset(), now=NOW, reads=reads).reasons
    assert reason.message % reason.params == f"They ask: {question}"


def test_one_no_outweighs_all_and_every_reason_is_told() -> None:
    client = replace(NOBODY, injecting=True, khan="1201")
    criteria = (Criterion(Kind.INJECTING, "inj"), KHAN, AFTER)
    found = match(client, criteria, frozenset({"km"}), now=NOW)
    assert found.fits is Fits.NO
    assert [(reason.code, reason.fits) for reason in found.reasons] == [
        ("inj", Fits.YES),
        ("khan", Fits.NO),
        ("after", Fits.UNKNOWN),
        ("language", Fits.YES),
    ]


def test_a_programme_without_conditions_fits_everybody() -> None:
    assert match(NOBODY, (), frozenset({"km"}), now=NOW).fits is Fits.YES


def test_another_language_is_a_question_never_a_no() -> None:
    found = match(replace(NOBODY, language="vi"), (), frozenset({"km"}), now=NOW)
    assert found.fits is Fits.UNKNOWN
