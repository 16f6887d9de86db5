"""Whatever changes something takes an Idempotency-Key: sent twice, it is done once, and answered by today's rights."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.views import MethodView
from flask_wtf import CSRFProtect
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core.idempotency import HEADER
from app.http.api.base import ApiBlueprint, init_api
from orgs.clients.use_cases.records import create_client, reassign
from orgs.facts import ErasureReason
from orgs.staff.use_cases import change_staff
from referrals.erasing.use_cases import erase
from tests.cast import SOKHA, Cast, cast
from tests.http.api.repeating import READING, READY, RECORD, Ready, changing
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.referrals.api_people import refused
from tests.running import post_office_open
from tests.statements import heard
from tests.walls.whole import whole
from worker import relay
from worker.context import Workshop

ROOT = "/api/v1"


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


@pytest.fixture(scope="module")
def told(network: Network) -> Cast:
    """A cast whose nurse has a notice."""
    team = cast(network)
    team.send()
    with post_office_open() as post:
        workshop = Workshop(replace(network.servers.settings, smtp_url=post.url))
        relay.drain(workshop)
        workshop.close()
    return team


def ask(app: Flask, ready: Ready, key: str, **other: Any) -> TestResponse:
    who, method, address, body = ready
    sent = {"json": body} if body is not None else {}
    return client_for(app, who).open(ROOT + address, method=method, headers={HEADER: key}, **{**sent, **other})


def kept(person: Person) -> list[dict[str, Any]]:
    """The person's keys."""
    with person.transaction() as (session, _actor):
        return list(session.execute(text("SELECT to_jsonb(k) FROM app.idempotency_keys k ORDER BY at")).scalars())


def make(app: Flask, who: Person, key: str) -> TestResponse:
    return ask(app, (who, "POST", "/clients", {"record": RECORD}), key)


def test_all_of_them_are_tried_here(app: Flask) -> None:
    assert changing(app) == READY.keys()


@pytest.mark.parametrize("what", READY)
def test_sent_twice_it_is_done_once_and_answered_alike(app: Flask, network: Network, told: Cast, what: str) -> None:
    ready, key = READY[what](told if "notifications" in what else cast(network)), str(uuid4())
    keys = len(kept(ready[0]))
    first = ask(app, ready, key)
    assert first.status_code in {200, 201, 204}, first.text
    assert "Idempotency-Replayed" not in first.headers
    before = whole(network.servers)
    again = ask(app, ready, key)
    assert (again.status_code, again.data) == (first.status_code, first.data)
    assert whole(network.servers) == before
    assert len(kept(ready[0])) == keys + (what not in READING)
    if what in READING:
        return
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.headers.get("ETag") == first.headers.get("ETag")
    refused(ask(app, ready, key, data=b"{} ", json=None, content_type="application/json"), 422)


def test_the_same_key_with_another_request_is_refused(app: Flask, team: Cast) -> None:
    assert make(app, team.outreach, "one").status_code == 201
    other = (team.outreach, "POST", "/clients", {"record": {**RECORD, "alias": "Other"}})
    elsewhere = (team.outreach, "POST", f"/clients/{team.client_id}/notes", {"kind": "note", "body": "x"})
    for ready in (other, elsewhere):
        assert refused(ask(app, ready, "one"), 422)["errors"][0]["field"] == HEADER
    assert make(app, team.caseworker, "one").headers.get("Idempotency-Replayed") is None  # a key is one person's


def test_what_is_refused_may_be_sent_again_under_its_key(app: Flask, team: Cast) -> None:
    ready = (team.outreach, "PUT", f"/clients/{team.client_id}", {"record": RECORD, "version": 7})
    refused(ask(app, ready, "mended"), 409)
    assert kept(team.outreach) == []
    assert ask(app, (*ready[:3], {"record": RECORD, "version": 1}), "mended").status_code == 200


def test_sent_at_once_it_is_done_once(app: Flask, network: Network, team: Cast) -> None:
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda _number: make(app, team.outreach, "six"), range(6)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json["id"] for answer in answers if answer.json}) == 1
    assert sum(HEADER not in answer.headers and "Idempotency-Replayed" in answer.headers for answer in answers) == 5
    with team.outreach.transaction() as (session, actor):
        count = text("SELECT count(*) FROM app.clients WHERE org_id = :org")
        assert session.execute(count, {"org": actor.org_id}).scalar_one() == 2  # with the cast's own


