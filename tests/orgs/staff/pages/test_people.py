from __future__ import annotations

import re
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core.ids import new_id
from orgs.staff import queries
from tests.network import PASSWORD, Network, Org, Person
from tests.orgs.staff.pages.browsers import client_for, words


def _manager(org: Org) -> Person:
    assert org.manager
    return org.manager


def _links(html: str) -> list[str]:
    return [found.removeprefix("http://127.0.0.1:8000") for found in re.findall(r'value="(\S+/join/[^"]+)"', html)]


def _version(org: Org, staff_id: UUID) -> int:
    with _manager(org).transaction() as (session, actor):
        return queries.colleague(session, actor, staff_id).version


def _roles(client: FlaskClient, staff_id: UUID, version: int, *roles: str) -> int:
    return client.post(f"/staff/{staff_id}", data={"roles": list(roles), "version": version}).status_code


def test_a_manager_sees_the_staff_and_makes_a_link_that_is_shown_once(site: Flask, network: Network) -> None:
    org = network.organisation()
    org.person("clinician", name="Bopha")
    client = client_for(site, _manager(org))
    assert "Bopha" in words(client.get("/staff").text)
    answer = client.post("/staff/invite", data={"roles": ["outreach", "caseworker"]})
    [link] = _links(answer.text)
    assert "It works once, within 7 days." in words(answer.text)
    assert client_for(site).get(link).status_code == 200
    listed = client.get("/staff").text
    assert link not in listed
    assert "Outreach worker (own clients), Caseworker" in words(listed)


def test_an_invitation_needs_a_role_that_exists_here(site: Flask, network: Network) -> None:
    client = client_for(site, _manager(network.organisation()))
    for roles, sentence in (([], "Choose at least one role."), (["steward"], "Choose one of the answers")):
        answer = client.post("/staff/invite", data={"roles": roles})
        assert answer.status_code == 422
        assert sentence in words(answer.text)
        assert not _links(answer.text)


def test_a_link_can_be_taken_back(site: Flask, network: Network) -> None:
    client = client_for(site, _manager(network.organisation()))
    [link] = _links(client.post("/staff/invite", data={"roles": ["clinician"]}).text)
    cancel = re.search(r'action="(/staff/invites/[^"]+/cancel)"', client.get("/staff").text)
    assert cancel
    assert client.post(cancel[1]).status_code == 303
    assert client_for(site).get(link).status_code == 404
    assert client_for(site, _manager(network.organisation())).post(cancel[1]).status_code == 404


def test_roles_change_at_once_and_a_stale_page_changes_nothing(site: Flask, network: Network) -> None:
    org = network.organisation()
    nurse = org.person("clinician")
    client, version = client_for(site, _manager(org)), _version(org, nurse.staff_id)
    assert _roles(client, nurse.staff_id, version, "clinician", "manager") == 303
    assert client_for(site, nurse).get("/staff").status_code == 200
    assert _roles(client, nurse.staff_id, version, "clinician") == 409
    assert _roles(client, nurse.staff_id, version + 1) == 422
    assert client_for(site, nurse).get("/staff").status_code == 200


@pytest.mark.parametrize("version", ["", "one", "9" * 40])
def test_a_version_that_cannot_be_read_is_stale(site: Flask, network: Network, version: str) -> None:
    org = network.organisation()
    nurse = org.person("clinician")
    client = client_for(site, _manager(org))
    answer = client.post(f"/staff/{nurse.staff_id}", data={"roles": ["manager"], "version": version})
    assert answer.status_code == 409


def test_ended_access_ends_now_and_can_be_given_back(site: Flask, network: Network) -> None:
    org = network.organisation()
    peer = org.person("outreach")
    manager, phone = client_for(site, _manager(org)), client_for(site, peer)
    assert phone.get("/account").status_code == 200
    address = f"/staff/{peer.staff_id}/access"
    assert manager.post(address, data={"version": _version(org, peer.staff_id)}).status_code == 303
    assert phone.get("/account").status_code == 303
    assert "Access ended" in words(manager.get("/staff").text)
    assert phone.post("/sign-in", data={"email": peer.email, "password": PASSWORD}).status_code == 422
    back = {"version": _version(org, peer.staff_id), "active": "yes"}
    assert manager.post(address, data=back).status_code == 303
    assert phone.post("/sign-in", data={"email": peer.email, "password": PASSWORD}).status_code == 303


def test_nobody_locks_themselves_out(site: Flask, network: Network) -> None:
    org = network.organisation()
    manager = _manager(org)
    client, version = client_for(site, manager), _version(org, manager.staff_id)
    assert _roles(client, manager.staff_id, version, "caseworker") == 422
    assert client.post(f"/staff/{manager.staff_id}/access", data={"version": version}).status_code == 422
    assert client.get("/staff").status_code == 200


def test_a_new_password_by_the_managers_link(site: Flask, network: Network) -> None:
    org = network.organisation()
    peer = org.person("outreach", name="Arun")
    manager, phone, thief = client_for(site, _manager(org)), client_for(site), client_for(site, peer)
    [link] = _links(manager.post(f"/staff/{peer.staff_id}/link").text)
    assert "New password for Arun" in words(manager.get("/staff").text)
    assert "For Arun." in words(phone.get(link).text)
    typed = {"password": "a quiet green boat", "again": "a quiet green boat"}
    assert phone.post(link, data={**typed, "again": "x"}).status_code == 422
    assert phone.post(link, data=typed).location == "/"
    assert phone.get("/account").status_code == 200
    assert thief.get("/account").status_code == 303
    assert client_for(site).get(link).status_code == 404
    fresh = client_for(site)
    assert fresh.post("/sign-in", data={"email": peer.email, "password": PASSWORD}).status_code == 422
    assert fresh.post("/sign-in", data={"email": peer.email, "password": typed["password"]}).status_code == 303


def test_a_link_for_a_password_admits_nobody_new(site: Flask, network: Network) -> None:
    org = network.organisation()
    peer = org.person("outreach")
    [link] = _links(client_for(site, _manager(org)).post(f"/staff/{peer.staff_id}/link").text)
    typed = {
        "name": "X", "email": "new@example.com", "password": "long enough!", "again": "long enough!", "language": "en"
    }  # fmt: skip
    client = client_for(site)
    client.post(link, data=typed)
    assert "new@example.com" not in client.get("/account").text


def test_only_managers_come_here_and_only_to_their_own(site: Flask, network: Network) -> None:
    org, other = network.organisation(), network.organisation()
    nurse, stranger = org.person("clinician"), other.person("clinician")
    worker, manager = client_for(site, nurse), client_for(site, _manager(org))
    for address in ("/staff", "/staff/invite", f"/staff/{nurse.staff_id}"):
        assert worker.get(address).status_code == 403
    assert worker.post("/staff/invite", data={"roles": ["manager"]}).status_code == 403
    assert worker.post(f"/staff/{nurse.staff_id}/link").status_code == 403
    for staff_id in (stranger.staff_id, new_id()):
        assert manager.get(f"/staff/{staff_id}").status_code == 404
        assert manager.post(f"/staff/{staff_id}/link").status_code == 404
        assert manager.post(f"/staff/{staff_id}/access", data={"version": 1}).status_code == 404
    assert client_for(site).get("/staff").location == "/sign-in?next=/staff"
    official = network.organisation("commune").person("official")
    assert client_for(site, official).get("/staff").status_code == 404
