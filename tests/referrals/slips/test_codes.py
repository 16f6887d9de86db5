from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core import ids
from app.core.errors import Invalid
from referrals.slips.codes import Kind, new_code, new_token, parse, parse_code, token_digest

bodies = st.text(alphabet=ids.ALPHABET, min_size=7, max_size=7)
CODE = re.compile(rf"[{ids.ALPHABET}]{{4}}-[{ids.ALPHABET}]{{4}}")


def whole(body: str) -> str:
    """The one code with this body."""
    fitting = [sign for sign in ids.ALPHABET if reads(body + sign)]
    assert len(fitting) == 1
    return body + fitting[0]


def reads(typed: str) -> bool:
    try:
        parse_code(typed)
    except Invalid:
        return False
    return True


def test_codes_are_random_and_read_back() -> None:
    codes = {new_code() for _ in range(500)}
    assert len(codes) == 500
    assert all(CODE.fullmatch(code) and parse_code(code) == code for code in codes)


def test_tokens_are_128_random_bits() -> None:
    tokens = {new_token() for _ in range(500)}
    assert len(tokens) == 500
    assert {len(token) for token in tokens} == {22}


@given(bodies, st.integers(0, 7), st.sampled_from(ids.ALPHABET))
def test_every_misread_sign_is_noticed(body: str, place: int, sign: str) -> None:
    code = whole(body)
    misread = code[:place] + sign + code[place + 1 :]
    assert reads(misread) is (misread == code)


def test_nearly_every_swap_of_neighbours_is_noticed() -> None:
    missed = swaps = 0
    for _ in range(400):
        code = new_code().replace("-", "")
        for place in range(7):
            swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
            if swapped != code:
                swaps += 1
                missed += reads(swapped)
    assert missed / swaps < 0.03


@given(bodies, st.sampled_from(["{}", " {} ", "\u200b{}", "{}."]), st.booleans())
def test_any_way_of_typing_it(body: str, around: str, lower: bool) -> None:  # noqa: FBT001 - drawn
    code = whole(body)
    spaced = around.format(f"{code[:3]} - {code[3:]}")
    khmer = spaced.translate(str.maketrans("23456789", "២៣៤៥៦៧៨៩"))
    printed = f"{code[:4]}-{code[4:]}"
    assert parse_code(spaced.lower() if lower else spaced) == printed
    assert parse_code(khmer) == printed


@pytest.mark.parametrize("typed", ["", "7F3Q", "7F3Q-X2MKK", "7F3QX2M KS-7F3QX2M"])
def test_another_length_is_told_as_such(typed: str) -> None:
    with pytest.raises(Invalid, match="letters and digits") as refused:
        parse_code(typed)
    assert refused.value.field == "code"


@pytest.mark.parametrize("typed", ["OOOO-OOOO", "7F3Q-X2M!", "១១១១-១១១១", "ßßßß"])
def test_a_sign_that_no_code_has_is_told_as_misread(typed: str) -> None:
    with pytest.raises(Invalid, match="misread"):
        parse_code(typed)


def test_one_field_takes_the_scanners_token_and_the_typed_code() -> None:
    token, code = new_token(), new_code()
    assert (parse(f" {token}\n").kind, parse(token).value) == (Kind.TOKEN, token)
    assert (parse(code.lower()).kind, parse(code.lower()).value) == (Kind.CODE, code)
    with pytest.raises(Invalid):
        parse(token[:-1])


def test_the_digest_is_not_the_token() -> None:
    token = new_token()
    assert len(token_digest(token)) == 32
    assert token_digest(token) == token_digest(token) != token_digest(new_token())
    assert token.encode() not in token_digest(token)
