"""Every form of a page, posted twice as somebody does who presses twice: done once, and answered alike."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.http.repeats import posted_to
from app.routes import FREE_TO_REPEAT
from orgs.clients.use_cases.records import reassign
from orgs.facts import ErasureReason
from referrals.erasing.use_cases import erase
from tests.cast import Cast, cast
from tests.http.posting import CLIENT, READY, SHOWN_ONCE, Ready
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.statements import heard
from tests.walls.test_every_route import methods, rules
from tests.walls.whole import whole
from tests.walls.world import World, world

TOKEN = "a-token-of-one-page-0001"
FORM = re.compile(r'<form method="post".*?</form>', re.DOTALL)


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture(scope="module")
def everything(network: Network) -> World:
    return world(network)


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


def post(app: Flask, ready: Ready, token: str = TOKEN) -> TestResponse:
    who, address, form = ready
    return client_for(app, who).post(address, data={**form, "one_use": token})


def kept(person: Person) -> list[dict[str, Any]]:
    """What the person's posts left."""
    with person.transaction() as (session, _actor):
        return list(session.execute(text("SELECT to_jsonb(k) FROM app.idempotency_keys k ORDER BY at")).scalars())


def clients(person: Person) -> int:
    with person.transaction() as (session, actor):
        count = text("SELECT count(*) FROM app.clients WHERE org_id = :org")
        return int(session.execute(count, {"org": actor.org_id}).scalar_one())


def free(endpoint: str) -> bool:
    return endpoint in FREE_TO_REPEAT or endpoint.partition(".")[0] in FREE_TO_REPEAT


def test_all_of_them_are_posted_here_but_those_that_do_nothing_twice(app: Flask) -> None:
    assert {endpoint for endpoint in posted_to(app) if not free(endpoint)} == READY.keys()
    assert all(any(endpoint.startswith(one) for endpoint in posted_to(app)) for one in FREE_TO_REPEAT)


@pytest.mark.parametrize("endpoint", READY)
def test_posted_twice_it_is_done_once_and_leads_to_the_same_page(
    app: Flask, network: Network, team: Cast, endpoint: str
) -> None:
    ready = READY[endpoint](team)
    first = post(app, ready)
    assert first.status_code == (200 if endpoint in SHOWN_ONCE else 303), words_of(first.text)
    before, said = whole(network.servers), kept(ready[0])
    assert said[-1]["action"] == endpoint
    assert "Canary" not in str(said)
    again = post(app, ready)
    assert again.status_code == 303
    there = SHOWN_ONCE.get(endpoint, first.location)
    assert again.location == there.format(org=team.ngo.id)
    assert whole(network.servers) == before


@pytest.mark.parametrize("endpoint", ["clients.make", "referral.do", "sending.review", "organisations.new"])
def test_posted_at_once_it_is_done_once_and_nobody_is_refused(
    app: Flask, network: Network, team: Cast, endpoint: str
) -> None:
    who, address, form = READY[endpoint](team)
    ready = (who, address, {**form, "prefix": "QR"})
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _number: post(app, ready), range(4)))
    assert {(answer.status_code, answer.location) for answer in answers} == {(303, answers[0].location)}
    assert len(kept(ready[0])) == 1 or ready[0] == network.steward
    assert clients(team.outreach) == (2 if endpoint == "clients.make" else 1)


def test_who_posted_twice_is_told_that_it_was_done_once(app: Flask, team: Cast) -> None:
    browser = client_for(app, team.outreach)
    for _ in range(2):
        seen = browser.post("/clients/new", data={**CLIENT, "one_use": TOKEN}, follow_redirects=True)
    assert "You sent this twice. It was done once." in words_of(seen.text)


REFUSING = """
CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN RAISE lock_not_available; END $$;
CREATE CONSTRAINT TRIGGER refuse AFTER UPDATE ON app.clients DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION public.refuse();
"""


def test_what_was_not_committed_is_not_said_to_be_done(app: Flask, network: Network, team: Cast) -> None:
    who, address, form = READY["clients.edit"](team)
    browser = client_for(app, who)
    with network.servers.administrator() as staging:
        staging.execute(REFUSING)
    try:
        refused = browser.post(address, data={**form, "one_use": TOKEN})
        assert refused.status_code == 503
        assert "Saved." not in words_of(refused.text) + words_of(browser.get("/clients/").text)
    finally:
        with network.servers.administrator() as staging:
            staging.execute("DROP TRIGGER refuse ON app.clients; DROP FUNCTION public.refuse()")
    done = browser.post(address, data={**form, "one_use": TOKEN}, follow_redirects=True)
    assert "Saved." in words_of(done.text)
    assert "You sent this twice" not in words_of(done.text)


