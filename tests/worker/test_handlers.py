from __future__ import annotations

from itertools import product

import pytest

from referrals.life import events
from referrals.life.events import QUIET, Kind
from referrals.life.policy import PARTIES, Party
from referrals.life.states import State
from referrals.notices.words import NOTICE, OTHER, OVER_CAPACITY, sentence
from worker.handlers import TOLD, still_matters


def test_every_kind_that_is_told_has_people_and_words() -> None:
    assert set(TOLD) == set(NOTICE) - {OVER_CAPACITY} == set(Kind) - QUIET
    assert sentence("of a later version") == OTHER


@pytest.mark.parametrize("action", events.OF)
def test_whichever_side_acts_somebody_of_the_side_that_hears_of_it_is_told(action: events.Action) -> None:
    kind = events.OF[action]
    for by in PARTIES[action]:
        assert events.told(kind, by) <= TOLD.get(kind, frozenset())


@pytest.mark.parametrize("kind", [Kind.HALF_TIME, Kind.OVERDUE, Kind.EXPIRED, Kind.PLACE_FREE])
def test_what_happens_by_itself_is_told_to_people(kind: Kind) -> None:
    assert events.told(kind, Party.SYSTEM) == TOLD[kind]


@pytest.mark.parametrize(("kind", "state"), list(product(TOLD, State)))
def test_after_a_withdrawal_nothing_else_is_told_and_reminders_only_while_it_waits(kind: str, state: State) -> None:
    if state in {State.WITHDRAWN, State.CANCELLED}:
        expected = kind == state
    elif kind in {Kind.HALF_TIME, Kind.OVERDUE}:
        expected = state is State.SENT
    elif kind is Kind.PLACE_FREE:
        expected = state is State.WAITLISTED
    else:
        expected = True
    assert still_matters(kind, state) is expected
