from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.http.languages import local_path
from tests.http.conftest import House, make_app


def _language(client: FlaskClient, **headers: str) -> str:
    page = client.get("/styleguide", headers=headers).text
    return "km" if '<html lang="km"' in page else "en"


def test_khmer_unless_something_else_is_asked_for(client: FlaskClient) -> None:
    assert _language(client) == "km"
    assert _language(client, **{"Accept-Language": "fr"}) == "km"
    assert _language(client, **{"Accept-Language": "fr, en;q=0.8, km;q=0.5"}) == "en"


def test_the_choice_goes_before_the_browser_and_the_person_before_the_cookie(house: House, client: FlaskClient) -> None:
    client.set_cookie("lang", "en")
    assert _language(client, **{"Accept-Language": "km"}) == "en"
    house.language = "km"
    assert _language(client) == "km"


def test_an_unknown_cookie_is_ignored(client: FlaskClient) -> None:
    client.set_cookie("lang", "xx-../..")
    assert _language(client) == "km"


def test_switching_is_remembered_and_leads_back(house: House, client: FlaskClient) -> None:
    answer = client.post("/language", data={"lang": "en", "next": "/styleguide?tab=new"})
    assert answer.status_code == 303
    assert answer.headers["Location"] == "/styleguide?tab=new"
    assert house.remembered == ["en"]
    assert "HttpOnly" in answer.headers["Set-Cookie"]
    assert _language(client) == "en"


def test_a_language_we_do_not_speak_changes_nothing(house: House, client: FlaskClient) -> None:
    answer = client.post("/language", data={"lang": "fr", "next": "/styleguide"})
    assert answer.status_code == 303
    assert house.remembered == []
    assert "Set-Cookie" not in answer.headers


def test_switching_needs_the_page_it_came_from(house: House) -> None:
    client = make_app(house).test_client()
    assert client.post("/language", data={"lang": "en", "next": "/"}).status_code == 400
    assert house.remembered == []


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.test/", "//evil.test/styleguide", "/\\evil.test", "\\\\evil.test", "javascript:alert(1)", "",
     "styleguide", "/nowhere", "/language", "///evil.test"],
)  # fmt: skip
def test_nothing_leads_away_from_spean(app: Flask, wanted: str) -> None:
    with app.test_request_context():
        assert local_path(wanted) == "/"


def test_a_page_of_ours_is_led_back_to(app: Flask) -> None:
    with app.test_request_context():
        assert local_path("/styleguide?tab=new&page=2") == "/styleguide?tab=new&page=2"
