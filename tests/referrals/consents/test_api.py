from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
from flask import Flask

from tests.cast import Cast, cast, programme
from tests.network import Network
from tests.pages import client_for, site
from tests.referrals.api_people import refused, sitting_of

CONSENTS = "/api/v1/consents"


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def listed(client: Any, people: Cast) -> Any:
    answer = client.get(CONSENTS, query_string={"client_id": str(people.client_id)})
    assert answer.status_code == 200
    return answer.json["items"]


def test_one_sitting_makes_a_permission_for_each_programme(app: Flask, people: Cast) -> None:
    client = client_for(app, people.outreach)
    body = sitting_of(people, people.programme_id, people.second_id, days=30)
    body["programmes"][0]["answers"] = ["injecting"]
    made = client.post(CONSENTS, json=body, headers={"Idempotency-Key": "sitting"})
    assert made.status_code == 201
    first, second = made.json["items"]
    assert (first["rank"], first["programme_id"], first["answers"]) == (1, str(people.programme_id), ["injecting"])
    assert (second["rank"], second["sitting_id"], second["answers"]) == (2, first["sitting_id"], [])
    assert first["witness_id"] == str(people.outreach.staff_id)
    assert first["categories"] == ["identity", "phone"]
    assert first["in_force"]
    again = client.post(CONSENTS, json=body, headers={"Idempotency-Key": "sitting"})
    assert (again.status_code, again.json) == (201, made.json)
    assert listed(client, people) == made.json["items"]


def test_what_is_taken_back_no_longer_holds(app: Flask, people: Cast) -> None:
    client = client_for(app, people.caseworker)
    consent_id = people.consent()[0]
    back = client.post(f"{CONSENTS}/{consent_id}/withdraw")
    assert (back.status_code, back.json["in_force"]) == (200, False)
    assert "already" in refused(client.post(f"{CONSENTS}/{consent_id}/withdraw"), 409)["detail"]
    used = people.consent(people.second_id)[0]
    people.send(used)
    assert "rests on" in refused(client.post(f"{CONSENTS}/{used}/withdraw"), 409)["detail"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"able_to_decide": False}, "able_to_decide"),
        ({"categories": ["phone"]}, "categories"),
        ({"categories": ["severity"]}, "categories.0"),
        ({"how": None}, "how"),
        ({"witness_id": str(uuid4())}, "witness_id"),
        ({"days": 0}, "days"),
        ({"days": 10**12}, "days"),
        ({"given_at": "2090-01-01T00:00:00Z"}, "given_at"),
        ({"given_at": "2020-01-01T00:00:00Z"}, "days"),
        ({"minor": True}, "assent"),
        ({"guardian": "involved"}, "guardian"),
        ({"wording_version": "1999-01"}, "wording_version"),
        ({"programmes": []}, "programmes"),
    ],
)
def test_what_is_no_permission_names_its_field(app: Flask, people: Cast, change: dict[str, Any], field: str) -> None:
    client = client_for(app, people.outreach)
    problem = refused(client.post(CONSENTS, json=sitting_of(people, **change)), 422)
    assert field in [one["field"] for one in problem["errors"]]
    assert listed(client, people) == []


def test_one_programme_once_and_never_ones_own(app: Flask, people: Cast) -> None:
    client = client_for(app, people.outreach)
    twice = sitting_of(people, people.programme_id, people.programme_id)
    assert [one["field"] for one in refused(client.post(CONSENTS, json=twice), 422)["errors"]] == ["programmes"]
    own = sitting_of(people, programme(people.ngo))
    assert "episode" in refused(client.post(CONSENTS, json=own), 422)["errors"][0]["detail"]
    assert listed(client, people) == []


@pytest.mark.parametrize("language", ["km", "en"])
def test_the_words_to_read_out(app: Flask, people: Cast, language: str) -> None:
    client = client_for(app, people.outreach)
    asked = {"programme_id": str(people.programme_id), "language": language, "category": ["identity", "phone"]}
    said = client.get(f"{CONSENTS}/wording", query_string=asked).json
    name = "Trial programme" if language == "en" else "កម្មវិធីសាក"
    assert name in said["paragraphs"][0]
    longer = client.get(f"{CONSENTS}/wording", query_string={**asked, "minor": "true"}).json
    assert len(longer["paragraphs"]) == len(said["paragraphs"]) + 1


def test_foreign_and_absent_clients_and_consents_are_not_found(app: Flask, network: Network, people: Cast) -> None:
    consent_id = people.consent()[0]
    for person in (network.organisation().person("caseworker"), people.ngo.person("outreach")):
        client = client_for(app, person)
        answers = [
            client.get(CONSENTS, query_string={"client_id": str(people.client_id)}),
            client.get(CONSENTS, query_string={"client_id": str(uuid4())}),
            client.post(CONSENTS, json=sitting_of(people)),
            client.post(CONSENTS, json=sitting_of(people, client_id=str(uuid4()))),
            client.post(f"{CONSENTS}/{consent_id}/withdraw"),
            client.post(f"{CONSENTS}/{uuid4()}/withdraw"),
        ]
        assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert people.ngo.manager is not None
    assert client_for(app, people.ngo.manager).post(CONSENTS, json=sitting_of(people)).status_code == 403
