from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from orgs.clients import use_cases
from orgs.clients.records import Facts
from orgs.facts import Detail, Gender, HeardFrom, Need, NoteKind, Substance
from tests.network import Network
from tests.orgs.clients.people import record
from tests.orgs.clients.test_use_cases import programme_of
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser
FACTS = Facts(
    birth_year=1995, gender=Gender.WOMAN, needs=frozenset({Need.ESCORT}), injecting=True,
    substances=frozenset({Substance.HEROIN}), contact_notes="ក្រោមស្ពាន", details={Detail.HEALTH_HIV: "ប្រើថ្នាំ"},
)  # fmt: skip


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_is_accessible_and_fits(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    org = network.organisation()
    nurse, _ = org.person("clinician", language=language), org.person("outreach")
    programme_id = programme_of(org)
    with nurse.transaction() as (session, actor):
        bopha = record("បូផា", name="សុខ បូផា", phone="012 345 678", area="120802", heard_from=HeardFrom.PEER, facts=FACTS)
        client_id = use_cases.walk_in(session, actor, bopha, programme_id)
        use_cases.add_note(session, actor, client_id, "ជួប" * 60, kind=NoteKind.MET, clinical=True)
    page, address = new_page(language=language, width=width), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{nurse.token}", "url": address}])
    own = f"/clients/{client_id}"
    for path in (
        "/clients",
        "/clients/new",
        own,
        f"{own}/edit",
        f"{own}/notes/new",
        f"{own}/stays/new",
        f"{own}/worker",
    ):
        page.goto(address + path)
        assert page.locator("html").get_attribute("lang") == language
        for folded in page.locator("details").all():
            folded.evaluate("details => { details.open = true }")
        assert violations(page) == [], path
        assert fits(page), path


def test_a_phone_searches_and_writes_down_somebody_new(
    network: Network, new_page: NewPage, live: Callable[[Flask], str]
) -> None:
    worker = network.organisation().person("outreach", language="en")
    page, address = new_page(language="en", width=PHONE, script=False), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{worker.token}", "url": address}])
    page.goto(f"{address}/clients")
    page.get_by_role("link", name="New client").click()
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Choose how they heard of us.").wait_for()
    page.get_by_label("Alias").fill("Bopha")
    page.get_by_label("How did they hear of us?").select_option(label="A peer")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("heading", name="Bopha").wait_for()
    assert "Bopha" not in page.title()
    page.goto(f"{address}/clients")
    box = page.locator(".sp-work").first.bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"]
    page.get_by_label("Name, alias, code or phone").fill("bop")
    page.get_by_role("button", name="Search").click()
    assert page.url == f"{address}/clients/search"
    page.get_by_role("link", name="Bopha").wait_for()
