from __future__ import annotations

from typing import Any

import pytest
from flask import Flask

from tests.cast import CANARIES, Cast, cast
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.referrals.api_people import ROOT, Desk, refused


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def listed(app: Flask, person: Person, **asked: Any) -> Any:
    answer = client_for(app, person).get(ROOT, query_string=asked)
    assert answer.status_code == 200, answer.text
    assert not [word for word in CANARIES if word in answer.text]
    return answer.json


def ids(page: Any) -> list[str]:
    return [one["id"] for one in page["items"]]


def test_each_side_lists_what_changed_last_first(app: Flask, people: Cast) -> None:
    made = [str(people.send(people.consent()[0])) for _number in range(3)]
    Desk.of(app, people.nurse).done(made[0], "waitlist")
    order = [made[0], made[2], made[1]]
    assert ids(listed(app, people.outreach)) == ids(listed(app, people.caseworker)) == order
    received = listed(app, people.nurse, side="receiver")
    assert ids(received) == order
    assert {one["side"] for one in received["items"]} == {"receiver"}
    assert ids(listed(app, people.nurse)) == ids(listed(app, people.outreach, side="receiver")) == []
    assert ids(listed(app, people.nurse, side="receiver", state="waitlisted")) == [made[0]]
    assert ids(listed(app, people.nurse, side="receiver", urgency="urgent")) == []
    assert ids(listed(app, people.outreach, programme=str(people.second_id))) == []


def test_pages_follow_each_other(app: Flask, people: Cast) -> None:
    made = {str(people.send(people.consent()[0])) for _number in range(5)}
    seen: list[str] = []
    after = ""
    for _page in range(3):
        page = listed(app, people.outreach, size=2, **({"after": after} if after else {}))
        seen, after = seen + ids(page), page["next"]
    assert (len(seen), set(seen), after) == (5, made, "")


def test_an_outreach_worker_lists_their_own_clients_alone(app: Flask, people: Cast) -> None:
    people.send()
    assert ids(listed(app, people.ngo.person("outreach"))) == []


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"side": "system"}, "side"),
        ({"state": "lost"}, "state"),
        ({"size": "1000"}, "size"),
        ({"after": "x"}, "after"),
        ({"programme": "one"}, "programme"),
    ],
)
def test_what_cannot_be_asked_names_its_field(app: Flask, people: Cast, asked: dict[str, str], field: str) -> None:
    answer = client_for(app, people.outreach).get(ROOT, query_string=asked)
    assert [one["field"] for one in refused(answer, 422)["errors"]] == [field]


def test_roles_without_cases_may_not(app: Flask, network: Network, people: Cast) -> None:
    assert people.ngo.manager is not None
    assert client_for(app, people.ngo.manager).get(ROOT).status_code == 403
    assert client_for(app, network.steward).get(ROOT).status_code in {403, 404}
