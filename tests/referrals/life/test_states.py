"""Every state with every action, written out a second time as a grid of states by actions."""

from __future__ import annotations

import pytest

from app.core.errors import Conflict
from referrals.life.states import (
    BACK_WITH_SENDER,
    ENDED,
    EVENTS,
    FHIR_STATUS,
    HOLDS_A_PLACE,
    OPEN,
    RELEASED_IDENTITY,
    STEPS,
    Action,
    State,
    can_step,
    check_step,
)

COLUMNS = tuple(Action)
RESULT = {
    "S": State.SENT,
    "A": State.ACCEPTED,
    "W": State.WAITLISTED,
    "D": State.DECLINED,
    "R": State.ARRIVED,
    "B": State.RELEASED,
    "C": State.COMPLETED,
    "T": State.STOPPED,
    "X": State.CANCELLED,
    "P": State.WITHDRAWN,
    "E": State.EXPIRED,
}
# Columns, in order: send accept accept_and_arrive waitlist decline note_arrival release complete
# stop cancel withdraw expire | see book no_show message take.  "=" is an event, the state stays.
GRID = {
    State.DRAFT: "S........... .....",
    State.SENT: ".ARWD....XPE =..=.",
    State.ACCEPTED: ".....RB..XPE =====",
    State.WAITLISTED: ".AR.D....XPE =..=.",
    State.DECLINED: "............ .....",
    State.ARRIVED: ".......CT.P. =..==",
    State.COMPLETED: "..........=. ....=",
    State.STOPPED: "..........=. ....=",
    State.CANCELLED: "............ .....",
    State.WITHDRAWN: "............ .....",
    State.RELEASED: "............ .....",
    State.EXPIRED: "............ .....",
}
EVERY = [
    (state, action, sign)
    for state, row in GRID.items()
    for action, sign in zip(COLUMNS, row.replace(" ", ""), strict=True)
]


def test_the_grid_covers_everything() -> None:
    assert len(EVERY) == len(State) * len(Action)


@pytest.mark.parametrize(("state", "action", "sign"), EVERY)
def test_every_state_with_every_action(state: State, action: Action, sign: str) -> None:
    if sign == ".":
        assert not can_step(state, action)
        with pytest.raises(Conflict) as refused:
            check_step(state, action)
        assert len(refused.value.message) > 20
        assert refused.value.message.endswith(".")
    else:
        assert can_step(state, action)
        assert check_step(state, action) is (state if sign == "=" else RESULT[sign])


@pytest.mark.parametrize(
    ("state", "action", "words"),
    [
        (State.DRAFT, Action.ACCEPT, "still a draft"),
        (State.SENT, Action.NOTE_ARRIVAL, "accept it and note the arrival"),
        (State.SENT, Action.RELEASE, "Decline it instead"),
        (State.WAITLISTED, Action.WAITLIST, "on the waiting list already"),
        (State.ACCEPTED, Action.ACCEPT, "accepted already"),
        (State.ACCEPTED, Action.DECLINE, "release it"),
        (State.ACCEPTED, Action.COMPLETE, "arrival has not been noted"),
        (State.ARRIVED, Action.CANCEL, "may still withdraw"),
        (State.WITHDRAWN, Action.ACCEPT, "withdrew their permission"),
        (State.CANCELLED, Action.ACCEPT, "cancelled by the organisation that sent it"),
        (State.EXPIRED, Action.ACCEPT, "ran out of time"),
    ],
)
def test_a_refusal_tells_what_to_do_in_that_situation(state: State, action: Action, words: str) -> None:
    with pytest.raises(Conflict, match=words):
        check_step(state, action)


def test_no_sentence_calls_anybody_a_failure() -> None:
    for state, action, sign in EVERY:
        if sign == ".":
            with pytest.raises(Conflict) as refused:
                check_step(state, action)
            assert "fail" not in refused.value.message.lower()


def test_the_sets_of_states() -> None:
    assert set(State) == OPEN | ENDED
    assert not OPEN & ENDED
    assert {"accepted", "arrived"} == HOLDS_A_PLACE
    assert {"accepted", "arrived", "completed", "stopped"} == RELEASED_IDENTITY
    assert {"declined", "released", "expired"} == BACK_WITH_SENDER
    assert {state for state, _ in STEPS} == OPEN, "an open state has a way on, an ended one has none"


def test_every_state_is_reached_and_no_step_goes_round() -> None:
    assert set(STEPS.values()) == set(State) - {State.DRAFT}
    assert all(before is not after for (before, _), after in STEPS.items())
    assert not any((state, action) in STEPS for action, states in EVENTS.items() for state in states)


def test_a_person_may_withdraw_from_every_state_that_still_holds_a_packet() -> None:
    holds = (OPEN - {State.DRAFT}) | RELEASED_IDENTITY
    assert {state for state in State if can_step(state, Action.WITHDRAW)} == holds


def test_fhir_status_covers_all_with_words_of_the_standard() -> None:
    task_status = {
        "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress",
        "on-hold", "failed", "completed", "entered-in-error",
    }  # fmt: skip
    assert set(FHIR_STATUS) == set(State)
    assert set(FHIR_STATUS.values()) <= task_status
    ended = {FHIR_STATUS[state] for state in ENDED}
    assert ended == {"rejected", "completed", "failed", "cancelled"}
