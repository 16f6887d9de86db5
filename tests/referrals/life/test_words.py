from __future__ import annotations

from enum import StrEnum

import pytest

from orgs.facts import AgeBand, Gender
from referrals.life import words
from referrals.life.disclosure import Category, Need, Urgency
from referrals.life.reasons import (
    CancelReason,
    DeclineReason,
    Outcome,
    ReleaseReason,
    StopReason,
    WithdrawnBy,
)
from referrals.life.states import Action, State

LISTS: list[type[StrEnum]] = [
    State, Action, DeclineReason, ReleaseReason, StopReason, CancelReason, Outcome, WithdrawnBy,
    Category, Need, Urgency, AgeBand, Gender,
]  # fmt: skip


@pytest.mark.parametrize("enum", LISTS, ids=lambda enum: enum.__name__)
def test_every_member_has_a_word_of_its_own(enum: type[StrEnum]) -> None:
    said = [words.word(member) for member in enum]
    assert all(said)
    assert len(set(said)) == len(said), "two members that read the same cannot be told apart"


@pytest.mark.parametrize("enum", LISTS, ids=lambda enum: enum.__name__)
def test_no_word_judges(enum: type[StrEnum]) -> None:
    for member in enum:
        said = f"{member} {words.word(member)}".lower()
        assert not any(judging in said for judging in ("fail", "addict", "dropout", "abuse", "relapse"))


def test_the_same_value_in_two_lists_keeps_its_own_word() -> None:
    assert words.word(DeclineReason.NO_CAPACITY) == "No place free"
    assert words.word(ReleaseReason.NO_CAPACITY) == "No place free any more"


def test_every_action_has_a_line_on_the_timeline() -> None:
    assert set(words.DONE) == set(Action)
