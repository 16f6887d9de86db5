from __future__ import annotations

from datetime import timedelta

import pytest

from app.core import clock
from app.core.errors import Conflict, Invalid
from referrals.life.states import State
from referrals.life.use_cases import answer, visit
from referrals.life.use_cases.answer import Meeting
from tests.cast import Cast, tomorrow
from tests.network import Network
from tests.referrals.life import looking, standing


def test_the_receivers_first_look_is_noted_once_and_tells_nobody(network: Network, people: Cast) -> None:
    referral_id = people.send()
    for who in (people.outreach, people.nurse, people.nurse):
        with who.transaction() as (session, actor):
            visit.see(session, actor, referral_id)
    assert [kind for kind, _detail in looking.events(network, referral_id)] == ["sent", "seen"]
    assert looking.referral(network, referral_id).version == 1
    assert looking.told(network, referral_id) == {(people.clinic.id, "sent")}


def test_looking_at_what_has_ended_is_no_first_look(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.CANCELLED)
    with people.nurse.transaction() as (session, actor):
        visit.see(session, actor, referral_id)
    assert looking.referral(network, referral_id).seen_at is None


def test_a_new_time_takes_the_place_of_the_old_one(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    first = clock.now() + timedelta(days=3)
    with people.nurse.transaction() as (session, actor):
        visit.book(session, actor, referral_id, Meeting(window_from=first, window_to=first + timedelta(days=2)))
    row = looking.referral(network, referral_id)
    assert (row.state, row.appointment_at, row.window_from) == (State.ACCEPTED, None, first)
    assert row.expires_at == first + timedelta(days=2) + answer.GRACE
    assert (people.ngo.id, "booked") in looking.told(network, referral_id)
    with pytest.raises(Invalid), people.nurse.transaction() as (session, actor):
        visit.book(session, actor, referral_id, Meeting(at=clock.now() - timedelta(hours=1)))


def test_not_coming_ends_nothing_however_often(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    for _time in range(3):
        with people.nurse.transaction() as (session, actor):
            visit.no_show(session, actor, referral_id)
    row = looking.referral(network, referral_id)
    assert (row.state, row.missed) == (State.ACCEPTED, 3)
    assert looking.events(network, referral_id)[-1] == ("no_show", {"missed": 3})
    with people.nurse.transaction() as (session, actor):
        visit.book(session, actor, referral_id, tomorrow())
        visit.note_arrival(session, actor, referral_id)
    assert looking.referral(network, referral_id).state == State.ARRIVED


def test_nobody_has_missed_what_lies_ahead(network: Network, people: Cast) -> None:
    referral_id, first = people.send(), clock.now() + timedelta(days=2)
    ahead = tomorrow(), Meeting(window_from=first, window_to=first + timedelta(days=2))
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, ahead[0])
    for meeting in ahead:
        with people.nurse.transaction() as (session, actor):
            visit.book(session, actor, referral_id, meeting)
        with (
            pytest.raises(Conflict, match="has not come yet"),
            people.nurse.transaction() as (session, actor),
        ):
            visit.no_show(session, actor, referral_id)
    assert looking.referral(network, referral_id).missed == 0
    assert (people.ngo.id, "no_show") not in looking.told(network, referral_id)


def test_an_arrival_is_noted_once(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    with people.nurse.transaction() as (session, actor):
        visit.note_arrival(session, actor, referral_id)
    assert looking.referral(network, referral_id).arrived_at is not None
    assert (people.ngo.id, "arrived") in looking.told(network, referral_id)
    with pytest.raises(Conflict, match="arrived already"), people.nurse.transaction() as (session, actor):
        visit.note_arrival(session, actor, referral_id)
