from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from orgs.staff.own_access import make_token
from tests.network import Network, Org, Person
from tests.pages import client_for, site

CLIENTS = "/api/v1/clients"
NEW = {"record": {"alias": "Bopha", "heard_from": "peer"}}


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def ngo(network: Network) -> Org:
    return network.organisation("ngo")


@pytest.fixture
def worker(ngo: Org) -> Person:
    return ngo.person("caseworker")


@pytest.fixture
def client(app: Flask, worker: Person) -> FlaskClient:
    return client_for(app, worker)


def bearer(person: Person) -> dict[str, str]:
    with person.transaction() as (session, actor):
        return {"Authorization": f"Bearer {make_token(session, actor, label='Tablet', days=30)}"}


def faults_of(answer: Any) -> dict[str, str]:
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status_code
    return {one["field"]: one["detail"] for one in answer.json["errors"]}


def test_a_token_signs_in_and_needs_no_csrf(network: Network, worker: Person) -> None:
    stranger = site(network, csrf=True).test_client()
    assert stranger.post(CLIENTS, json=NEW).status_code == 401
    assert stranger.post(CLIENTS, json=NEW, headers={"Authorization": "Bearer nonsense"}).status_code == 401
    headers = bearer(worker)
    assert stranger.post(CLIENTS, json=NEW, headers=headers).status_code == 201
    assert [line["alias"] for line in stranger.get(CLIENTS, headers=headers).json["items"]] == ["Bopha"]


def test_a_browsers_cookie_changes_nothing_without_the_pages_token(network: Network, worker: Person) -> None:
    browser = client_for(site(network, csrf=True), worker)
    refused = browser.post(CLIENTS, json=NEW)
    assert (refused.status_code, refused.content_type) == (400, "application/problem+json")
    assert browser.post(CLIENTS, json=NEW, headers={"Authorization": "Basic eA=="}).status_code == 400
    assert browser.get(CLIENTS).json["items"] == []
    token = re.search(r'name="csrf_token"\s+value="([^"]+)"', browser.get("/clients").text)
    assert token is not None
    assert browser.post(CLIENTS, json=NEW, headers={"X-CSRFToken": token[1]}).status_code == 201


def test_each_fault_is_named_in_the_persons_language(app: Flask, ngo: Org, client: FlaskClient) -> None:
    sent = {
        "record": {
            "heard_from": "police", "alias": 7, "name": "x" * 1000, "phone": None,
            "facts": {"birth_year": "long ago", "needs": "escort", "details": {"score": "9"}, "injecting": 3},
        },
        "programme_id": "one",
        "severity": 9,
    }  # fmt: skip
    answer = client.post(CLIENTS, json=sent)
    assert answer.status_code == 422
    found = faults_of(answer)
    assert found["record.alias"] == "Give a text."
    assert found["record.heard_from"].startswith("Choose one of: outreach, peer")
    assert found["record.name"].startswith("Give at most ")
    assert found["record.phone"] == "This may not be empty."
    assert found["record.facts.birth_year"] == "Give a whole number."
    assert found["record.facts.needs"] == "Give a list."
    assert found["record.facts.injecting"] == "Give true or false."
    assert found["programme_id"] == "Give an identifier (a UUID)."
    assert found["severity"] == "There is no such field."
    assert faults_of(client.post(CLIENTS, json={})) == {"record": "This is missing."}
    khmer = client_for(app, ngo.person("caseworker", language="km"))
    assert re.search("[ក-៹]", khmer.get("/api/v1/nowhere").json["detail"])


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"alias=Bopha", "application/x-www-form-urlencoded", 415),
        (b'{"record": {}}', "text/plain", 415),
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b'{"record": {"facts": {"birth_year": ' + b"9" * 5000 + b"}}}", "application/json", 400),
        (b'{"record": NaN}', "application/json", 400),
        (b'"' + b"x" * 300_000 + b'"', "application/json", 413),
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b"null", "application/json", 422),
    ],
)
def test_bodies_that_cannot_be_read(client: FlaskClient, body: bytes, content_type: str, status: int) -> None:
    answer = client.post(CLIENTS, data=body, content_type=content_type)
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.json is not None
    assert answer.json["detail"]
    assert client.get(CLIENTS).json == {"items": [], "next": ""}


def test_wrong_methods_say_which_are_right(client: FlaskClient) -> None:
    answer = client.delete(CLIENTS)
    assert (answer.status_code, answer.content_type) == (405, "application/problem+json")
    assert set(answer.headers["Allow"].split(", ")) == {"GET", "HEAD", "OPTIONS", "POST"}


def test_pages_of_the_site_keep_their_own_errors(client: FlaskClient) -> None:
    answer = client.get("/nowhere")
    assert (answer.status_code, answer.mimetype) == (404, "text/html")
    answer = client.delete("/clients")
    assert (answer.status_code, answer.mimetype) == (405, "text/html")
    assert "Allow" in answer.headers


def test_officials_find_no_api_and_stewards_no_people(app: Flask, network: Network) -> None:
    official = client_for(app, network.organisation("commune").person("official"))
    steward = client_for(app, network.steward)
    for rule in [rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/api/")]:
        path = re.sub(r"<[^>]+>", "7b8c1a52-5f0e-4b53-9f5d-2b1f5f0b9d11", rule.rule)
        for method in rule.methods or ():
            assert official.open(path, method=method).status_code == 404, (method, path)
    for path in (CLIENTS, f"{CLIENTS}/7b8c1a52-5f0e-4b53-9f5d-2b1f5f0b9d11"):
        assert steward.get(path).status_code == 403
    assert steward.post(CLIENTS, json=NEW).status_code == 403
