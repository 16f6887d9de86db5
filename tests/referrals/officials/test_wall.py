"""An official reaches their own few pages, and nothing tells them what else there is."""

from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from werkzeug.routing import AnyConverter, Rule

from app.http.gate import OFFICIAL
from tests.network import Network, Person
from tests.pages import client_for, site, steady

_ELSEWHERE = frozenset({"home"})


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def official(network: Network) -> Person:
    return network.organisation("commune", area="121201").person("official")


def _address(rule: Rule) -> str:
    values = dict.fromkeys(rule.arguments, "x")
    values |= {name: str(uuid4()) for name, kind in rule._converters.items() if type(kind).__name__ == "UUIDConverter"}
    values |= {name: "1" for name, kind in rule._converters.items() if type(kind).__name__ == "IntegerConverter"}
    values |= {name: min(kind.items) for name, kind in rule._converters.items() if isinstance(kind, AnyConverter)}
    built = rule.build(values, append_unknown=False)
    assert built is not None
    return built[1]


def _forbidden(app: Flask) -> list[Rule]:
    return [
        rule
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in _ELSEWHERE and rule.endpoint.partition(".")[0] not in OFFICIAL
    ]


def test_every_other_route_answers_as_if_it_did_not_exist(app: Flask, official: Person) -> None:
    client = client_for(app, official)
    methods = ("GET", "POST", "PUT", "PATCH", "DELETE")
    absent_of = {
        (method, place): client.open(place, method=method)
        for method in methods
        for place in ("/no-such-page", "/api/no-such-thing")
    }
    assert {answer.status_code for answer in absent_of.values()} == {404}
    rules = _forbidden(app)
    assert {rule.endpoint for rule in rules} >= {"uptake.latest", "uptake.frequency"}
    for rule in rules:
        for method in methods:
            address = _address(rule)
            answer = client.open(address, method=method)
            nothing = absent_of[method, "/api/no-such-thing" if address.startswith("/api/") else "/no-such-page"]
            assert answer.status_code == 404, (method, address)
            assert "Allow" not in answer.headers, (method, address)
            said, absent = steady(answer.text), steady(nothing.text)
            assert said.replace(f'"{address}"', "") == absent.replace('"/api/no-such-thing"', ""), (method, address)


def test_an_officials_session_opens_nothing_on_the_staff_door(app: Flask, official: Person) -> None:
    client = client_for(app, official, door="s")
    for address in ("/uptake", "/office/", "/office/uptake"):
        answer = client.get(address)
        assert answer.status_code == 303, address
        assert "sign-in" in answer.headers["Location"]


def test_a_staff_session_opens_nothing_on_the_officials_door(app: Flask, network: Network) -> None:
    worker = network.organisation().person("caseworker")
    assert client_for(app, worker, door="o").get("/office/").status_code == 303


def test_a_denial_leaves_a_line_in_the_audit(app: Flask, official: Person, network: Network) -> None:
    client_for(app, official).get("/uptake")
    engine = network.servers.engines["spean_backup"]
    with engine.connect() as connection:
        found = connection.execute(
            text("SELECT action FROM app.audit_log WHERE staff_id = :staff AND outcome = 'denied'"),
            {"staff": official.staff_id},
        ).scalars()
        assert "uptake.latest" in set(found)


@pytest.mark.parametrize(
    "columns",
    [
        "capacity FROM app.programmes",
        "taken FROM app.programmes",
        "funding FROM app.programmes",
        "meeting_point_km FROM app.programmes",
        "* FROM app.programmes",
        "1 FROM app.clients",
        "1 FROM app.client_notes",
        "1 FROM app.episodes",
        "1 FROM app.client_keys",
        "1 FROM app.org_keys",
        "1 FROM app.consents",
        "1 FROM app.referrals",
        "1 FROM app.referral_clients",
        "1 FROM app.referral_events",
        "1 FROM app.packet_parts",
        "1 FROM app.packet_keys",
        "1 FROM app.messages",
        "1 FROM app.slips",
        "1 FROM app.notifications",
        "1 FROM app.outbox",
        "1 FROM app.invites",
        "1 FROM app.uptake_facts",
        "1 FROM app.programme_team",
        "1 FROM app.audit_log",
        "1 FROM sec.sessions",
        "1 FROM sec.credentials",
    ],
)
def test_an_officials_connection_may_not_even_ask(official: Person, columns: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="permission denied"),
        official.transaction() as (session, _actor),
    ):
        session.execute(text(f"SELECT {columns}"))
