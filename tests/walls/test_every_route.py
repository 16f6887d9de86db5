"""People who have no part in a case try every address there is, with ids that exist."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from app.http.gate import OFFICIAL, OPEN
from app.http.problems import API_ROOT, DOCS_PAGE
from tests.network import Network, Person
from tests.pages import client_for, site, steady
from tests.statements import heard
from tests.walls.world import CASE_ARGUMENTS, World, world

CASES = frozenset(
    {
        "inbox",
        "outbox",
        "clients",
        "consents",
        "referral",
        "referrals",
        "sending",
        "slips",
        "notices",
        "notifications",
        "receipts",
        "disclosures",
        "erasing",
    }
)
"""Blueprints that are about people; with "api_" before it, the interface's."""
OWN = frozenset({"notices", "notifications"})
DIRECTORY = frozenset({"programmes", "officials", "api_programmes"})
"""What these read with an id is published to everybody; what they change is not."""
TOLD: dict[str, set[str]] = {"deliveries.index": {"ref"}}
"""What a manager reads of a case all the same: about which reference a mail to a colleague could not be delivered."""
PAPERS = frozenset({"api_docs"})
"""The interface's document: written for no one, the same for all."""
REFUSED, MISSING, BAD = 403, 404, 422


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def everything(network: Network) -> World:
    return world(network)


@pytest.fixture(scope="module")
def outsider(network: Network) -> Person:
    """With every role that meets clients, elsewhere."""
    return network.organisation("ngo").person("outreach", "caseworker", "clinician")


def rules(app: Flask) -> list[Rule]:
    return sorted(app.url_map.iter_rules(), key=lambda rule: (rule.rule, rule.endpoint))


def blueprint(rule: Rule) -> str:
    return rule.endpoint.rpartition(".")[0]


def is_api(rule: Rule) -> bool:
    return rule.rule.startswith(API_ROOT) and rule.endpoint != DOCS_PAGE


def is_about_people(rule: Rule) -> bool:
    """One's own notices are about nobody (who was never told of anything has none), nor are the words of a consent."""
    about = blueprint(rule).removeprefix("api_")
    return about in CASES and (about not in OWN or bool(rule.arguments)) and not rule.rule.endswith("/wording")


def methods(rule: Rule) -> list[str]:
    return sorted((rule.methods or set()) - {"HEAD", "OPTIONS"})


def is_public(rule: Rule) -> bool:
    return blueprint(rule) in DIRECTORY and methods(rule) == ["GET"]


def early(rule: Rule, method: str, body: dict[str, object] | None) -> set[int]:
    """The interface may refuse an empty body before anybody looks for the id; never one that fits."""
    return {BAD} if is_api(rule) and method != "GET" and body is None else set()


def ask(
    browser: FlaskClient, method: str, address: str, body: dict[str, object] | None, *, follow: bool = False
) -> TestResponse:
    sent: dict[str, Any] = {"data": body or {}}
    if address.startswith(API_ROOT):
        sent = {"json": body or {}, "headers": {"Idempotency-Key": str(uuid4())}}
    return browser.open(address, method=method, follow_redirects=follow, **({} if method == "GET" else sent))


def tries(app: Flask, everything: World, *, absent: bool = False) -> Iterator[tuple[Rule, str, str, Any]]:
    """Every rule by every method it takes, empty-handed and with a form that fits."""
    for rule in rules(app):
        for address in everything.addresses(rule, absent=absent):
            for method in methods(rule):
                whole = everything.json(address) if is_api(rule) else everything.form()
                if is_api(rule) and method == "GET":
                    yield rule, method, f"{address}?{everything.query(absent=absent)}", None
                    continue
                for body in [None] if method == "GET" else [None, whole]:
                    yield rule, method, address, body


def gives_away(everything: World, answer: TestResponse) -> list[str]:
    said = answer.text + str(answer.headers)
    return [word for word in everything.secrets if word in said]


def faceless(answer: TestResponse, address: str) -> tuple[int, str]:
    """An answer without the address that was asked for and what changes every time."""
    return answer.status_code, steady(answer.text).replace(f'"{address}"', '""')


def test_the_ids_are_real(app: Flask, everything: World, network: Network) -> None:
    """Whoever has a part opens with them what the others are refused below."""
    clinic_manager = everything.team.clinic.manager
    assert clinic_manager
    official = network.organisation("commune").person("official")
    team = everything.team
    people = (
        team.outreach, team.caseworker, team.nurse, everything.manager, clinic_manager, network.steward, official
    )  # fmt: skip
    browsers = [client_for(app, person) for person in people]
    for rule in rules(app):
        if rule.arguments & everything.ids.keys() and "GET" in methods(rule):
            for address in everything.addresses(rule):
                statuses: list[int] = []
                for browser in browsers:
                    statuses.append(browser.get(address).status_code)
                    if statuses[-1] in {200, 303, 409}:
                        break
                else:
                    raise AssertionError((address, statuses))


def test_an_outsider_learns_nothing_and_changes_nothing(app: Flask, everything: World, outsider: Person) -> None:
    before, browser = everything.snapshot(), client_for(app, outsider)
    for rule, method, address, body in tries(app, everything):
        if not rule.arguments & everything.ids.keys():
            continue
        answer = ask(browser, method, address, body)
        assert not gives_away(everything, answer), (method, address)
        if is_public(rule):
            continue
        allowed = {MISSING} if rule.arguments & CASE_ARGUMENTS else {REFUSED, MISSING}
        assert answer.status_code in allowed | early(rule, method, body), (method, address, answer.status_code)
    assert everything.snapshot() == before


