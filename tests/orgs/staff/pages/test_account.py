from __future__ import annotations

import re

import pytest
from flask import Flask

from app.http.limits import limiter
from orgs.staff.own_access import make_token
from tests.network import PASSWORD, Network
from tests.orgs.staff.pages.browsers import client_for, words

NEW = "seven small bridges"


def _changing(**changed: str) -> dict[str, str]:
    return {"old": PASSWORD, "new": NEW, "again": NEW} | changed


def test_language_and_email_notices_are_kept(site: Flask, network: Network) -> None:
    client = client_for(site, network.organisation().person("caseworker", name="Bopha"))
    page = client.get("/account").text
    assert "Bopha" in words(page)
    assert re.search(r'name="notify_email"[^>]* checked', page)
    assert client.post("/account", data={"language": "km"}).status_code == 303
    page = client.get("/account").text
    assert '<html lang="km"' in page
    assert not re.search(r'name="notify_email"[^>]* checked', page)
    client.post("/account", data={"language": "fr"})
    assert '<html lang="km"' in client.get("/account").text


def test_a_new_password_signs_out_the_other_browsers(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    other = client_for(site, network.sign_in(person.email, person.org_id, person.staff_id))
    client = client_for(site, person)
    assert client.post("/account/password", data=_changing()).status_code == 303
    assert client.get("/account").status_code == 200
    assert other.get("/account").status_code == 303
    assert other.post("/sign-in", data={"email": person.email, "password": NEW}).status_code == 303


def test_a_new_password_ends_the_tokens_too(site: Flask, network: Network) -> None:
    person, colleague = (network.organisation().person("caseworker") for _ in range(2))
    headers = []
    for one in (person, colleague):
        with one.transaction() as (session, actor):
            headers.append({"Authorization": f"Bearer {make_token(session, actor, label='Reports', days=30)}"})
    api = client_for(site)
    assert client_for(site, person).post("/account/password", data=_changing()).status_code == 303
    assert [api.get("/api/v1/clients", headers=one).status_code for one in headers] == [401, 200]


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"old": "not it at all"}, "The present password is not right."),
        ({"new": "short", "again": "short"}, "A password needs at least 10 characters."),
        ({"again": "something else"}, "The two passwords are not the same."),
    ],
)
def test_a_wrong_change_of_password_changes_nothing(
    site: Flask, network: Network, changed: dict[str, str], sentence: str
) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site, person)
    answer = client.post("/account/password", data=_changing(**changed))
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert client_for(site).post("/sign-in", data={"email": person.email, "password": PASSWORD}).status_code == 303


def test_guessing_the_present_password_is_limited(site: Flask, network: Network) -> None:
    assert limiter.enabled
    client = client_for(site, network.organisation().person("caseworker"))
    tries = [client.post("/account/password", data=_changing(old="no" * 8)).status_code for _ in range(11)]
    assert tries == [422] * 10 + [429]


def test_signing_out_everywhere_ends_browsers_and_leaves_tokens(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site, person)
    other = client_for(site, network.sign_in(person.email, person.org_id, person.staff_id))
    made = client.post("/account/tokens", data={"label": "Reports", "days": "30"})
    found = re.search(r'id="secret"[^>]* value="([^"]+)"', made.text)
    assert found
    assert client.post("/account/sign-out-everywhere").location == "/sign-in"
    for browser in (client, other, client_for(site, person)):
        assert browser.get("/account").status_code == 303
    program = client_for(site).get("/account", headers={"Authorization": f"Bearer {found[1]}"})
    assert program.status_code == 200


def test_a_token_is_shown_once_and_ends_when_revoked(site: Flask, network: Network) -> None:
    person = network.organisation().person("caseworker")
    client = client_for(site, person)
    made = client.post("/account/tokens", data={"label": "Reports", "days": "30"}).text
    found = re.search(r'id="secret"[^>]* value="([^"]+)"', made)
    assert found
    listed = client.get("/account/tokens").text
    assert "Reports" in words(listed)
    assert found[1] not in listed
    revoke = re.search(r'action="(/account/tokens/[^"]+/revoke)"', listed)
    assert revoke
    stranger = client_for(site, network.organisation().person("caseworker"))
    assert stranger.post(revoke[1]).status_code == 404
    header = {"Authorization": f"Bearer {found[1]}"}
    assert client_for(site).get("/account", headers=header).status_code == 200
    assert client.post(revoke[1]).status_code == 303
    assert client_for(site).get("/account", headers=header).status_code == 303


def test_a_token_needs_a_purpose_and_a_length(site: Flask, network: Network) -> None:
    client = client_for(site, network.organisation().person("caseworker"))
    answer = client.post("/account/tokens", data={"label": "", "days": "9999"})
    assert answer.status_code == 422
    assert "Say what it is for." in words(answer.text)
    assert 'id="secret"' not in answer.text


def test_an_official_has_a_profile_but_no_tokens_and_no_notices(site: Flask, network: Network) -> None:
    official = network.organisation("commune").person("official")
    client = client_for(site, official)
    page = words(client.get("/account").text)
    assert "Sangkat official" in page
    assert "email" not in page.lower().replace("email " + official.email, "")
    assert "Tokens" not in page
    assert client.post("/account", data={"language": "en"}).status_code == 303
    assert client.post("/account/password", data=_changing()).status_code == 303
    assert client.get("/account/tokens").status_code == 404
    assert client.post("/account/tokens", data={"label": "Reports", "days": "30"}).status_code == 404
    assert client.post("/account/sign-out-everywhere").status_code == 303


@pytest.mark.parametrize("language", ["km", "en"])
def test_help_is_for_the_readers_role(site: Flask, network: Network, language: str) -> None:
    org = network.organisation()
    texts = set()
    official = network.organisation("commune").person("official", language=language)
    people = (None, org.person("manager", language=language), org.person("outreach", language=language), official)
    for person in people:
        answer = client_for(site, person).get("/help")
        assert answer.status_code == 200
        texts.add(words(answer.text))
    assert len(texts) == len(people)
    assert client_for(site).get("/about").status_code == 200
