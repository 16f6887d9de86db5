from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.core import clock
from app.core.ids import new_id
from orgs.clients.records import Facts
from orgs.facts import Detail
from tests.network import Network, Org, Person
from tests.orgs.clients.people import client_of, seen_by
from tests.orgs.clients.test_use_cases import programme_of
from tests.pages import client_for, site

ROOT = "/api/v1/clients"
FACTS = {
    "birth_year": 1995, "gender": "woman", "language": "km", "needs": ["escort"], "injecting": None,
    "substances": ["alcohol", "heroin"], "finished": ["detox"], "contact_notes": "", "details": {"legal": "No papers"},
}  # fmt: skip
RECORD = {
    "alias": "Bopha", "name": "", "phone": "+85512345678", "safe_contact": "", "area": "1208", "heard_from": "peer",
    "facts": FACTS,
}  # fmt: skip


@pytest.fixture
def ngo(network: Network) -> Org:
    return network.organisation("ngo")


@pytest.fixture
def worker(ngo: Org) -> Person:
    return ngo.person("outreach")


def browse(network: Network, person: Person) -> FlaskClient:
    return client_for(site(network), person)


def test_what_is_sent_is_what_is_read(network: Network, worker: Person) -> None:
    client = browse(network, worker)
    made = client.post(ROOT, json={"record": {**RECORD, "phone": "០១២ ៣៤៥ ៦៧៨"}})
    assert made.status_code == 201
    read = client.get(f"{ROOT}/{made.json['id']}").json
    assert read["record"] == RECORD
    assert (read["version"], read["worker_id"]) == (1, str(worker.staff_id))
    (line,) = client.get(ROOT).json["items"]
    assert (line["alias"], line["code"]) == ("Bopha", read["code"])
    assert client.post(f"{ROOT}/search", json={"words": "012345678"}).json["items"] == [line]


def test_an_edit_needs_the_version_that_was_read(network: Network, worker: Person) -> None:
    client_id, client = client_of(worker), browse(network, worker)
    edited = client.put(f"{ROOT}/{client_id}", json={"record": {**RECORD, "alias": "Chenda"}, "version": 1})
    assert (edited.status_code, edited.json["record"]["alias"], edited.json["version"]) == (200, "Chenda", 2)
    late = client.put(f"{ROOT}/{client_id}", json={"record": RECORD, "version": 1})
    assert (late.status_code, late.content_type) == (409, "application/problem+json")
    assert seen_by(worker, client_id).shown == "Chenda"


def test_notes_and_stays_stand_on_the_timeline(network: Network, ngo: Org, worker: Person) -> None:
    client = browse(network, worker)
    made = client.post(ROOT, json={"record": RECORD, "programme_id": str(programme_of(ngo))})
    url = f"{ROOT}/{made.json['id']}"
    note = client.post(f"{url}/notes", json={"body": "Met", "kind": "met", "at": "2026-01-02T03:04:05+07:00"})
    assert note.status_code == 201
    past = client.get(f"{url}/timeline").json
    assert [event["title"] for event in past["items"]] == ["Walked in", "Met"]
    assert past["items"][1]["id"] == note.json["id"]
    assert [stay["ended_at"] for stay in past["stays"]] == [None]
    assert past["next"] == ""
    assert client.post(f"{url}/notes", json={"body": "x", "clinical": True}).status_code == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"alias": "\ud800"}, "record.alias"),
        ({"alias": " "}, "record.alias"),
        ({"phone": "12"}, "record.phone"),
        ({"area": "9999"}, "record.area"),
        ({"facts": {"birth_year": 10**12}}, "record.facts.birth_year"),
    ],
)
def test_what_the_rules_refuse_names_its_field(
    network: Network, worker: Person, change: dict[str, Any], field: str
) -> None:
    answer = browse(network, worker).post(ROOT, json={"record": {**RECORD, **change}})
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_what_happens_with_a_client_names_its_field_too(network: Network, worker: Person) -> None:
    client = browse(network, worker)
    strange = client.post(ROOT, json={"record": RECORD, "programme_id": str(new_id())})
    ahead = client.post(
        f"{ROOT}/{client_of(worker)}/notes", json={"body": "x", "at": (clock.now() + timedelta(days=1)).isoformat()}
    )
    for answer, field in ((strange, "programme_id"), (ahead, "at")):
        assert answer.status_code == 422
        assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize(
    "body",
    [
        {}, {"record": {}}, {"record": {**RECORD, "area": "12\u0000"}}, {"record": {**RECORD, "heard_from": "police"}},
        {"record": {**RECORD, "facts": {"details": {"score": "9"}}}}, {"record": RECORD, "severity": 9}, [], "x",
    ],
)  # fmt: skip
def test_what_has_not_the_shape_is_refused(network: Network, worker: Person, body: Any) -> None:
    client = browse(network, worker)
    assert client.post(ROOT, json=body).status_code == 422
    assert client.get(ROOT).json == {"items": [], "next": ""}


def test_clinical_details_do_not_go_to_who_may_not_read_them(network: Network, ngo: Org, worker: Person) -> None:
    client_id = client_of(worker, facts=Facts(details={Detail.HEALTH_HIV: "Canary"}))
    client = browse(network, ngo.person("caseworker"))
    assert "Canary" not in client.get(f"{ROOT}/{client_id}").text
    assert "Canary" not in client.put(f"{ROOT}/{client_id}", json={"record": RECORD, "version": 1}).text
    assert "Canary" in browse(network, ngo.person("clinician")).get(f"{ROOT}/{client_id}").text


def test_outsiders_get_the_same_404_for_foreign_and_absent_and_managers_403(
    network: Network, ngo: Org, worker: Person
) -> None:
    client_id = client_of(worker)
    outsider = browse(network, network.organisation().person("caseworker", "clinician"))
    answers = []
    for wanted in (client_id, new_id()):
        answers += [
            outsider.get(f"{ROOT}/{wanted}"),
            outsider.put(f"{ROOT}/{wanted}", json={"record": RECORD, "version": 1}),
            outsider.get(f"{ROOT}/{wanted}/timeline"),
            outsider.post(f"{ROOT}/{wanted}/notes", json={"body": "x"}),
        ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(404, answers[0].text)}
    assert outsider.post(f"{ROOT}/search", json={"words": "Bopha"}).json == {"items": [], "more": False}
    assert ngo.manager is not None
    manager = browse(network, ngo.manager)
    assert manager.get(ROOT).status_code == manager.get(f"{ROOT}/{client_id}").status_code == 403
    official = browse(network, network.organisation("commune").person("official"))
    assert official.get(ROOT).status_code == official.get(f"{ROOT}/{client_id}").status_code == 404
