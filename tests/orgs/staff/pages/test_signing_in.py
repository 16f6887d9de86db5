from __future__ import annotations

import re
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.test import TestResponse

from app.core.ids import code
from orgs.staff import use_cases
from tests.network import PASSWORD, Network, Org
from tests.orgs.staff.pages.browsers import client_for, words


def _sign_in(client: FlaskClient, email: str, password: str = PASSWORD, **more: str) -> TestResponse:
    return client.post("/sign-in", data={"email": email, "password": password, **more})


def _link(org: Org, *roles: str) -> str:
    assert org.manager
    with org.manager.transaction() as (session, actor):
        return "/join/" + use_cases.invite(session, actor, frozenset(roles))


def _joining(**changed: str) -> dict[str, str]:
    typed = {
        "name": "Bopha", "email": f"bopha.{uuid4().hex}@example.org", "password": "river and road",
        "again": "river and road", "language": "en",
    }  # fmt: skip
    return typed | changed


def test_a_person_signs_in_and_out(site: Flask, network: Network) -> None:
    manager = network.organisation().manager
    assert manager
    client = client_for(site)
    answer = _sign_in(client, manager.email.upper(), next="/staff")
    assert (answer.status_code, answer.location) == (303, "/staff")
    cookie = client.get_cookie("spean")
    assert cookie
    assert cookie.http_only
    assert cookie.same_site == "Lax"
    page = client.get("/staff").text
    assert "Sign in to go on" not in client_for(site).get("/sign-in").text
    assert "Sign in to go on" in client_for(site).get("/staff", follow_redirects=True).text
    assert "Sophea · Trial" in words(page)
    assert client.post("/sign-out").status_code == 303
    client.set_cookie("spean", cookie.value)  # a copy of the cookie is worth nothing now
    assert client.get("/staff").location == "/sign-in?next=/staff"


def test_every_failure_says_the_same_and_keeps_the_name_only(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site)
    wrong, unknown = _sign_in(client, person.email, "wrong wrong wrong"), _sign_in(client, "nobody@example.org")
    assert (wrong.status_code, unknown.status_code) == (422, 422)
    assert words(wrong.text) == words(unknown.text)
    assert person.email in wrong.text
    assert "wrong wrong" not in wrong.text
    assert client.get_cookie("spean") is None


def test_the_tenth_wrong_try_locks_although_each_was_refused(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site)
    for _ in range(10):
        assert _sign_in(client, person.email, "wrong wrong wrong").status_code == 422
    assert _sign_in(client, person.email).status_code == 422


def test_tries_are_limited_by_name(site: Flask) -> None:
    guessed = f"{code(10)}@example.org"
    answers = [_sign_in(client_for(site), guessed).status_code for _ in range(21)]
    assert answers == [422] * 20 + [429]


@pytest.mark.parametrize("wanted", ["https://elsewhere.example/", "//elsewhere.example", "/no-such-page", "\\\\x"])
def test_signing_in_never_leads_elsewhere(site: Flask, network: Network, wanted: str) -> None:
    person = network.organisation().person("caseworker")
    assert _sign_in(client_for(site), person.email, next=wanted).location == "/"


def test_an_official_gets_the_other_door(site: Flask, network: Network) -> None:
    official = network.organisation("commune").person("official")
    client = client_for(site)
    _sign_in(client, official.email)
    cookie = client.get_cookie("spean")
    assert cookie
    assert cookie.value.startswith("o.")
    assert client.get("/account").status_code == 200
    client.set_cookie("spean", "s" + cookie.value[1:])
    assert client.get("/account").status_code == 303


def test_a_post_without_a_csrf_token_is_refused(csrf_site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(csrf_site)
    assert _sign_in(client, person.email).status_code == 400
    found = re.search(r'name="csrf_token" type="hidden" value="([^"]+)"', client.get("/sign-in").text)
    assert found
    assert _sign_in(client, person.email, csrf_token=found[1]).status_code == 303


def test_joining_by_a_link_signs_in_and_works_once(site: Flask, network: Network) -> None:
    org = network.organisation()
    link, client, typed = _link(org, "caseworker", "outreach"), client_for(site), _joining()
    page = words(client.get(link).text)
    assert "Outreach worker (own clients), Caseworker" in page
    assert client.post(link, data=typed).location == "/"
    assert "Bopha" in words(client.get("/account").text)
    again = client_for(site)
    assert again.get(link).status_code == 404
    assert again.post(link, data=_joining()).status_code == 404
    assert client_for(site).get("/join/unknown").text.count("This invitation has ended") == 2


@pytest.mark.parametrize(
    ("field", "typed", "sentence"),
    [
        ("password", "short", "A password needs at least 10 characters."),
        ("again", "another thing", "The two passwords are not the same."),
        ("email", "no-address", "Enter an email address, such as dara@example.org."),
        ("name", " \u200b ", "Enter your name, at most 80 characters."),
        ("language", "fr", "Choose one of the answers in the list."),
    ],
)
def test_a_mistake_in_joining_keeps_the_link_and_what_was_typed(
    site: Flask, network: Network, field: str, typed: str, sentence: str
) -> None:
    link, client = _link(network.organisation(), "clinician"), client_for(site)
    changed = {field: typed} | ({"again": typed} if field == "password" else {})
    answer = client.post(link, data=_joining(**changed))
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert ('value="Bopha"' in answer.text) == (field != "name")
    assert client.post(link, data=_joining()).status_code == 303


def test_a_taken_email_is_told_to_the_holder_of_a_link_only(site: Flask, network: Network) -> None:
    org = network.organisation()
    taken = org.person("caseworker").email
    answer = client_for(site).post(_link(org, "caseworker"), data=_joining(email=taken.upper()))
    assert answer.status_code == 422
    assert "Somebody already signs in with this email." in words(answer.text)


def test_somebody_signed_in_does_not_use_up_an_invitation(site: Flask, network: Network) -> None:
    org = network.organisation()
    link, client = _link(org, "caseworker"), client_for(site, org.manager)
    assert "Somebody is signed in here" in client.get(link).text
    assert "Somebody is signed in here" in client.post(link, data=_joining()).text
    assert client.post("/sign-out", data={"next": link}).location == link
    assert client.post(link, data=_joining()).status_code == 303


def test_leaving_quickly_ends_the_session_on_the_server(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site, person)
    assert client.post("/leave", data={"beacon": "1"}).status_code == 204
    client.set_cookie("spean", f"s.{person.token}")
    assert client.get("/account").status_code == 303


def test_the_chosen_language_is_remembered_for_the_person(site: Flask, network: Network) -> None:
    for person in (network.organisation().manager, network.organisation("commune").person("official")):
        assert person
        client = client_for(site, person)
        assert 'lang="en"' in client.get("/account").text[:200]
        client.post("/language", data={"lang": "km", "next": "/account"})
        assert '<html lang="km"' in client_for(site, person).get("/account").text


def test_a_lapsed_session_leads_to_sign_in_and_back(site: Flask, network: Network) -> None:
    manager = network.organisation().manager
    assert manager
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            text("UPDATE sec.sessions SET seen_at = now() - interval '31 minutes' WHERE staff_id = :id"),
            {"id": manager.staff_id},
        )
    answer = client_for(site, manager).get("/staff")
    assert urlsplit(answer.location).path == "/sign-in"
