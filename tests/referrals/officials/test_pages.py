"""The directory as an official reads it."""

from __future__ import annotations

import html
import re
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from orgs.programmes import public
from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.use_cases import make_programme
from tests.network import Network, Org
from tests.orgs.programmes.programme_values import like_good
from tests.pages import client_for, site, words_of

MONDAY_MORNING = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def org(network: Network) -> Org:
    return network.organisation()


@pytest.fixture
def client(app: Flask, network: Network) -> FlaskClient:
    return client_for(app, network.organisation("commune", area="121201").person("official"))


def _add(org: Org, **changes: Any) -> UUID:
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        return make_programme(session, actor, like_good(**changes))


def _address(org: Org, programme: UUID) -> str:
    return f"/office/services/{org.id}/{programme}"


@pytest.mark.parametrize(("address", "here"), [("/office", "Services"), ("/office/uptake", "Uptake")])
def test_the_header_leads_to_both_places_and_marks_the_present_one(
    client: FlaskClient, address: str, here: str
) -> None:
    page = client.get(address, follow_redirects=True).text
    places = re.findall(r'class="sp-nav__link"\s+href="[^"]+"([^>]*)>(\w+)', page)
    assert [word for _marked, word in places] == ["Services", "Uptake"]
    assert [word for marked, word in places if 'aria-current="page"' in marked] == [here]


def test_a_service_is_shown_with_all_that_a_person_may_be_told(client: FlaskClient, org: Org) -> None:
    made = _add(
        org,
        capacity=37,
        criteria=(
            Criterion(Kind.MIN_AGE, "min_age", number=18),
            Criterion(Kind.KHAN, "khan", choices=frozenset({"1208"})),
        ),
    )
    with clock.at(MONDAY_MORNING):
        words = words_of(client.get(_address(org, made)).text)
    for shown in ("A place to stay", "Places free", "Open now, until 12:00", "People of 18 or over", "Sen Sok", "Khmer",
                  "Chbar Ampov", "8 working hours", "never told who came"):  # fmt: skip
        assert shown in words, shown
    for hidden in ("37", "The blue gate", "City fund"):
        assert hidden not in words, hidden


def test_the_list_can_be_narrowed(client: FlaskClient, org: Org) -> None:
    _add(org, service="tb", name_en="Breathing well", area="120802")
    _add(org, service="sti", name_en="Quiet door", area="121201")
    assert "Breathing well" in words_of(client.get("/office/?service=tb").text)
    assert "Quiet door" not in words_of(client.get("/office/?service=tb").text)
    assert "Breathing well" not in words_of(client.get("/office/?khan=1212&service=tb").text)
    assert "Breathing well" in words_of(client.get("/office/?khan=1208&service=tb").text)


@pytest.mark.parametrize("query", ["service=police", "khan=99", "after=x", "after=tb~1~2", "after=%00", "service=%00"])
def test_what_no_page_of_ours_says_is_passed_over(client: FlaskClient, query: str) -> None:
    assert client.get(f"/office/?{query}").status_code == 200


def test_a_long_list_goes_on(client: FlaskClient, org: Org, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(public, "PAGE", 2)
    names = {f"Training {number}" for number in range(5)}
    for name in names:
        _add(org, service="vocational", name_en=name)
    seen: list[str] = []
    address = "/office/?service=vocational"
    while address:
        body = client.get(address).text
        seen += [name for name in names if name in words_of(body)]
        following = re.search(r'rel="next"\s+href="([^"]+)"', body)
        address = html.unescape(following[1]) if following else ""
    assert sorted(seen) == sorted(names)


def test_what_is_not_published_or_absent_is_not_found(client: FlaskClient, org: Org) -> None:
    hidden = _add(org, published=False, name_en="Not yet")
    assert client.get(_address(org, hidden)).status_code == 404
    assert client.get(_address(org, uuid4())).status_code == 404
    assert "Not yet" not in client.get("/office/").text
    assert client.get(_address(org, hidden)).text.count("Not yet") == 0


def test_a_full_or_closed_service_says_so_without_a_number(client: FlaskClient, org: Org) -> None:
    full, closed = _add(org, capacity=0), _add(org, accepting=False)
    assert "Full" in words_of(client.get(_address(org, full)).text)
    assert "Takes no referrals now" in words_of(client.get(_address(org, closed)).text)