def test_a_form_that_was_changed_is_another_request(app: Flask, team: Cast) -> None:
    """The Back button may bring the same page with the same token."""
    first = post(app, READY["clients.make"](team))
    other = post(app, (team.outreach, "/clients/new", {**CLIENT, "alias": "Somebody else"}))
    assert first.location != other.location
    assert clients(team.outreach) == 3


def test_what_was_refused_leaves_nothing_and_is_sent_again_mended(app: Flask, team: Cast) -> None:
    ready = (team.outreach, "/clients/new", {**CLIENT, "alias": ""})
    for _ in range(2):
        assert post(app, ready).status_code == 422
    who, address, form = READY["clients.edit"](team)
    assert post(app, (who, address, {**form, "version": "7"})).status_code == 409
    assert kept(team.outreach) == []
    assert post(app, READY["clients.make"](team)).status_code == 303


def test_what_was_read_and_refused_stays_in_the_audit(app: Flask, team: Cast) -> None:
    def noted() -> list[str]:
        query = text("SELECT action FROM app.audit_log WHERE staff_id = :who ORDER BY at")
        with team.ngo.network.servers.engines["spean_backup"].connect() as connection:
            return list(connection.execute(query, {"who": team.outreach.staff_id}).scalars())

    who, address, form = READY["clients.edit"](team)
    before = noted()
    assert post(app, (who, address, {**form, "version": "7"})).status_code == 409
    assert noted()[len(before) :] == ["client.read"]
    assert post(app, (team.outreach, f"/clients/{team.client_id}/erase", {})).status_code in {403, 422}


def test_a_key_is_one_persons(app: Flask, team: Cast) -> None:
    for who in (team.outreach, team.caseworker):
        assert post(app, (who, "/clients/new", CLIENT)).status_code == 303
    assert clients(team.outreach) == 3
    assert len(kept(team.outreach)) == len(kept(team.caseworker)) == 1


def test_whose_rights_have_ended_reads_nothing_by_posting_again(app: Flask, team: Cast) -> None:
    made = post(app, READY["clients.make"](team)).location
    with team.caseworker.transaction() as (session, actor):
        reassign(session, actor, UUID(made.rpartition("/")[2]), team.caseworker.staff_id, version=1)
    browser = client_for(app, team.outreach)
    seen = browser.post("/clients/new", data={**CLIENT, "one_use": TOKEN}, follow_redirects=True)
    assert (seen.status_code, seen.request.path) == (404, made)
    stranger = app.test_client().post("/clients/new", data={**CLIENT, "one_use": TOKEN})
    assert "/sign-in" in stranger.location


def test_a_key_dies_with_what_it_made_and_makes_nothing_again(app: Flask, network: Network, team: Cast) -> None:
    made = post(app, READY["clients.make"](team)).location
    draft = post(app, READY["sending.start"](team)).location
    assert post(app, (team.outreach, f"/send/{draft.split('/')[2]}/discard", {})).status_code == 303
    with team.caseworker.transaction() as (session, actor):
        erase(session, actor, UUID(made.rpartition("/")[2]), ErasureReason.MISTAKE, version=1)
    gone = [(row["action"], row["status"], row["result_id"], row["leads_to"]) for row in kept(team.outreach)][:2]
    assert gone == [("gone", 410, None, None)] * 2
    before = whole(network.servers)
    for endpoint in ("clients.make", "sending.start"):
        again = post(app, READY[endpoint](team))
        assert again.status_code == 404
        assert "What it made is not there any more." in words_of(again.text)
    assert whole(network.servers) == before


def test_a_post_costs_two_statements_more(app: Flask, team: Cast) -> None:
    def cost(token: str) -> int:
        with heard(app) as said:
            assert post(app, (team.outreach, "/clients/new", CLIENT), token).status_code == 303
        return len(said)

    cost("")
    assert cost(TOKEN) == cost("") + 2


def test_every_form_that_does_something_bears_a_token(app: Flask, everything: World) -> None:
    team, seen = everything.team, set()
    map_ = app.url_map.bind("localhost")
    for who in (team.outreach, team.caseworker, team.nurse, everything.manager, everything.network.steward):
        browser = client_for(app, who)
        for rule in rules(app):
            if "GET" not in methods(rule) or rule.rule.startswith("/api/"):
                continue
            for address in everything.addresses(rule):
                for form in FORM.findall(browser.get(address).data.decode(errors="replace")):
                    action = re.search(r'action="([^"?]*)', form)
                    endpoint, _places = map_.match(action[1] if action else address, method="POST")
                    tokens = re.findall(r'name="one_use" value="([A-Za-z0-9_-]{20,})"', form)
                    assert tokens or free(endpoint), (address, endpoint)
                    seen.add(endpoint)
    assert len(seen) > 25
