from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask

from orgs.programmes.use_cases import make_programme
from tests.network import Network
from tests.orgs.programmes.programme_values import like_good
from tests.pages import client_for, site


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    return site(network)


def test_the_directory_as_json(pages: Flask, network: Network) -> None:
    org = network.organisation()
    assert org.manager is not None
    name = f"Stay {uuid4().hex[:8]}"
    with org.manager.transaction() as (session, actor):
        made = make_programme(session, actor, like_good(name_en=name))
        make_programme(session, actor, like_good(name_en=f"{name} hidden", published=False))
    client = client_for(pages, network.organisation().person("outreach"))
    answer = client.get("/api/v1/programmes", query_string={"words": name, "with_places": "true"})
    assert answer.status_code == 200
    (one,) = answer.json
    assert client.get(f"/api/v1/programmes/{made}").json == one
    assert one["id"] == str(made)
    assert one["organisation"]["id"] == str(org.id)
    assert one["name"] == {"km": "កន្លែងស្នាក់", "en": name}
    assert one["hours"][0] == [["08:00", "12:00"], ["14:00", "17:00"]]
    assert one["criteria"][0] == {"kind": "min_age", "key": "min_age", "number": 15}
    assert one["criteria"][1]["question_en"] == "Any small children?"
    assert (one["openings"], one["record"], one["area"]) == ("open", None, "121201")
    assert not {"capacity", "taken", "funding", "team"} & one.keys()


def test_pages_of_the_directory(pages: Flask, network: Network) -> None:
    org = network.organisation()
    assert org.manager is not None
    name = f"Stay {uuid4().hex[:8]}"
    with org.manager.transaction() as (session, actor):
        made = {str(make_programme(session, actor, like_good(name_en=f"{name} {number}"))) for number in range(3)}
    client = client_for(pages, org.manager)
    seen = [
        one["id"]
        for page in (1, 2)
        for one in client.get("/api/v1/programmes", query_string={"words": name, "page": page, "page_size": 2}).json
    ]
    assert len(seen) == 3
    assert set(seen) == made


@pytest.mark.parametrize("query", ["service=prison", "khan=12", "khan=1212%0A", "with_places=perhaps", "page=0"])
def test_what_cannot_be_asked_is_refused(pages: Flask, network: Network, query: str) -> None:
    client = client_for(pages, network.organisation().manager)
    assert client.get(f"/api/v1/programmes?{query}").status_code == 422


def test_strangers_officials_and_absent_programmes(pages: Flask, network: Network) -> None:
    official = network.organisation("commune").person("official")
    assert client_for(pages).get("/api/v1/programmes").status_code == 401
    assert client_for(pages, official).get("/api/v1/programmes").status_code == 404
    assert client_for(pages, network.steward).get(f"/api/v1/programmes/{uuid4()}").status_code == 404
