"""What stands around a page, for who is signed in and who is not."""

from __future__ import annotations

import re

from flask.testing import FlaskClient

from app.http.chrome import Chrome
from tests.http.conftest import House

ENGLISH = {"Accept-Language": "en"}


def _page(client: FlaskClient) -> str:
    return client.get("/styleguide", headers=ENGLISH).text


def test_a_stranger_is_offered_the_door_and_nothing_else(house: House, client: FlaskClient) -> None:
    house.around = Chrome(sign_in_href="/sign-in")
    page = _page(client)
    assert 'href="/sign-in"' in page
    for word in ("Sign out", "Leave now", "Notifications", "Main menu"):
        assert word not in page


def test_who_is_signed_in_finds_places_notices_profile_exit_and_help(client: FlaskClient) -> None:
    page = _page(client)
    for address in ("/styleguide", "/outbox", "/notices", "/profile", "/help", "/about"):
        assert f'href="{address}"' in page
    assert 'action="/sign-out"' in page
    assert 'action="/leave"' in page
    assert len(re.findall(r'class="sp-nav__link"\s+href="/styleguide"\s+aria-current="page"', page)) == 1


def test_the_bell_counts_what_is_unread(house: House, client: FlaskClient) -> None:
    def bell(unread: int) -> str | None:
        house.around = Chrome(signed_in=True, notices_href="/n", unread=unread)
        found = re.search(r'sp-bell__count">([^<]+)<', _page(client))
        return found and found[1]

    assert (bell(0), bell(3), bell(100)) == (None, "3", "99+")


def test_the_title_says_error_first_when_a_form_has_one(client: FlaskClient) -> None:
    assert "<title>Components – Spean</title>" in _page(client)
    page = client.post("/styleguide", headers=ENGLISH)
    assert page.status_code == 422
    assert "<title>Error: Components – Spean</title>" in page.text


def test_what_was_typed_is_escaped_and_kept_but_never_a_password(client: FlaskClient) -> None:
    typed = {"name": "<b>ដារ៉ា</b>", "secret": "river stone", "note": "one\ntwo </textarea>", "on-day": '"x'}
    page = client.post("/styleguide", data=typed, headers=ENGLISH).text
    assert 'value="&lt;b&gt;ដារ៉ា&lt;/b&gt;"' in page
    assert "one\ntwo &lt;/textarea&gt;</textarea>" in page
    assert 'value="&#34;x"' in page
    assert "river stone" not in page


def test_the_language_switch_leads_back_to_the_same_page(client: FlaskClient) -> None:
    page = client.get("/styleguide?tab=new", headers=ENGLISH).text
    assert re.search(r'name="next"\s+value="/styleguide\?tab=new"', page)
    assert re.search(r'value="km"\s+lang="km">\s*ខ្មែរ', page)


def test_every_message_after_a_redirect_is_seen_once(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["_flashes"] = [("message", "Kept & sent."), ("error", "Not <kept>.")]
    page = _page(client)
    assert re.search(r"sp-banner--success[^>]*>\s*<p[^>]*>Kept &amp; sent\.", page)
    assert re.search(r"sp-banner--error[^>]*>\s*<p[^>]*>Not &lt;kept&gt;\.", page)
    assert "Kept &amp; sent." not in _page(client)
