from __future__ import annotations

import pytest

from referrals.boxes.tabs import INBOX, OUTBOX, Order, Tab, chosen
from referrals.life.states import BACK_WITH_SENDER, State


@pytest.mark.parametrize("tabs", [INBOX, OUTBOX])
def test_every_state_both_sides_know_stands_under_exactly_one_tab(tabs: tuple[Tab, ...]) -> None:
    for state in State:
        under = [tab.key for tab in tabs if state in tab.states]
        assert len(under) == (0 if state is State.DRAFT else 1), state


@pytest.mark.parametrize("tabs", [INBOX, OUTBOX])
def test_what_waits_for_an_answer_is_ordered_by_when_it_is_due(tabs: tuple[Tab, ...]) -> None:
    assert tabs[0].states == {State.SENT}
    assert all(tab.order is Order.DUE for tab in tabs if tab.states <= {State.SENT, State.WAITLISTED})


def test_the_sender_sees_together_what_needs_another_programme() -> None:
    back = chosen(OUTBOX, "back")
    assert back is not None
    assert back.states == BACK_WITH_SENDER


def test_an_unknown_tab_is_none() -> None:
    assert chosen(INBOX, "nonsense") is None
