from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs import words
from orgs.facts import AgeBand, Detail, EpisodeEnd, NoteKind, age_band, ages, under_18
from referrals.life.disclosure import Category
from referrals.life.reasons import StopReason

NOW = datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("born", "band", "minor"),
    [
        (2026, AgeBand.UNDER_15, True),
        (2011, AgeBand.UNDER_15, True),
        (2010, AgeBand.FROM_15, True),
        (2008, AgeBand.FROM_15, True),
        (2007, AgeBand.FROM_18, False),
        (2001, AgeBand.FROM_18, False),
        (2000, AgeBand.FROM_25, False),
        (1991, AgeBand.FROM_25, False),
        (1990, AgeBand.FROM_35, False),
        (1976, AgeBand.FROM_35, False),
        (1975, AgeBand.FROM_50, False),
        (1930, AgeBand.FROM_50, False),
        (None, None, False),
    ],
)
def test_bands_and_majority(born: int | None, band: AgeBand | None, *, minor: bool) -> None:
    assert age_band(born, NOW) == band
    assert under_18(born, NOW) is minor


def test_the_year_turns_at_midnight_in_phnom_penh() -> None:
    before = datetime(2026, 12, 31, 16, 59, tzinfo=UTC)
    after = datetime(2026, 12, 31, 17, 0, tzinfo=UTC)
    assert ages(2008, before) == (17, 18)
    assert ages(2008, after) == (18, 19)
    assert under_18(2008, before)
    assert not under_18(2008, after)


@given(st.integers(1900, 2026))
def test_the_band_and_majority_never_contradict(born: int) -> None:
    assert under_18(born, NOW) is (age_band(born, NOW) in {AgeBand.UNDER_15, AgeBand.FROM_15})


def test_each_detail_has_a_consent_tick_of_its_own_and_every_list_its_words() -> None:
    assert {*Detail, "identity", "phone"} == set(Category)
    for table, kind in ((words.DETAIL, Detail), (words.NOTE_KIND, NoteKind), (words.EPISODE_END, EpisodeEnd)):
        assert set(table) == set(kind)
    assert set(StopReason) <= set(EpisodeEnd)
