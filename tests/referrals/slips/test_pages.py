from __future__ import annotations

import re
from uuid import UUID, uuid4

import pytest
from flask import Flask

from referrals.life.scope import load
from referrals.life.states import State
from referrals.life.use_cases import answer, finish
from referrals.slips import issue
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network
from tests.pages import client_for, site, steady, words_of


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def code_of(people: Cast, referral_id: UUID) -> str:
    with people.outreach.transaction() as (session, actor):
        return issue.printed(session, actor, referral_id).code


def stands(people: Cast, referral_id: UUID) -> tuple[State, int]:
    with people.outreach.transaction() as (session, actor):
        found = load(session, actor, referral_id)
        return found.state, found.referral.version


def test_the_paper_has_a_neutral_name_and_is_not_kept(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    answered = client_for(pages, people.outreach).get(f"/referrals/{referral_id}/slip.pdf")
    assert answered.status_code == 200
    assert answered.mimetype == "application/pdf"
    assert answered.headers["Content-Disposition"] == 'inline; filename="appointment.pdf"'
    assert answered.headers["Cache-Control"] == "no-store"
    assert answered.data.startswith(b"%PDF")


def test_a_foreign_paper_and_none_answer_alike(pages: Flask, people: Cast, network: Network) -> None:
    referral_id = people.send()
    colleague = people.ngo.person("outreach")
    for person in (network.organisation("ngo").person("caseworker"), colleague, network.steward):
        client = client_for(pages, person)
        foreign, absent = (client.get(f"/referrals/{one}/slip.pdf") for one in (referral_id, uuid4()))
        assert foreign.status_code == absent.status_code == 404
        assert steady(foreign.text).replace(str(referral_id), "") == re.sub(r"[0-9a-f-]{36}", "", steady(absent.text))


def test_the_receiver_is_told_who_prints(pages: Flask, people: Cast) -> None:
    answered = client_for(pages, people.nurse).get(f"/referrals/{people.send()}/slip.pdf")
    assert answered.status_code == 403
    assert "Only the organisation that sent the referral prints its slip." in words_of(answered.text)


def test_a_dead_slip_is_explained(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    answered = client_for(pages, people.outreach).get(f"/referrals/{referral_id}/slip.pdf")
    assert answered.status_code == 409
    assert "This slip has done its work" in words_of(answered.text)


def test_the_senders_page_offers_paper_and_code_while_they_are_of_use(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    code, outreach = code_of(people, referral_id), client_for(pages, people.outreach)
    page = outreach.get(f"/referrals/{referral_id}").text
    assert f"/referrals/{referral_id}/slip.pdf" in page
    assert code in words_of(page)
    assert code not in client_for(pages, people.nurse).get(f"/referrals/{referral_id}").text
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
    page = outreach.get(f"/referrals/{referral_id}").text
    assert "slip.pdf" not in page
    assert code not in page


@pytest.mark.parametrize(("accepted", "button"), [(False, "Accept: the person is here"), (True, "Note the arrival")])
def test_from_the_slip_to_the_arrival_in_two_taps(pages: Flask, people: Cast, accepted: bool, button: str) -> None:  # noqa: FBT001
    referral_id = people.send()
    if accepted:
        with people.nurse.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())
    nurse = client_for(pages, people.nurse)
    shown = nurse.post("/inbox", data={"code": code_of(people, referral_id)})
    assert button in words_of(shown.text)
    sent = dict(re.findall(r'name="(code|version)"[^>]*value="([^"]*)"', shown.text))
    done = nurse.post(f"/referrals/{referral_id}/slip", data=sent)
    assert done.status_code == 303
    assert done.location == f"/referrals/{referral_id}"
    assert stands(people, referral_id)[0] is State.ARRIVED
    assert "The arrival has been noted." in words_of(nurse.get(done.location).text)
    used = nurse.post("/inbox", data={"code": sent["code"]})
    assert used.status_code == 422
    assert "This slip has been used" in words_of(used.text)


def test_whoever_was_slower_sees_how_it_stands_and_changes_nothing(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    code = code_of(people, referral_id)
    _, version = stands(people, referral_id)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    nurse = client_for(pages, people.nurse)
    for stale in (str(version), "", "nonsense", "9" * 40):
        slower = nurse.post(f"/referrals/{referral_id}/slip", data={"code": code, "version": stale})
        assert slower.status_code == 409
        assert "This has changed since you opened it." in words_of(slower.text)
        assert "Note the arrival" in words_of(slower.text)
    assert stands(people, referral_id)[0] is State.ACCEPTED
    fresh = dict(re.findall(r'name="(code|version)"[^>]*value="([^"]*)"', slower.text))
    assert nurse.post(f"/referrals/{referral_id}/slip", data=fresh).status_code == 303


def test_another_slip_is_refused_with_a_sentence(pages: Flask, people: Cast) -> None:
    one, other = people.send(), people.send()
    _, version = stands(people, one)
    refused = client_for(pages, people.nurse).post(
        f"/referrals/{one}/slip", data={"code": code_of(people, other), "version": version}
    )
    assert refused.status_code == 422
    assert "This slip belongs to another referral." in words_of(refused.text)
    assert stands(people, one) == (State.SENT, version)


def test_the_sender_cannot_note_an_arrival_by_slip(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    state, version = stands(people, referral_id)
    sent = {"code": code_of(people, referral_id), "version": version}
    refused = client_for(pages, people.outreach).post(f"/referrals/{referral_id}/slip", data=sent)
    assert refused.status_code == 409
    assert "Only the organisation on the other side" in words_of(refused.text)
    assert stands(people, referral_id) == (state, version)


def test_a_foreign_arrival_and_none_answer_alike(pages: Flask, people: Cast, network: Network) -> None:
    referral_id = people.send()
    client = client_for(pages, network.organisation("health_centre").person("clinician"))
    sent = {"code": code_of(people, referral_id), "version": "1"}
    answers = [client.post(f"/referrals/{one}/slip", data=sent) for one in (referral_id, uuid4())]
    assert [one.status_code for one in answers] == [404, 404]
    first, second = (re.sub(r"[0-9a-f-]{36}", "", steady(one.text)) for one in answers)
    assert first == second


def test_what_a_slip_leads_to_names_nobody_before_acceptance(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    shown = client_for(pages, people.nurse).post("/inbox", data={"code": code_of(people, referral_id)})
    assert not [word for word in CANARIES if word in shown.text]
