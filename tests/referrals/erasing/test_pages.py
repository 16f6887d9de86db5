from __future__ import annotations

import pytest
from flask import Flask

from orgs.clients.use_cases import archive
from referrals.life.use_cases import answer
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network
from tests.pages import client_for, site, words_of


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def app(network: Network) -> Flask:
    return site(network)


def test_the_page_says_what_goes_what_stays_and_what_cannot_be_called_back(app: Flask, team: Cast) -> None:
    team.send()
    browser, address = client_for(app, team.outreach), f"/clients/{team.client_id}/erase"
    assert address in browser.get(f"/clients/{team.client_id}").text
    said = words_of(browser.get(address).text)
    for words in ("1 referral is withdrawn", "What is erased", "What stays, without a name", "cannot be called back"):
        assert words in said


def test_without_a_reason_and_a_tick_nothing_happens(app: Flask, team: Cast) -> None:
    browser, address = client_for(app, team.outreach), f"/clients/{team.client_id}/erase"
    answered = browser.post(address, data={"version": "1"})
    assert answered.status_code == 422
    assert "Choose why." in answered.text
    assert "Tick this to go on." in answered.text
    stale = browser.post(address, data={"version": "7", "why": "asked", "sure": "y"})
    assert stale.status_code == 409
    assert browser.get(f"/clients/{team.client_id}").status_code == 200


def test_afterwards_no_page_finds_them_and_none_breaks(app: Flask, team: Cast) -> None:
    referral_id = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    browser, nurse = client_for(app, team.outreach), client_for(app, team.nurse)
    colleague = client_for(app, team.caseworker)
    sent = {"version": "1", "why": "asked", "sure": "y"}
    done = browser.post(f"/clients/{team.client_id}/erase", data=sent, follow_redirects=True)
    assert "The record is erased." in done.text
    gone = browser.get(f"/clients/{team.client_id}")
    assert gone.status_code == 404
    for one in (browser, nurse, colleague):
        for address in (
            f"/referrals/{referral_id}",
            "/inbox",
            "/outbox",
            "/outbox?tab=closed",
            "/clients",
            "/notices/",
        ):
            answered = one.get(address)
            assert answered.status_code in {200, 303}, address
            assert not [word for word in CANARIES if word in answered.text], address
    page = browser.get(f"/referrals/{referral_id}")
    assert page.status_code == 200
    assert str(team.client_id) not in page.text


def test_an_archived_record_can_be_erased(app: Flask, team: Cast) -> None:
    with team.outreach.transaction() as (session, actor):
        archive(session, actor, team.client_id, version=1)
    browser, address = client_for(app, team.outreach), f"/clients/{team.client_id}/erase"
    assert address in browser.get(f"/clients/{team.client_id}").text
    assert browser.post(address, data={"version": "2", "why": "mistake", "sure": "y"}).status_code == 303


def test_a_clinician_is_not_offered_it(app: Flask, team: Cast) -> None:
    browser, address = client_for(app, team.ngo.person("clinician")), f"/clients/{team.client_id}/erase"
    assert address not in browser.get(f"/clients/{team.client_id}").text
    assert browser.get(address).status_code == 403


def test_programs_erase_by_the_same_rules(app: Flask, team: Cast) -> None:
    browser, address = client_for(app, team.caseworker), f"/api/v1/clients/{team.client_id}"
    assert browser.post(f"{address}/erase", json={"reason": "because", "version": 1}).status_code == 422
    assert browser.post(f"{address}/erase", json={"reason": "asked", "version": 2}).status_code == 409
    assert browser.post(f"{address}/erase", json={"reason": "asked", "version": 1}).status_code == 204
    assert browser.post(f"{address}/erase", json={"reason": "asked", "version": 1}).status_code == 404
    for gone in (address, f"{address}/timeline"):
        assert browser.get(gone).status_code == 404
    assert browser.get("/api/v1/clients?archived=true").json["items"] == []
