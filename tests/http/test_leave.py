from __future__ import annotations

from flask.testing import FlaskClient

from tests.http.conftest import House, make_app


def test_a_beacon_signs_out_and_empties_the_browser(house: House, client: FlaskClient) -> None:
    answer = client.post("/leave", data={"beacon": "1"})
    assert answer.status_code == 204
    assert answer.headers["Clear-Site-Data"] == '"cache"'
    assert house.signed_out == 1


def test_without_script_a_page_that_names_nothing_goes_on(house: House) -> None:
    client = make_app(house, WTF_CSRF_ENABLED=False, SPEAN_EXIT_URL="https://weather.test/").test_client()
    answer = client.post("/leave", headers={"Accept-Language": "en"})
    assert answer.status_code == 200
    assert house.signed_out == 1
    assert 'content="0; url=https://weather.test/"' in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    for word in ("Spean", "ស្ពាន", "icon.svg", "Sokha", "referral"):
        assert word not in answer.text


def test_a_page_however_old_lets_its_person_go(house: House) -> None:
    client = make_app(house).test_client()
    assert client.get("/leave").status_code == 405
    assert house.signed_out == 0
    assert client.post("/leave", data={"beacon": "1", "csrf_token": "of another sign-in"}).status_code == 204
    assert house.signed_out == 1
