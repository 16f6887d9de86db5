from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import text

from app.core import clock
from tests.cast import Cast, cast, programme
from tests.network import Network
from tests.pages import site
from tests.referrals.api_people import ROOT, Desk, refused, sitting_of


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def desk(app: Flask, people: Cast) -> Desk:
    return Desk.of(app, people.outreach)


def request_for(consent_id: UUID, **changes: Any) -> dict[str, Any]:
    return {"consent_id": str(consent_id), "urgency": "soon", "note": "Canary note", **changes}


def sent_by(people: Cast, desk: Desk) -> list[Any]:
    return list(desk.client.get(ROOT).json["items"])


def test_what_was_previewed_is_sent_and_received(app: Flask, people: Cast, desk: Desk) -> None:
    body = sitting_of(people, categories=["identity", "drug_use"])
    body["programmes"][0]["answers"] = ["injecting"]
    consent_id = desk.client.post("/api/v1/consents", json=body).json["items"][0]["id"]
    request = request_for(consent_id, programme_id=str(people.programme_id), needs=["escort"])
    preview = desk.client.post(f"{ROOT}/preview", json=request).json
    assert preview["triage"]["criteria"] == {"injecting": True}
    assert preview["identity"]["phone"] == ""
    assert sent_by(people, desk) == []
    made = desk.client.post(ROOT, json={**request, "seen": preview["fingerprint"]})
    assert (made.status_code, made.headers["ETag"], made.json["state"]) == (201, '"1"', "sent")
    nurse = Desk.of(app, people.nurse)
    assert nurse.see(made.json["id"])["packet"] == {
        "triage": preview["triage"],
        "identity": None,
        "notice": preview["notice"],
    }
    accepted = nurse.done(made.json["id"], "accept", {"at": (clock.now() + timedelta(hours=3)).isoformat()})
    assert accepted["packet"] == {name: preview[name] for name in ("triage", "identity", "notice")}


def test_sending_twice_under_one_key_sends_once(people: Cast, desk: Desk) -> None:
    headers, body = {"Idempotency-Key": str(uuid4())}, request_for(people.consent()[0])
    first = desk.client.post(ROOT, json=body, headers=headers)
    again = desk.client.post(ROOT, json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json["id"] == first.json["id"]
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(sent_by(people, desk)) == 1
    without = refused(desk.client.post(ROOT, json=body), 409)
    assert without["detail"] == "A referral has been sent on this permission already."


def test_of_a_repeated_request_only_a_status_and_an_id_are_kept(people: Cast, desk: Desk) -> None:
    body = request_for(people.consent()[0])
    made = desk.client.post(ROOT, json=body, headers={"Idempotency-Key": "Canary-Key"})
    with people.outreach.transaction() as (session, _actor):
        (kept,) = session.execute(text("SELECT to_jsonb(k) FROM app.idempotency_keys k")).scalars()
    assert kept["result_id"] == made.json["id"]
    assert kept["status"] == 201
    assert kept["action"] == "referral.send"
    assert "Canary" not in str(kept)
    assert b"Canary".hex() not in str(kept)


def test_consents_that_do_not_hold(people: Cast, desk: Desk) -> None:
    other = people.consent()[0]
    wrong = request_for(other, programme_id=str(people.second_id))
    assert "another programme" in refused(desk.client.post(ROOT, json=wrong), 409)["detail"]
    withdrawn = people.consent()[0]
    desk.client.post(f"/api/v1/consents/{withdrawn}/withdraw")
    assert "withdrawn" in refused(desk.client.post(ROOT, json=request_for(withdrawn)), 409)["detail"]
    lapsed = people.consent(given_at=clock.now() - timedelta(days=1, minutes=-1), days=1)[0]
    with clock.at(clock.now() + timedelta(minutes=5)):
        assert "run out" in refused(desk.client.post(ROOT, json=request_for(lapsed)), 409)["detail"]
    assert sent_by(people, desk) == []


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"accepting": False}, "no referrals at the moment"),
        ({"capacity": 0}, "full"),
    ],
)
def test_programmes_that_cannot_take_it(people: Cast, desk: Desk, change: dict[str, Any], word: str) -> None:
    consent_id = people.consent(programme(people.clinic, **change))[0]
    assert word in refused(desk.client.post(ROOT, json=request_for(consent_id)), 409)["detail"]
    waiting = desk.client.post(ROOT, json=request_for(consent_id, waiting_list=True))
    assert waiting.status_code == (201 if "capacity" in change else 409)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"consent_id": None}, "consent_id"),
        ({"urgency": "panic"}, "urgency"),
        ({"needs": ["taxi"]}, "needs.0"),
        ({"answers": {"injecting": "perhaps"}}, "answers.injecting.value"),
        ({"note": "x" * 2001}, "note"),
        ({"note": "\ud83d"}, "note"),
        ({"severity": 9}, "severity"),
    ],
)
def test_what_has_not_the_shape_names_its_field(people: Cast, desk: Desk, change: dict[str, Any], field: str) -> None:
    body = request_for(people.consent()[0]) | change
    for path in (ROOT, f"{ROOT}/preview"):
        assert [one["field"] for one in refused(desk.client.post(path, json=body), 422)["errors"]] == [field]
    assert sent_by(people, desk) == []


@pytest.mark.parametrize("no", ["decline", "release"])
def test_after_a_no_the_next_alternative_is_asked(app: Flask, people: Cast, desk: Desk, no: str) -> None:
    first, _second = people.consent(people.programme_id, people.second_id)
    referral_id = people.send(first)
    assert "no alternative" in refused(desk.do(referral_id, "next"), 409)["detail"]
    nurse = Desk.of(app, people.nurse)
    if no == "release":
        nurse.done(referral_id, "accept", {"at": (clock.now() + timedelta(hours=3)).isoformat()})
    nurse.done(referral_id, no, {"reason": "no_capacity"})
    assert desk.do(referral_id, "next", If_Match='"1"').status_code == 412
    went = desk.do(referral_id, "next", Idempotency_Key="on")
    assert (went.status_code, went.json["programme_id"]) == (201, str(people.second_id))
    assert desk.do(referral_id, "next", Idempotency_Key="on").json["id"] == went.json["id"]
    assert nurse.do(referral_id, "next").status_code in {403, 409}


def test_foreign_and_absent_consents_and_referrals_are_not_found(app: Flask, network: Network, people: Cast) -> None:
    consent_id, referral_id = people.consent()[0], people.send()
    outsider = Desk.of(app, network.organisation().person("caseworker"))
    answers = [
        outsider.client.post(path, json=request_for(wanted))
        for wanted in (consent_id, uuid4())
        for path in (ROOT, f"{ROOT}/preview")
    ]
    answers += [outsider.do(wanted, "next") for wanted in (referral_id, uuid4())]
    follows = request_for(people.consent(people.second_id)[0], previous_id=str(uuid4()))
    answers.append(Desk.of(app, people.outreach).client.post(ROOT, json=follows))
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
