"""What people see where a place is taken: how many are, why they are asked, and what a manager is told."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app.core import clock
from app.core.clock import PHNOM_PENH
from orgs.programmes.rules import OverReason
from tests.cast import Cast, cast, programme
from tests.network import Network
from tests.pages import client_for, site, words_of
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations
from tests.referrals.life import looking
from tests.referrals.places.houses import come, taken

ASKED = "Take the person over capacity?"
REFUSED = "All places are taken (1 of 1). If it cannot wait, choose a reason."


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def full(people: Cast) -> tuple[UUID, UUID]:
    """A programme whose one place is taken, and a referral to it that waits for an answer."""
    one = programme(people.clinic, capacity=1)
    sent = people.send(people.consent(one)[0])
    come(people, one)
    return one, sent


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    return site(network)


def meeting() -> dict[str, str]:
    day = (clock.now() + timedelta(days=2)).astimezone(PHNOM_PENH)
    return {
        "how": "appointment", "on-day": str(day.day), "on-month": str(day.month), "on-year": str(day.year),
        "at": "14:30", "version": "1", "keep": "y",
    }  # fmt: skip


def said(client: FlaskClient, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return words_of(answer.get_data(as_text=True))


def check_refusal(page: str) -> None:
    """It stands at the question for a reason, and the summary leads there."""
    assert re.search(r'<a href="#over">\s*' + re.escape(REFUSED), page)
    assert re.search(r'id="over-error"[^>]*>.*?</span>\s*' + re.escape(REFUSED), page)
    assert re.search(r'<select[^>]*id="over"[^>]*aria-describedby="[^"]*over-error', page)


def test_while_there_is_room_nobody_is_asked(pages: Flask, people: Cast) -> None:
    nurse, sent = client_for(pages, people.nurse), people.send()
    for step in ("accept", "accept_and_arrive"):
        page = said(nurse, f"/referrals/{sent}/{step}")
        assert "0 of 20 places taken" in page
        assert ASKED not in page
    assert "places taken" not in said(nurse, f"/referrals/{sent}/decline")


@pytest.mark.parametrize("step", ["accept", "accept_and_arrive"])
def test_a_full_programme_refuses_keeps_what_was_typed_and_takes_a_reason(
    network: Network, pages: Flask, people: Cast, full: tuple[UUID, UUID], step: str
) -> None:
    (one, sent), nurse = full, client_for(pages, people.nurse)
    path = f"/referrals/{sent}/{step}"
    page = said(nurse, path)
    assert "1 of 1 places taken" in page
    assert ASKED in page
    typed = meeting() if step == "accept" else {"version": "1"}
    refused = nurse.post(path, data=typed)
    shown = refused.get_data(as_text=True)
    assert refused.status_code == 409
    check_refusal(shown)
    assert step != "accept" or 'value="14:30"' in shown
    assert taken(network, one) == (1, 1)
    assert nurse.post(path, data={**typed, "over": "emergency"}).status_code == 303
    assert taken(network, one) == (2, 2)


def test_whoever_walks_in_is_taken_for_a_reason(
    network: Network, pages: Flask, people: Cast, full: tuple[UUID, UUID]
) -> None:
    (one, _sent), nurse = full, client_for(pages, people.nurse)
    page = said(nurse, "/clients/new")
    assert "1 of 1 places taken" in page
    assert ASKED in page
    typed = {"alias": "Rumdul", "heard_from": "peer", "programme": str(one)}
    refused = nurse.post("/clients/new", data=typed)
    assert refused.status_code == 409
    assert 'value="Rumdul"' in refused.get_data(as_text=True)
    check_refusal(refused.get_data(as_text=True))
    made = nurse.post("/clients/new", data={**typed, "over": "not_safe"})
    assert made.status_code == 303
    assert taken(network, one) == (2, 2)
    known = nurse.post("/clients/new", data={"alias": "Romduol", "heard_from": "peer"}).headers["Location"]
    begin = f"{known}/stays/new"
    assert ASKED in said(nurse, begin)
    typed = {"programme": str(one), "heard_from": "peer"}
    refused = nurse.post(begin, data=typed)
    assert refused.status_code == 409
    assert re.search(r'<a href="#over">\s*All places are taken \(2 of 1\)', refused.get_data(as_text=True))
    assert nurse.post(begin, data={**typed, "over": "under_18"}).status_code == 303
    assert taken(network, one) == (3, 3)


def test_the_manager_is_told_and_sees_it_counted(pages: Flask, people: Cast, full: tuple[UUID, UUID]) -> None:
    one, sent = full
    nurse = client_for(pages, people.nurse)
    assert nurse.post(f"/referrals/{sent}/accept_and_arrive", data={"over": "pregnant"}).status_code == 303
    manager = client_for(pages, people.clinic.manager)
    bell = said(manager, "/notices/")
    assert "A place was given over capacity." in bell
    notice = manager.get("/api/v1/notifications").json["items"][0]
    assert (notice["kind"], notice["referral_id"], notice["programme_id"]) == ("over_capacity", None, str(one))
    led = manager.get(f"/notices/{notice['id']}")
    assert led.headers["Location"] == f"/programmes/{one}#over"
    page = said(manager, f"/programmes/{one}")
    assert "2 of 1 places taken" in page
    assert "Pregnant (1)" in page
    for other in (people.nurse, people.outreach):  # not a manager's page, not their bell
        assert "Pregnant" not in said(client_for(pages, other), f"/programmes/{one}")
        assert "over capacity" not in said(client_for(pages, other), "/notices/")


def test_programs_are_refused_with_a_problem_and_may_give_a_reason(
    network: Network, pages: Flask, people: Cast, full: tuple[UUID, UUID]
) -> None:
    (one, sent), nurse = full, client_for(pages, people.nurse)
    walk_in = {"record": {"alias": "Rumdul", "heard_from": "peer"}, "programme_id": str(one)}
    meet = {"at": (clock.now() + timedelta(days=1)).isoformat()}
    for path, body in ((f"/api/v1/referrals/{sent}/accept", meet), ("/api/v1/clients", walk_in)):
        refused = nurse.post(path, json=body)
        assert (refused.status_code, refused.content_type) == (409, "application/problem+json")
        assert "All places are taken" in refused.json["detail"]
        assert "errors" not in refused.json
        assert nurse.post(path, json={**body, "over_capacity": "because"}).status_code == 422
        assert nurse.post(path, json={**body, "over_capacity": "agreed"}).status_code in {200, 201}
    assert taken(network, one) == (3, 3)
    query = "SELECT reason FROM app.over_capacity WHERE programme_id = :id"
    assert [row.reason for row in looking.rows(network, query, id=one)] == ["agreed", "agreed"]


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_pages_are_accessible_and_fit(
    network: Network, people: Cast, full: tuple[UUID, UUID], new_page: NewPage, live: Callable[[Flask], str],
    language: str, width: int,
) -> None:  # fmt: skip
    one, sent = full
    base = live(site(network))
    nurse = people.clinic.person("clinician", "manager", name="Bopha", language=language)
    come(people, one, OverReason.AGREED)
    page = new_page(language=language, width=width)
    page.context.add_cookies([{"name": "spean", "value": f"s.{nurse.token}", "url": base}])
    for path in (f"/referrals/{sent}/accept", f"/referrals/{sent}/accept_and_arrive", "/clients/new",
                 f"/programmes/{one}", "/programmes/ours", "/notices/"):  # fmt: skip
        page.goto(base + path)
        assert violations(page) == []
        assert fits(page)