def test_a_key_costs_one_statement_where_the_row_is_known_and_two_where_one_is_made(app: Flask, team: Cast) -> None:
    def cost(ready: Ready, **headers: str) -> int:
        who, method, address, body = ready
        with heard(app) as said:
            answer = client_for(app, who).open(ROOT + address, method=method, json=body, headers=headers)
        assert answer.status_code < 300, answer.text
        return len(said)

    new = (team.outreach, "POST", "/clients", {"record": RECORD})
    cost(new)
    assert cost(new, **{HEADER: "made"}) == cost(new) + 2
    steps = [READY["POST /referrals/<uuid:referral_id>/waitlist"](team) for _ in range(2)]
    assert cost(steps[0], **{HEADER: "step"}) == cost(steps[1]) + 1


def test_a_second_answer_is_todays(app: Flask, team: Cast) -> None:
    made = make(app, team.outreach, "mine").json
    assert made
    note = (team.outreach, "POST", f"/clients/{made['id']}/notes", {"kind": "note", "body": "x"})
    consent = READY["POST /consents/<uuid:consent_id>/withdraw"](team)
    assert ask(app, note, "note").status_code == 201
    assert ask(app, consent, "back").status_code == 200
    with team.caseworker.transaction() as (session, actor):
        for client_id, version in ((made["id"], 1), (str(team.client_id), 1)):
            reassign(session, actor, client_id, team.caseworker.staff_id, version=version)
    assert refused(make(app, team.outreach, "mine"), 404)
    assert refused(ask(app, note, "note"), 404)
    assert refused(ask(app, consent, "back"), 404)


def test_a_clinical_note_is_no_more_answered_to_who_is_no_clinician_now(app: Flask, network: Network) -> None:
    house = network.organisation()
    nurse = house.person("clinician", "caseworker")
    with house.person("outreach").transaction() as (session, actor):
        client_id = create_client(session, actor, SOKHA)
    note = (nurse, "POST", f"/clients/{client_id}/notes", {"kind": "note", "body": "x", "clinical": True})
    plain = (nurse, "POST", f"/clients/{client_id}/notes", {"kind": "note", "body": "x"})
    assert ask(app, note, "clinical").status_code == ask(app, plain, "plain").status_code == 201
    assert house.manager
    with house.manager.transaction() as (session, actor):
        change_staff(session, actor, nurse.staff_id, roles=frozenset({"caseworker"}), active=True, version=1)
    nurse = network.sign_in(nurse.email, nurse.org_id, nurse.staff_id)
    assert refused(ask(app, (nurse, *note[1:]), "clinical"), 404)
    assert ask(app, (nurse, *plain[1:]), "plain").status_code == 201


def test_a_key_dies_with_the_client_it_made_and_makes_nobody_again(app: Flask, network: Network, team: Cast) -> None:
    made = make(app, team.outreach, "first").json
    assert made
    about = replace(team, client_id=made["id"])
    sent = READY["POST /referrals"](about)
    readies = {
        "note": (team.outreach, "POST", f"/clients/{made['id']}/notes", {"kind": "note", "body": "x"}),
        "asked": READY["POST /consents"](about),
        "send": sent,
    }
    for key, ready in readies.items():
        assert ask(app, ready, key).status_code == 201
    with team.caseworker.transaction() as (session, actor):
        erase(session, actor, made["id"], ErasureReason.ASKED, version=1)
    assert [(row["action"], row["status"], row["request_hash"], row["result_id"]) for row in kept(team.outreach)] == [
        ("gone", 410, "\\x", None)
    ] * 4
    before = whole(network.servers)
    refused(make(app, team.outreach, "first"), 404)
    for key, ready in readies.items():
        assert refused(ask(app, ready, key), 404)["detail"], key
    assert whole(network.servers) == before


def test_a_request_without_the_header_stops_the_start() -> None:
    app = Flask(__name__)
    CSRFProtect(app)
    api = ApiBlueprint("careless", __name__, url_prefix="/api/v1/careless", description="Careless.")

    @api.route("")
    class Careless(MethodView):
        @api.response(204)
        def post(self) -> None:
            """Forget."""

    with pytest.raises(RuntimeError, match=r"post /api/v1/careless takes no Idempotency-Key"):
        init_api(app, [api])
