from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.facts import AgeBand, Gender
from referrals.life.disclosure import Category, IdentityPart, Need, TriagePart, Urgency
from referrals.life.packets import (
    identity_from_json,
    identity_to_json,
    triage_from_json,
    triage_to_json,
)

words = st.text(max_size=30)
triages = st.builds(
    TriagePart,
    service=words,
    urgency=st.sampled_from(Urgency),
    age_band=st.none() | st.sampled_from(AgeBand),
    gender=st.none() | st.sampled_from(Gender),
    language=st.sampled_from(["km", "en"]),
    needs=st.lists(st.sampled_from(Need), unique=True).map(tuple),
    khan=st.none() | st.sampled_from(["1201", "1212"]),
    criteria=st.dictionaries(words, st.booleans(), max_size=4),
)
identities = st.builds(
    IdentityPart,
    alias=words,
    name=words,
    birth_year=st.none() | st.integers(1900, 2030),
    phone=words,
    safe_contact=words,
    contact_notes=words,
    details=st.dictionaries(st.sampled_from(Category), words),
    note=words,
)


@given(triages)
def test_the_first_part_comes_back_as_it_was(part: TriagePart) -> None:
    assert triage_from_json(triage_to_json(part)) == part


@given(identities)
def test_the_second_part_comes_back_as_it_was(part: IdentityPart) -> None:
    assert identity_from_json(identity_to_json(part)) == part


def test_khmer_is_kept_as_it_is_written() -> None:
    assert "សុខា".encode() in identity_to_json(IdentityPart(alias="សុខា"))


TRIAGE = triage_to_json(TriagePart("tb", Urgency.ROUTINE, None, None, "km", (), None, {}))
IDENTITY = identity_to_json(IdentityPart(alias="Dara"))


def changed(data: bytes, **changes: object) -> bytes:
    return json.dumps({**json.loads(data), **changes}).encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"[]",
        b"{}",
        b"\xff",
        IDENTITY,
        changed(TRIAGE, v=2),
        changed(TRIAGE, name="smuggled"),
        changed(TRIAGE, urgency="now"),
    ],
)
def test_what_is_not_a_first_part_is_not_read(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        triage_from_json(data)


@pytest.mark.parametrize("data", [b"null", TRIAGE, changed(IDENTITY, v=0), changed(IDENTITY, details={"bank": "x"})])
def test_what_is_not_a_second_part_is_not_read(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any of them
        identity_from_json(data)
