from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from orgs.staff.use_cases import invite, new_password_link
from tests.network import Network, Person
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser
PICTURES = os.environ.get("SPEAN_PICTURES")
"""A folder for pictures of every page, to look at."""


@pytest.fixture
def look(new_page: NewPage, live: Callable[[Flask], str], site: Flask) -> Iterator[Callable[..., Any]]:
    """Open pages as somebody and hold each to what every page must be; the last one stays open."""
    address = live(site)
    speaking = ExitStack()

    def see(person: Person | None, language: str, width: int, *paths: str) -> Any:
        page = new_page(language=language, width=width)
        if person:
            speaking.enter_context(person.speaking(language))
            cookie = f"{'o' if person.official else 's'}.{person.token}"
            page.context.add_cookies([{"name": "spean", "value": cookie, "url": address}])
        for path in paths:
            page.goto(address + path)
            assert page.locator("html").get_attribute("lang") == language
            for folded in page.locator("details").all():
                folded.evaluate("details => { details.open = true }")
            check(page, f"{path} {language} {width}")
        return page

    with speaking:
        yield see


def check(page: Any, name: str) -> None:
    """Accessible, and no wider than the screen."""
    if PICTURES:
        page.screenshot(path=Path(PICTURES) / f"{name.strip('/').replace('/', '-')[:60]}.png", full_page=True)
    assert violations(page) == [], name
    assert fits(page), name


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
class TestEveryPage:
    def test_of_strangers(self, network: Network, look: Callable[..., Any], language: str, width: int) -> None:
        org = network.organisation()
        peer = org.person("outreach")
        assert org.manager
        with org.manager.transaction() as (session, actor):
            joining = invite(session, actor, frozenset({"outreach", "caseworker"}))
            mending = new_password_link(session, actor, peer.staff_id)
        paths = ("/sign-in", f"/join/{joining}", f"/join/{mending}", "/join/gone", "/help", "/about")
        page = look(None, language, width, *paths)
        page.goto(page.url.replace("/about", "/sign-in"))
        page.locator("main button").click()
        check(page, f"sign-in-errors {language} {width}")

    def test_of_a_manager(self, network: Network, look: Callable[..., Any], language: str, width: int) -> None:
        org = network.organisation()
        nurse = org.person("clinician", "caseworker", name="Bopha")
        assert org.manager
        with org.manager.transaction() as (session, actor):
            invite(session, actor, frozenset({"outreach", "caseworker"}))
            new_password_link(session, actor, nurse.staff_id)
        paths = ("/staff", f"/staff/{nurse.staff_id}", "/account", "/account/password", "/account/tokens", "/help")
        page = look(org.manager, language, width, *paths, "/staff/invite")
        page.locator("input[type=checkbox]").first.check()
        page.locator("main button").click()
        page.locator("#secret").wait_for()
        check(page, f"invited {language} {width}")

    def test_of_a_steward(self, network: Network, look: Callable[..., Any], language: str, width: int) -> None:
        office = network.organisation("commune", area="120112")
        paths = ("/organisations", f"/organisations/{office.id}", "/organisations/new")
        look(network.steward, language, width, *paths)

    def test_of_an_official(self, network: Network, look: Callable[..., Any], language: str, width: int) -> None:
        official = network.organisation("commune").person("official")
        look(official, language, width, "/account", "/help")


def test_a_link_can_be_copied(network: Network, look: Callable[..., Any]) -> None:
    page = look(network.organisation().manager, "en", PHONE, "/staff/invite")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.locator("input[type=checkbox]").first.check()
    page.locator("main button").click()
    page.get_by_role("button", name="Copy").click()
    page.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == page.locator("#secret").input_value()


def test_a_new_token_can_be_seen_on_a_phone(network: Network, look: Callable[..., Any]) -> None:
    page = look(network.organisation().person("caseworker"), "en", PHONE, "/account/tokens")
    page.get_by_label("What is it for?").fill("Monthly report")
    page.locator("main button").click()
    page.locator("#secret").wait_for()
    check(page, "token-made en 390")
