from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import Invalid
from app.core.text import fold
from orgs import words
from orgs.clients.rules import (
    SearchKind,
    birth_year_of_age,
    check_birth_year,
    check_names,
    code_matches,
    is_prefix,
    name_matches,
    new_code,
    normal_phone,
    parse_code,
    search,
)
from orgs.facts import HeardFrom, Substance

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def test_codes_are_random_and_read_back() -> None:
    codes = {new_code("KS") for _ in range(500)}
    assert len(codes) == 500
    assert all(re.fullmatch(r"KS-[2-9A-HJKMNP-TV-Z]{7}", code) for code in codes)
    assert all(parse_code(code) == code for code in codes)


@pytest.mark.parametrize(("text", "good"), [("KS", True), ("MSL", True), ("K", False), ("ks", False), ("K1", False)])
def test_prefixes(text: str, *, good: bool) -> None:
    assert is_prefix(text) is good


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("KS-7F3QX2M", "KS-7F3QX2M"),
        ("ks7f3qx2m", "KS-7F3QX2M"),
        (" ks - 7f3 qx2m ", "KS-7F3QX2M"),
        ("KS-៧F៣QX២M", "KS-7F3QX2M"),
        ("KS-\u200b7F3QX2M", "KS-7F3QX2M"),
        ("MSL-ABCDEFG", "MSL-ABCDEFG"),
        ("MSLABCDEFG", None),
        ("KS-7F3QX2", None),
        ("KS-7F3QX20", None),
        ("KS-7F3QXIM", None),
        ("012345678", None),
        ("Sokha", None),
        ("", None),
    ],
)
def test_codes_as_people_type_them(typed: str, code: str | None) -> None:
    assert parse_code(typed) == code


@pytest.mark.parametrize(
    ("typed", "phone"),
    [
        ("012 345 678", "+85512345678"),
        ("០១២ ៣៤៥ ៦៧៨", "+85512345678"),
        ("012\u200b345\u200b678", "+85512345678"),
        ("012-345-678", "+85512345678"),
        ("+855 12 345 678", "+85512345678"),
        ("+855 (0)12 345 678", "+85512345678"),
        ("00855 12 345 678", "+85512345678"),
        ("855 12 345 678", "+85512345678"),
        ("097 123 4567", "+855971234567"),
        ("+855 97 123 4567", "+855971234567"),
        ("085 512 345", "+85585512345"),
        ("023 123 456", "+85523123456"),
        ("+84 90 123 45 67", "+84901234567"),
        ("0084901234567", "+84901234567"),
        ("  ", ""),
        ("", ""),
    ],
)
def test_phones_as_people_type_them(typed: str, phone: str) -> None:
    assert normal_phone(typed) == phone


@pytest.mark.parametrize(
    "typed",
    [
        "12 345 678", "012 345 67", "097 123 456 78", "+855 12 345", "+855 12 345 678 901", "call her mother",
        "012 345 67x", "+", "0", "+1234",
    ],
)  # fmt: skip
def test_what_is_no_whole_phone_number_is_refused(typed: str) -> None:
    with pytest.raises(Invalid) as refused:
        normal_phone(typed)
    assert refused.value.field == "phone"
    assert refused.value.params == {}, "what was typed does not travel with the error"


@given(st.text(alphabet="0123456789០១២៣៤៥៦៧៨៩+ -()\u200b", max_size=20))
def test_a_phone_is_normal_the_second_time(typed: str) -> None:
    try:
        once = normal_phone(typed)
    except Invalid:
        return
    assert normal_phone(once) == once
    assert once == "" or re.fullmatch(r"\+[1-9]\d{7,14}", once)


def test_an_alias_alone_suffices() -> None:
    assert check_names(" Bong  Dara ", "") == ("Bong Dara", "")
    assert check_names("", "ស៊ឹម សុខា") == ("", "ស៊ឹម សុខា")


@pytest.mark.parametrize("nothing", ["", "  ", "\u200b", "\t\n"])
def test_somebody_must_be_called_something(nothing: str) -> None:
    with pytest.raises(Invalid, match="An alias alone is enough"):
        check_names(nothing, nothing)


def test_names_are_one_line_of_bearable_length() -> None:
    assert check_names("A\nB\x00C", "") == ("A B C", "")
    with pytest.raises(Invalid) as refused:
        check_names("Dara", "x" * 81)
    assert refused.value.field == "name"


@pytest.mark.parametrize("year", [None, 1916, 1995, 2026])
def test_possible_years(year: int | None) -> None:
    check_birth_year(year, NOW)


@pytest.mark.parametrize("year", [1915, 2027, 2569, 0, -5])
def test_impossible_years_and_the_buddhist_calendar(year: int) -> None:
    with pytest.raises(Invalid, match="common calendar"):
        check_birth_year(year, NOW)


def test_an_age_gives_a_year() -> None:
    assert birth_year_of_age(31, NOW) == 1995
    for age in (-1, 111):
        with pytest.raises(Invalid):
            birth_year_of_age(age, NOW)


@pytest.mark.parametrize(
    ("typed", "kind", "value"),
    [
        ("ks7f3qx2m", SearchKind.CODE, "KS-7F3QX2M"),
        ("០១២៣៤៥៦៧៨", SearchKind.PHONE, "+85512345678"),
        ("Sokha", SearchKind.NAME, "sokha"),
        ("012", SearchKind.NAME, "012"),
        ("សុ\u200bខា", SearchKind.NAME, "សុខា"),
        ("", SearchKind.NAME, ""),
    ],
)
def test_what_is_looked_for(typed: str, kind: SearchKind, value: str) -> None:
    found = search(typed)
    assert (found.kind, found.value) == (kind, value)


@pytest.mark.parametrize(
    ("typed", "name", "found"),
    [
        ("sokha", "SIM Sokha", True),
        ("sim sok", "Sim Sokha", True),
        ("sokha sim", "Sim Sokha", True),
        ("okh", "Sim Sokha", True),
        ("dara", "Sim Sokha", False),
        ("sim dara", "Sim Sokha", False),
        ("សុខា", "ស៊ឹម សុខា", True),
        ("ស៊ឹមសុខា", "ស៊ឹម សុខា", True),
        ("ស៊ឹម សុខា", "ស៊ឹម\u200bសុខា", True),
        ("តារា", "ស៊ឹម សុខា", False),
        ("dara 2", "Dara ២", True),
        ("", "Dara", False),
        ("dara", "", False),
    ],
)
def test_names_in_khmer_and_latin(typed: str, name: str, *, found: bool) -> None:
    assert name_matches(fold(typed), "Somebody Else", name) is found


@given(st.text(min_size=1, max_size=20))
def test_everybody_is_found_by_their_own_name(name: str) -> None:
    folded = fold(name)
    assert name_matches(folded, name) is bool(folded)


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("7F3QX2M", True),
        ("៧f៣qx២m", True),
        ("f3q", True),
        ("ks-7f3", True),
        ("KS 7F3", True),
        ("7f", False),
        ("qxm", False),
        ("ks", False),
        ("7f4", False),
        ("", False),
    ],
)
def test_part_of_a_code_is_enough_and_no_name_is_taken_for_one(typed: str, *, found: bool) -> None:
    assert code_matches(fold(typed), "KS-7F3QX2M") is found


def test_every_choice_has_a_word() -> None:
    assert set(words.SUBSTANCE) == set(Substance)
    assert set(words.HEARD_FROM) == set(HeardFrom)
