"""The fact that a part was opened: both sides read it, only who can open it writes it, nobody changes it."""

from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from app.core import clock
from referrals.life.use_cases import answer, finish
from tests.cast import Cast, cast, tomorrow
from tests.network import Network, Person

WRITE = text(
    "INSERT INTO app.disclosures (sender_org_id, referral_id, part, receiver_org_id, at)"
    " VALUES (:sender, :referral, :part, :receiver, :at)"
)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def write(people: Cast, person: Person, referral_id: object, part: str) -> None:
    with person.transaction() as (session, _actor):
        values = {"sender": people.ngo.id, "referral": referral_id, "part": part, "receiver": people.clinic.id}
        session.execute(WRITE, {**values, "at": clock.now()})


def test_the_sender_cannot_say_that_it_was_read(people: Cast) -> None:
    referral_id = people.send()
    for person in (people.outreach, people.ngo.person("caseworker")):
        with pytest.raises(ProgrammingError, match="row-level security"):
            write(people, person, referral_id, "triage")


def test_the_receiver_can_say_it_only_of_what_it_can_open(people: Cast) -> None:
    referral_id, gone = people.send(), people.send(people.consent(people.second_id)[0])
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(people, people.nurse, referral_id, "identity")
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, gone)
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(people, people.nurse, gone, "triage")
    write(people, people.nurse, referral_id, "triage")
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    write(people, people.nurse, referral_id, "identity")


@pytest.mark.parametrize("statement", ["UPDATE app.disclosures SET at = now()", "DELETE FROM app.disclosures"])
def test_nobody_changes_or_removes_it(people: Cast, statement: str) -> None:
    write(people, people.nurse, people.send(), "triage")
    for person in (people.nurse, people.outreach):
        with pytest.raises(ProgrammingError, match="permission denied"), person.transaction() as (session, _actor):
            session.execute(text(statement))


def test_both_sides_read_it_and_others_do_not(people: Cast, network: Network) -> None:
    write(people, people.nurse, people.send(), "triage")
    outsider = network.organisation("ngo").person("caseworker")
    assert [_count(one) for one in (people.nurse, people.outreach, outsider)] == [1, 1, 0]


def _count(person: Person) -> int:
    with person.transaction() as (session, _actor):
        return int(session.execute(text("SELECT count(*) FROM app.disclosures")).scalar_one())
