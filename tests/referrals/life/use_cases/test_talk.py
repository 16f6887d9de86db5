from __future__ import annotations

import pytest

from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from referrals.life.queries import messages
from referrals.life.scope import load
from referrals.life.states import State
from referrals.life.use_cases import finish, talk
from tests.cast import Cast
from tests.network import Network
from tests.referrals.life import looking, standing


def test_only_the_receiver_asks_and_only_the_sender_answers(people: Cast) -> None:
    referral_id = people.send()
    with pytest.raises(Conflict, match="You can answer"), people.outreach.transaction() as (session, actor):
        talk.ask(session, actor, referral_id, talk.Question.STILL_WANTED)
    with people.nurse.transaction() as (session, actor):
        talk.ask(session, actor, referral_id, talk.Question.STILL_WANTED)
    with pytest.raises(Conflict, match="answers the questions"), people.nurse.transaction() as (session, actor):
        talk.answer(session, actor, referral_id, talk.Answer.YES)
    with people.outreach.transaction() as (session, actor):
        talk.answer(session, actor, referral_id, talk.Answer.YES)
    with pytest.raises(Conflict, match="No question"), people.outreach.transaction() as (session, actor):
        talk.answer(session, actor, referral_id, talk.Answer.NO)


def test_each_message_tells_the_other_side(network: Network, people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        talk.ask(session, actor, referral_id, talk.Question.STILL_WANTED)
    assert (people.ngo.id, "message") in looking.told(network, referral_id)
    assert (people.clinic.id, "message") not in looking.told(network, referral_id)


@pytest.mark.parametrize("state", [State.SENT, State.WAITLISTED])
def test_no_free_words_before_acceptance(network: Network, people: Cast, state: State) -> None:
    referral_id = standing.referral(network, people, state)
    for who in (people.outreach, people.nurse):
        with pytest.raises(Conflict, match="only the fixed questions"), who.transaction() as (session, actor):
            talk.write(session, actor, referral_id, "Canary message")


def test_free_words_are_sealed_and_read_by_both(network: Network, people: Cast) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    with people.nurse.transaction() as (session, actor):
        talk.write(session, actor, referral_id, "  Canary message ")
    stored = looking.rows(network, "SELECT body FROM app.messages WHERE referral_id = :id", id=referral_id)
    assert b"Canary" not in bytes(stored[0].body)
    for who, mine in ((people.nurse, True), (people.outreach, False)):
        with who.transaction() as (session, actor):
            said = messages(session, actor, load(session, actor, referral_id))
        assert [(one.words, one.mine, one.staff_id is not None) for one in said] == [("Canary message", mine, mine)]
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    with people.nurse.transaction() as (session, actor):
        assert [one.words for one in messages(session, actor, load(session, actor, referral_id))] == [None]


@pytest.mark.parametrize("words", ["", "   ", "ក" * (talk.LONGEST + 1)])
def test_words_must_say_something_and_not_too_much(network: Network, people: Cast, words: str) -> None:
    referral_id = standing.referral(network, people, State.ACCEPTED)
    with pytest.raises(Invalid) as error, people.nurse.transaction() as (session, actor):
        talk.write(session, actor, referral_id, words)
    assert set(error.value.fields) == {"body"}


def test_others_say_nothing(network: Network, people: Cast) -> None:
    referral_id = people.send()
    outsider = network.organisation("ngo").person("caseworker")
    with pytest.raises(NotFound), outsider.transaction() as (session, actor):
        talk.ask(session, actor, referral_id, talk.Question.STILL_WANTED)
    assert people.clinic.manager is not None
    with pytest.raises(NotAllowed), people.clinic.manager.transaction() as (session, actor):
        talk.ask(session, actor, referral_id, talk.Question.STILL_WANTED)
