from __future__ import annotations

from datetime import date

import pytest

from referrals.consents import wording
from referrals.life.disclosure import Category

FROZEN = {
    ("2026-11", "km"): "91bc1f04e8f7012d138b4abb2e2e1ecb732cd3275953a27fe526ea0b984abf4c",
    ("2026-11", "en"): "f1d8364477f737725b15c72d58a732152cc88d533850a05caead2163bcdb4b16",
}


def read(language: str, *categories: Category, minor: bool = False) -> tuple[str, ...]:
    return wording.paragraphs(
        "2026-11",
        language,
        programme="Canary Programme",
        organisation="Canary Clinic",
        categories=categories or (Category.IDENTITY,),
        until=date(2027, 2, 20),
        minor=minor,
    )


@pytest.mark.parametrize(("version", "language"), FROZEN)
def test_words_that_people_agreed_to_are_never_edited(version: str, language: str) -> None:
    assert wording.fingerprint(version, language) == FROZEN[version, language], "make a new version instead"


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_the_current_words_exist_in_every_language(language: str) -> None:
    assert wording.exists(wording.CURRENT, language)
    assert not wording.exists("2026-10", language)


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_every_hole_is_filled(language: str) -> None:
    text = "\n".join(read(language, *Category))
    assert "{" not in text
    assert "Canary Programme" in text
    assert "Canary Clinic" in text
    assert "2027" in text


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_only_what_is_ticked_is_read_out(language: str) -> None:
    every = {c: "\n".join(read(language, c)) for c in Category}
    assert len(set(every.values())) == len(Category)
    assert ("HIV" in every[Category.PHONE]) is False
    assert "HIV" in every[Category.HEALTH_HIV]


def test_the_rights_and_limits_are_said() -> None:
    text = " ".join(read("en"))
    for said in ("You may say no", "take your permission back at any time", "own records", "cannot call back",
                 "20 February 2027", "Police and commune offices do not see"):  # fmt: skip
        assert said in text


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_a_minor_hears_one_paragraph_more_before_the_question(language: str) -> None:
    adult, young = read(language), read(language, minor=True)
    assert len(young) == len(adult) + 1
    assert young[-1] == adult[-1]
    assert young[:-2] == adult[:-1]


def test_both_languages_say_the_same_number_of_things() -> None:
    assert len(read("km")) == len(read("en"))


def test_braces_in_a_name_are_only_braces() -> None:
    text = wording.paragraphs(
        "2026-11", "en", programme="{until}", organisation="O", categories=(), until=date(2027, 1, 1)
    )
    assert "{until}" in text[0]


def test_unknown_words_are_refused() -> None:
    with pytest.raises(KeyError):
        wording.paragraphs("1999-01", "km", programme="", organisation="", categories=(), until=date(2027, 1, 1))


@pytest.mark.parametrize("language", wording.LANGUAGES)
def test_taking_back_is_told_in_the_same_words_again(language: str) -> None:
    back = wording.taking_back("2026-11", language)
    assert len(back) == 2
    assert set(back) <= set(read(language))
    if language == "en":
        assert "take your permission back" in back[0]
        assert "cannot call back" in back[1]
