"""What each side sees in each state, and that nothing unticked ever gets into a packet."""

from __future__ import annotations

from dataclasses import asdict, fields
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgs.facts import AgeBand, Gender
from referrals.life.disclosure import (
    Category,
    ClientValues,
    IdentityPart,
    Need,
    Part,
    ProgrammeAsks,
    RequestValues,
    TriagePart,
    Urgency,
    identity_part,
    readable_until,
    triage_part,
    visible_parts,
)
from referrals.life.policy import Party
from referrals.life.states import State

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=60)
BOTH = frozenset({Part.TRIAGE, Part.IDENTITY})
TRIAGE = frozenset({Part.TRIAGE})
NOTHING: frozenset[Part] = frozenset()

RECEIVER_SEES = {
    State.DRAFT: NOTHING,
    State.SENT: TRIAGE,
    State.WAITLISTED: TRIAGE,
    State.ACCEPTED: BOTH,
    State.ARRIVED: BOTH,
    State.COMPLETED: BOTH,
    State.STOPPED: BOTH,
    State.DECLINED: NOTHING,
    State.RELEASED: NOTHING,
    State.CANCELLED: NOTHING,
    State.WITHDRAWN: NOTHING,
    State.EXPIRED: NOTHING,
}

VALUES = ClientValues(
    alias="Canary Alias",
    name="Canary Name",
    birth_year=1995,
    gender=Gender.TRANS_WOMAN,
    language="km",
    khan="1212",
    phone="canary-phone",
    safe_contact="canary-safe",
    contact_notes="canary-contact",
    details={category: f"canary-{category}" for category in Category},
)
REQUEST = RequestValues(
    service="methadone",
    urgency=Urgency.SOON,
    needs=frozenset({Need.WOMENS_HOUR, Need.ESCORT}),
    answers={"injecting": True, "own_question": False, "not_theirs": True},
    note="canary-note",
)


@pytest.mark.parametrize("state", State)
def test_what_each_side_sees_in_each_state(state: State) -> None:
    ended = NOW - timedelta(days=1)
    assert visible_parts(Party.RECEIVER, state, ended, LATER, NOW) == RECEIVER_SEES[state]
    assert visible_parts(Party.SENDER, state, ended, LATER, NOW) == BOTH
    assert visible_parts(Party.NONE, state, ended, LATER, NOW) == NOTHING
    assert visible_parts(Party.SYSTEM, state, ended, LATER, NOW) == NOTHING


@pytest.mark.parametrize("state", State)
def test_the_receiver_sees_nothing_once_the_consent_lapses_or_is_withdrawn(state: State) -> None:
    ended = NOW - timedelta(days=1)
    assert visible_parts(Party.RECEIVER, state, ended, NOW, NOW) == NOTHING
    assert visible_parts(Party.RECEIVER, state, ended, LATER, NOW, consent_withdrawn=True) == NOTHING
    assert visible_parts(Party.SENDER, state, ended, NOW, NOW, consent_withdrawn=True) == BOTH


@pytest.mark.parametrize("state", [State.COMPLETED, State.STOPPED])
def test_thirty_days_after_the_end_the_packet_closes(state: State) -> None:
    last = NOW - timedelta(days=30)
    assert visible_parts(Party.RECEIVER, state, last + timedelta(seconds=1), LATER, NOW) == BOTH
    assert visible_parts(Party.RECEIVER, state, last, LATER, NOW) == NOTHING
    assert visible_parts(Party.RECEIVER, state, None, LATER, NOW) == NOTHING, "an end without a time"


def test_whichever_comes_first_ends_the_reading() -> None:
    ended, soon = NOW, NOW + timedelta(days=10)
    assert readable_until(State.COMPLETED, ended, soon) == soon
    assert readable_until(State.COMPLETED, ended, LATER) == NOW + timedelta(days=30)
    assert readable_until(State.ACCEPTED, None, LATER) == LATER
    assert readable_until(State.RELEASED, ended, LATER) is None


@given(
    state=st.sampled_from(State),
    ended=st.none() | st.integers(-400, 0),
    expires=st.integers(-400, 400),
    steps=st.integers(0, 400),
)
def test_time_only_ever_closes(state: State, ended: int | None, expires: int, steps: int) -> None:
    at = None if ended is None else NOW + timedelta(days=ended)
    until = NOW + timedelta(days=expires)
    now_sees = visible_parts(Party.RECEIVER, state, at, until, NOW)
    assert visible_parts(Party.RECEIVER, state, at, until, NOW + timedelta(days=steps)) <= now_sees
    assert Part.TRIAGE in now_sees or not now_sees


def test_the_first_stage_names_nobody() -> None:
    asks = ProgrammeAsks(gender=True, criteria=frozenset({"injecting", "own_question"}))
    part = triage_part(VALUES, REQUEST, asks, frozenset({"injecting", "own_question"}), NOW)
    assert part == TriagePart(
        service="methadone",
        urgency=Urgency.SOON,
        age_band=AgeBand.FROM_25,
        gender=Gender.TRANS_WOMAN,
        language="km",
        needs=(Need.ESCORT, Need.WOMENS_HOUR),
        khan="1212",
        criteria={"injecting": True, "own_question": False},
    )
    assert "canary" not in str(asdict(part)).lower()
    assert "1995" not in str(asdict(part))


def test_the_first_stage_has_no_room_for_a_name() -> None:
    assert {field.name for field in fields(TriagePart)} == {
        "service", "urgency", "age_band", "gender", "language", "needs", "khan", "criteria",
    }  # fmt: skip


@pytest.mark.parametrize("asked", [True, False])
def test_gender_is_told_only_to_a_programme_that_asks(*, asked: bool) -> None:
    part = triage_part(VALUES, REQUEST, ProgrammeAsks(gender=asked), frozenset(), NOW)
    assert part.gender == (Gender.TRANS_WOMAN if asked else None)


@given(asked=st.frozensets(st.text(max_size=3)), agreed=st.frozensets(st.text(max_size=3)), data=st.data())
def test_an_answer_needs_the_question_and_the_consent(
    asked: frozenset[str], agreed: frozenset[str], data: st.DataObject
) -> None:
    answers = data.draw(st.dictionaries(st.sampled_from(sorted(asked | agreed | {"z"})), st.booleans()))
    request = RequestValues(service="tb", answers=answers)
    part = triage_part(VALUES, request, ProgrammeAsks(criteria=asked), agreed, NOW)
    assert part.criteria == {key: value for key, value in answers.items() if key in asked and key in agreed}


@given(st.frozensets(st.sampled_from(Category)))
def test_the_second_stage_holds_only_what_is_ticked(ticked: frozenset[Category]) -> None:
    part = identity_part(VALUES, REQUEST, ticked)
    assert set(part.details) == ticked
    named = Category.IDENTITY in ticked
    called = Category.PHONE in ticked
    assert (part.name, part.alias) == (("Canary Name", "Canary Alias") if named else ("", ""))
    assert (part.birth_year, part.note) == ((1995, "canary-note") if named else (None, ""))
    assert part.phone == ("canary-phone" if called else "")
    assert (part.safe_contact, part.contact_notes) == (("canary-safe", "canary-contact") if called else ("", ""))


def test_nothing_ticked_is_an_empty_part() -> None:
    assert identity_part(VALUES, REQUEST, frozenset()) == IdentityPart()


def test_severity_scores_and_the_senders_code_have_no_field() -> None:
    names = {field.name for part in (TriagePart, IdentityPart, ClientValues) for field in fields(part)}
    assert not names & {"score", "severity", "code", "client_code", "client_id"}