def test_what_is_foreign_answers_as_what_is_absent(app: Flask, everything: World, outsider: Person) -> None:
    browser = client_for(app, outsider)
    pairs = zip(tries(app, everything), tries(app, everything, absent=True), strict=True)
    for (rule, method, foreign, body), (_rule, _method, absent, _body) in pairs:
        if not rule.arguments & everything.ids.keys() or is_public(rule):
            continue
        with heard(app) as said_there:
            there = ask(browser, method, foreign, body)
        with heard(app) as said_nowhere:
            nowhere = ask(browser, method, absent, body)
        assert faceless(there, foreign) == faceless(nowhere, absent), (method, foreign)
        assert said_there == said_nowhere, (method, foreign)


@pytest.mark.parametrize("end", ["consents", "referrals", "referrals/preview"])
def test_ids_in_a_body_or_a_query_open_no_more_than_those_in_an_address(
    app: Flask, everything: World, outsider: Person, end: str
) -> None:
    before, browser, address = everything.snapshot(), client_for(app, outsider), f"{API_ROOT}v1/{end}"
    answers = [ask(browser, "POST", address, everything.json(address, absent=absent)) for absent in (False, True)]
    if end == "consents":
        answers += [browser.get(f"{address}?{everything.query(absent=absent)}") for absent in (False, True)]
    assert [answer.status_code for answer in answers] == [MISSING] * len(answers)
    assert len({answer.text for answer in answers}) == 1
    assert everything.snapshot() == before


def test_an_outsiders_own_pages_hold_nothing_of_others(app: Flask, everything: World, outsider: Person) -> None:
    before = everything.snapshot()
    for rule, method, address, body in tries(app, everything):
        if rule.arguments & everything.ids.keys() or rule.endpoint == "account.sign_out_everywhere":
            continue
        fresh = everything.network.sign_in(outsider.email, outsider.org_id, outsider.staff_id)  # some routes end it
        answer = ask(client_for(app, fresh), method, address, body)
        assert answer.status_code < 500, (method, address)
        assert blueprint(rule) in PAPERS or not gives_away(everything, answer), (method, address)
    assert everything.snapshot() == before


@pytest.mark.parametrize("who", ["manager", "other manager", "steward"])
def test_those_without_cases_see_and_do_nothing_with_them(
    app: Flask, everything: World, network: Network, who: str
) -> None:
    people = {
        "manager": everything.manager,
        "other manager": everything.team.clinic.manager,
        "steward": network.steward,
    }
    before, browser = everything.snapshot(), client_for(app, people[who])
    tried = 0
    for rule, method, address, body in tries(app, everything):
        if not is_about_people(rule):
            continue
        answer = ask(browser, method, address, body, follow=True)
        refusals = {REFUSED, MISSING} | early(rule, method, body)
        assert answer.status_code in refusals, (method, address, answer.status_code)
        assert not gives_away(everything, answer), (method, address)
        tried += 1
    assert tried > 60
    assert everything.snapshot() == before


def test_a_manager_or_steward_reads_nothing_of_a_case_on_their_own_pages(
    app: Flask, everything: World, network: Network
) -> None:
    for person in (everything.manager, network.steward):
        browser = client_for(app, person)
        for rule in rules(app):
            if "GET" in methods(rule) and not is_about_people(rule) and blueprint(rule) not in PAPERS:
                for address in everything.addresses(rule):
                    answer = browser.get(address)
                    assert answer.status_code < 500, address
                    told = TOLD.get(rule.endpoint, set()) if person is everything.manager else set()
                    assert not set(gives_away(everything, answer)) - {getattr(everything, one) for one in told}, address


def test_what_an_official_reaches_is_this_and_no_more() -> None:
    """Said here a second time: the tests that ask the gate what is open would follow it if it opened more."""
    assert frozenset({"http", "languages", "leave", "signing_in", "help", "up"}) == OPEN
    assert OPEN | {"officials", "account"} == OFFICIAL


def test_an_official_is_never_told_that_anything_else_exists(app: Flask, everything: World, network: Network) -> None:
    official = network.organisation("commune", area="120112").person("official")
    before, browser = everything.snapshot(), client_for(app, official)
    for rule, method, address, body in tries(app, everything):
        if blueprint(rule) in OFFICIAL or rule.endpoint == "home":
            continue
        answer = ask(browser, method, address, body)
        below = address.startswith(API_ROOT)  # also its page for people, which then gives nothing away by being one
        absent = f"{API_ROOT}no-such-thing" if below else "/no-such-page"
        assert faceless(answer, address) == faceless(ask(browser, method, absent, body), absent), (method, address)
        assert answer.status_code == MISSING
    for rule in rules(app):
        if blueprint(rule) in OFFICIAL - {"signing_in"} and "GET" in methods(rule):
            for address in everything.addresses(rule):
                assert not gives_away(everything, browser.get(address)), address
    assert everything.snapshot() == before


def test_a_stranger_is_asked_to_sign_in_wherever_they_knock(app: Flask, everything: World) -> None:
    before, browser = everything.snapshot(), app.test_client()
    for rule, method, address, body in tries(app, everything):
        if blueprint(rule) in OPEN or rule.endpoint == "home":
            continue
        answer = ask(browser, method, address, body)
        if is_api(rule):
            assert answer.status_code == 401, (method, address)
        else:
            assert answer.status_code == 303, (method, address)
            assert "/sign-in" in answer.headers["Location"], (method, address)
        assert not gives_away(everything, answer), (method, address)
    assert everything.snapshot() == before
