"""The notice against passing on travels with everything that shows a packet, wherever that is."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from app.http.problems import API_ROOT
from referrals.life.redisclosure import CURRENT
from referrals.life.use_cases import answer, finish
from referrals.slips import use_cases as slips
from tests.cast import Cast, from_now_on
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.walls.test_every_route import ask, is_api, methods, rules
from tests.walls.world import World, world


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def everything(network: Network) -> World:
    return world(network)


def packets_read(network: Network, org_id: UUID) -> int:
    """How often somebody of an organisation read a packet, by its own audit."""
    with network.servers.engines["spean_backup"].connect() as connection:
        query = text("SELECT count(*) FROM app.audit_log WHERE org_id = :org AND action = 'packet.read'")
        return int(connection.execute(query, {"org": org_id}).scalar_one())


def requests(app: Flask, everything: World, referral_id: UUID) -> Iterator[tuple[str, str, dict[str, object] | None]]:
    """Every address that reads; and every step of the interface, since its answers show the referral."""
    everything.ids |= {"id": referral_id, "referral_id": referral_id}
    for rule in rules(app):
        for address in everything.addresses(rule):
            if "GET" in methods(rule):
                yield "GET", address, None
            elif is_api(rule) and address.rpartition("/")[2] in {"book", "no_show", "message"}:
                yield "POST", address, everything.json(address)


def carries(body: str, language: str, *, interface: bool) -> bool:
    if not interface:
        return CURRENT.words[language] in html.unescape(body)
    found = json.loads(body)
    return bool((found.get("packet") or found)["notice"] == {"version": CURRENT.version, **CURRENT.words})


@pytest.mark.parametrize("stage", ["first", "both"])
@pytest.mark.parametrize("side", ["receiver", "sender"])
def test_whatever_reads_a_packet_shows_the_notice(
    app: Flask, everything: World, network: Network, side: str, stage: str
) -> None:
    team = everything.team
    referral_id = team.send()
    if stage == "both":
        with team.nurse.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, from_now_on())
    person = team.nurse if side == "receiver" else team.outreach
    browser, shown = client_for(app, person), 0
    for method, address, body in requests(app, everything, referral_id):
        before = packets_read(network, person.org_id)
        answered = ask(browser, method, address, body)
        if packets_read(network, person.org_id) == before or answered.status_code >= 300:
            continue
        assert carries(answered.text, "en", interface=address.startswith(API_ROOT)), (method, address)
        shown += 1
    assert shown >= 2  # the page and the interface


def test_it_is_in_the_readers_language(app: Flask, network: Network, everything: World) -> None:
    reader = everything.team.clinic.person("caseworker", language="km")
    page = client_for(app, reader).get(f"/referrals/{everything.team.send()}").text
    assert CURRENT.words["km"] in html.unescape(page)
    assert CURRENT.words["en"] not in html.unescape(page)


def test_what_the_sender_checks_before_sending_shows_it_too(app: Flask, everything: World) -> None:
    team: Cast = everything.team
    browser = client_for(app, team.outreach)
    sent = ask(browser, "POST", f"{API_ROOT}v1/referrals/preview", {"consent_id": str(team.consent()[0])})
    assert sent.status_code == 200
    assert carries(sent.text, "en", interface=True)


def test_where_nothing_can_be_read_there_is_no_notice(app: Flask, everything: World) -> None:
    team = everything.team
    referral_id = team.send()
    with team.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    browser = client_for(app, team.nurse)
    assert browser.get(f"{API_ROOT}v1/referrals/{referral_id}").get_json()["packet"]["notice"] is None


def test_a_slip_needs_none_because_it_holds_nothing_of_the_packet(everything: World) -> None:
    team = everything.team
    person: Person = team.outreach
    before = packets_read(everything.network, person.org_id)
    with person.transaction() as (session, actor):
        assert slips.slip(session, actor, team.send()).startswith(b"%PDF")
    assert packets_read(everything.network, person.org_id) == before
