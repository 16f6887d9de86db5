from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from app.core.errors import Conflict, Invalid
from referrals.consents import words
from referrals.consents.rules import (
    Consent,
    Guardian,
    How,
    Witness,
    check_given,
    check_in_force,
    default_expiry,
    in_force,
)
from referrals.life.disclosure import Category

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
METHADONE, SHELTER, SOPHEAP = (UUID(int=n) for n in (1, 2, 3))
GOOD = Consent(
    programme_id=METHADONE,
    categories=frozenset({Category.IDENTITY, Category.PHONE}),
    given_at=NOW,
    expires_at=NOW + timedelta(days=90),
    how=How.SPOKEN_WITNESSED,
    witness_id=SOPHEAP,
    wording_version="2026-11",
    language="km",
    able_to_decide=True,
)
MINORS = replace(GOOD, assent=True, guardian=Guardian.INVOLVED)
WORKER = Witness("ngo", frozenset({"outreach"}))


def faults(consent: Consent, witness: Witness | None = WORKER, *, minor: bool = False) -> set[str]:
    try:
        check_given(consent, witness=witness, minor=minor, now=NOW)
    except Invalid as error:
        assert all(message.endswith(".") for message, _ in error.fields.values())  # noqa: PT017
        return set(error.fields)
    return set()


def test_a_good_consent_passes() -> None:
    assert faults(GOOD) == set()
    assert default_expiry(NOW) == GOOD.expires_at


@pytest.mark.parametrize("how", How)
@pytest.mark.parametrize("language", ["km", "en"])
def test_each_way_and_language_passes(how: How, language: str) -> None:
    assert faults(replace(GOOD, how=how, language=language)) == set()


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"able_to_decide": None}, "able_to_decide"),
        ({"able_to_decide": False}, "able_to_decide"),
        ({"how": None}, "how"),
        ({"categories": frozenset()}, "categories"),
        ({"categories": frozenset({Category.PHONE})}, "categories"),
        ({"wording_version": "1999-01"}, "wording_version"),
        ({"language": "fr"}, "wording_version"),
        ({"given_at": NOW + timedelta(minutes=11)}, "given_at"),
        ({"expires_at": NOW}, "expires_at"),
        ({"expires_at": NOW - timedelta(days=1)}, "expires_at"),
        ({"expires_at": NOW + timedelta(hours=23)}, "expires_at"),
        ({"expires_at": NOW + timedelta(days=365, seconds=1)}, "expires_at"),
        ({"given_at": NOW - timedelta(days=90), "expires_at": NOW}, "expires_at"),
        ({"assent": True}, "guardian"),
        ({"guardian": Guardian.NOT_SAFE}, "guardian"),
    ],
)
def test_each_fault_is_named_at_its_field(changes: dict[str, object], at_fault: str) -> None:
    assert faults(replace(GOOD, **changes)) == {at_fault}  # type: ignore[arg-type]


@pytest.mark.parametrize("days", [1, 90, 365])
def test_the_limits_of_the_term_themselves_pass(days: int) -> None:
    assert faults(replace(GOOD, expires_at=NOW + timedelta(days=days))) == set()


def test_a_phone_whose_clock_runs_a_little_ahead_is_believed() -> None:
    ahead = NOW + timedelta(minutes=9)
    assert faults(replace(GOOD, given_at=ahead, expires_at=default_expiry(ahead))) == set()


@pytest.mark.parametrize(
    ("kind", "roles", "may"),
    [
        ("ngo", {"outreach"}, True),
        ("hospital", {"clinician", "manager"}, True),
        ("ngo", {"caseworker"}, True),
        ("ngo", {"manager"}, False),
        ("ngo", set(), False),
        ("commune", {"official"}, False),
        ("commune", {"official", "caseworker"}, False),
        ("steward", {"steward"}, False),
    ],
)
def test_only_a_worker_who_meets_clients_witnesses(kind: str, roles: set[str], *, may: bool) -> None:
    assert faults(GOOD, Witness(kind, frozenset(roles))) == (set() if may else {"witness_id"})


def test_a_witness_is_needed() -> None:
    assert faults(GOOD, None) == {"witness_id"}


@pytest.mark.parametrize("guardian", Guardian)
def test_a_minor_needs_assent_and_a_word_on_the_guardian(guardian: Guardian) -> None:
    assert faults(replace(MINORS, guardian=guardian), minor=True) == set()


@pytest.mark.parametrize(
    ("changes", "at_fault"),
    [
        ({"assent": None}, {"assent"}),
        ({"assent": False}, {"assent"}),
        ({"guardian": None}, {"guardian"}),
        ({"assent": None, "guardian": None}, {"assent", "guardian"}),
    ],
)
def test_without_them_a_minors_consent_is_none(changes: dict[str, object], at_fault: set[str]) -> None:
    assert faults(replace(MINORS, **changes), minor=True) == at_fault  # type: ignore[arg-type]


def test_all_faults_come_at_once() -> None:
    bad = replace(GOOD, how=None, able_to_decide=False, categories=frozenset(), expires_at=NOW)
    assert faults(bad, None) == {"how", "able_to_decide", "categories", "expires_at", "witness_id"}


@pytest.mark.parametrize(
    ("consent", "sentence"),
    [
        (None, "There is no permission"),
        (replace(GOOD, programme_id=SHELTER), "for another programme"),
        (replace(GOOD, withdrawn_at=NOW), "has withdrawn this permission"),
        (replace(GOOD, expires_at=NOW), "has run out"),
        (replace(GOOD, given_at=NOW + timedelta(days=1)), "does not hold yet"),
    ],
)
def test_each_way_of_not_holding_has_its_sentence(consent: Consent | None, sentence: str) -> None:
    with pytest.raises(Conflict, match=sentence):
        check_in_force(consent, METHADONE, NOW)
    assert not in_force(consent, METHADONE, NOW)


def test_it_holds_until_the_last_moment() -> None:
    check_in_force(GOOD, METHADONE, GOOD.expires_at - timedelta(microseconds=1))
    assert in_force(GOOD, METHADONE, NOW)


def test_every_choice_has_a_word() -> None:
    assert set(words.HOW) == set(How)
    assert set(words.GUARDIAN) == set(Guardian)
