from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from itertools import product
from uuid import UUID

import pytest

from referrals.consents import wording
from referrals.consents.rules import Consent, How
from referrals.life.disclosure import Category
from referrals.life.redisclosure import CURRENT
from referrals.receipts.rules import HARMLESS, Form, Given, paper

CONSENT = Consent(
    programme_id=UUID(int=1),
    categories=frozenset(Category),
    given_at=datetime(2026, 11, 24, 18, 0, tzinfo=UTC),  # the 25th in Phnom Penh
    expires_at=datetime(2027, 2, 22, 3, 0, tzinfo=UTC),
    how=How.THUMBPRINT,
    witness_id=UUID(int=2),
    wording_version=wording.CURRENT,
    language="en",
    able_to_decide=True,
)
GIVEN = Given(
    CONSENT, answers=True, giver="Canary Giver", receiver="Canary Clinic", programme="Canary Programme",
    reference="R-8KQ2M7T",
)  # fmt: skip
EVERY = [*product(Form, ("km", "en"))]


def words_of(given: Given, form: Form, language: str) -> str:
    made = paper(given, form, language)
    sections = [line for heading, lines in made.sections for line in (heading, *lines)]
    return "\n".join([made.title, made.intro, *(f"{label}: {value}" for label, value in made.pairs), *sections])


def test_the_full_form_carries_every_element_of_a_written_consent() -> None:
    said = words_of(GIVEN, Form.FULL, "en")
    for element in (
        "Whose permission: Yours", "Who may tell: Canary Giver", "To whom: Canary Programme, Canary Clinic",
        "what you told us about HIV", "What for: So that they can receive you", "take your permission back",
        "cannot call back", "Holds until: 22 February 2027", "Given on: 25 November 2026, by thumbprint", "R-8KQ2M7T",
    ):  # fmt: skip
        assert element in said, element


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_neutral_form_names_no_place_and_no_trouble(language: str) -> None:
    said = words_of(GIVEN, Form.NEUTRAL, language)
    assert "Canary" not in said
    named = wording.category_words(wording.CURRENT, language)
    for category in Category:
        assert (named[category] in said) is (category in HARMLESS), category
    for word in ("HIV", "drug", "ថ្នាំញៀន", "methadone"):
        assert word not in said
    assert str(len(set(Category) - HARMLESS)) in said
    assert "R-8KQ2M7T" in said


@pytest.mark.parametrize("form", Form)
def test_khmer_sentences_end_as_khmer_does(form: Form) -> None:
    gone = replace(GIVEN, consent=replace(CONSENT, withdrawn_at=CONSENT.given_at))
    assert not [value for _label, value in paper(gone, form, "km").pairs if ". " in value or value.endswith(".")]


@pytest.mark.parametrize(("form", "language"), EVERY)
def test_what_was_not_ticked_is_not_on_it(form: Form, language: str) -> None:
    few = replace(GIVEN, consent=replace(CONSENT, categories=frozenset({Category.IDENTITY})), answers=False)
    told, named = dict(paper(few, form, language).pairs), wording.category_words(wording.CURRENT, language)
    value = list(told.values())[4]
    assert named[Category.IDENTITY] in value
    assert all(named[other] not in value for other in Category if other is not Category.IDENTITY)
    assert value == list(dict(paper(few, Form.FULL, language).pairs).values())[4]


@pytest.mark.parametrize(("form", "language"), EVERY)
def test_the_notice_and_the_agreed_words_are_on_every_form(form: Form, language: str) -> None:
    said = words_of(GIVEN, form, language)
    assert CURRENT.words[language] in said
    assert all(line in said for line in wording.taking_back(wording.CURRENT, language))


@pytest.mark.parametrize(("form", "language"), EVERY)
def test_what_was_withdrawn_or_never_used_says_so(form: Form, language: str) -> None:
    gone = replace(GIVEN, consent=replace(CONSENT, withdrawn_at=CONSENT.given_at))
    assert len(words_of(gone, form, language)) > len(words_of(GIVEN, form, language))
    unused = words_of(replace(GIVEN, reference=""), form, language)
    assert "R-8KQ2M7T" not in unused
    assert "{" not in unused
