from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask

from app.core.ids import code
from tests.network import Network
from tests.orgs.staff.pages.browsers import client_for, words


def _typed(**changed: str) -> dict[str, str]:
    return {"kind": "ngo", "prefix": "kt", "name_km": "អង្គការថ្មី", "name_en": f"New {code(6)}"} | changed


def _version(html: str) -> str:
    found = re.search(r'name="version"[^>]* value="(\d+)"', html)
    assert found
    return found[1]


def test_a_steward_adds_an_organisation_and_invites_its_manager(site: Flask, network: Network) -> None:
    client, typed = client_for(site, network.steward), _typed(area="120802")
    made = client.post("/organisations/new", data=typed)
    assert made.status_code == 303
    page = words(client.get(made.location).text)
    assert "KT" in page
    assert typed["name_en"] in words(client.get("/organisations").text)
    answer = client.post(f"{made.location}/invite")
    link = re.search(r'value="http://127.0.0.1:8000(/join/[^"]+)"', answer.text)
    assert link
    assert "Manager (staff, programmes, figures)" in words(client_for(site).get(link[1]).text)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"kind": "police"}, "Choose one of the answers in the list."),
        ({"kind": "steward"}, "Choose one of the answers in the list."),
        ({"kind": "commune"}, "Choose the sangkat of this office."),
        ({"prefix": "K1"}, "Two or three capital letters, such as KS."),
        ({"name_km": "\u200b"}, "Fill in: Name in Khmer"),
        ({"area": "120899"}, "Choose one of the answers in the list."),
    ],
)
def test_a_mistake_keeps_what_was_typed(site: Flask, network: Network, changed: dict[str, str], sentence: str) -> None:
    client, typed = client_for(site, network.steward), _typed(**changed)
    answer = client.post("/organisations/new", data=typed)
    assert answer.status_code == 422
    assert sentence in words(answer.text)
    assert f'value="{typed["name_en"]}"' in answer.text
    assert typed["name_en"] not in words(client.get("/organisations").text)


def test_renaming_checks_the_version(site: Flask, network: Network) -> None:
    org, client = network.organisation(), client_for(site, network.steward)
    address, name = f"/organisations/{org.id}", f"Renamed {code(6)}"
    version = _version(client.get(address).text)
    typed = {"name_km": "ឈ្មោះថ្មី", "name_en": name, "version": version}
    assert client.post(address, data=typed).status_code == 303
    assert name in words(client.get(address).text)
    stale = client.post(address, data={**typed, "name_en": "Too late"})
    assert stale.status_code == 409
    assert "This has changed since you opened it." in words(stale.text)
    assert name in words(client.get(address).text)


def test_an_organisation_that_left_is_shut_out_until_it_returns(site: Flask, network: Network) -> None:
    org, client = network.organisation(), client_for(site, network.steward)
    worker = client_for(site, org.person("caseworker"))
    address = f"/organisations/{org.id}"
    client.post(f"{address}/active", data={"version": _version(client.get(address).text)})
    assert worker.get("/account").status_code == 303
    assert client.post(f"{address}/invite").status_code == 404
    client.post(f"{address}/active", data={"version": _version(client.get(address).text), "active": "yes"})
    assert worker.get("/account").status_code == 200


def test_the_stewards_own_house_cannot_leave(site: Flask, network: Network) -> None:
    client, address = client_for(site, network.steward), f"/organisations/{network.steward.org_id}"
    version = _version(client.get(address).text)
    assert client.post(f"{address}/active", data={"version": version}).status_code == 422
    assert client.get(address).status_code == 200


def test_officials_lose_their_access_without_being_seen(site: Flask, network: Network) -> None:
    office, client = network.organisation("commune"), client_for(site, network.steward)
    official = office.person("official", name="Rithy Unseen")
    phone, address = client_for(site, official), f"/organisations/{office.id}"
    assert "Rithy" not in client.get(address).text
    assert phone.get("/account").status_code == 200
    assert client.post(f"{address}/end-officials").status_code == 303
    assert phone.get("/account").status_code == 303
    link = re.search(r"(/join/[^\"]+)\"", client.post(f"{address}/invite").text)
    assert link
    anew = {
        "name": "Rithy", "email": official.email, "password": "three new words", "again": "three new words",
        "language": "en",
    }  # fmt: skip
    assert phone.post(link[1], data=anew).status_code == 303
    assert phone.get("/account").status_code == 200
    ngo = network.organisation()
    assert client.post(f"/organisations/{ngo.id}/end-officials").status_code == 404


def test_nobody_else_comes_here(site: Flask, network: Network) -> None:
    org = network.organisation()
    official = network.organisation("commune").person("official")
    for person, status in ((org.manager, 403), (org.person("caseworker"), 403), (official, 404)):
        client = client_for(site, person)
        for address in ("/organisations", "/organisations/new", f"/organisations/{org.id}"):
            assert client.get(address).status_code == status
        for address in ("new", f"{org.id}", f"{org.id}/invite", f"{org.id}/active", f"{org.id}/end-officials"):
            answer = client.post(f"/organisations/{address}", data=_typed(version="1"))
            assert answer.status_code == status
    assert client_for(site, network.steward).get(f"/organisations/{UUID(int=7)}").status_code == 404
