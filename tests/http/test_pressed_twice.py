"""A button pressed twice in a real browser, with and without its scripts."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import text

from tests.network import Network, Person
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser
TWICE = {"en": "You sent this twice. It was done once.", "km": "អ្នកបានផ្ញើពីរដង។ វាត្រូវបានធ្វើតែម្ដងទេ។"}


def clients(person: Person) -> int:
    with person.transaction() as (session, _actor):
        return int(session.execute(text("SELECT count(*) FROM app.clients")).scalar_one())


@pytest.mark.parametrize("script", [True, False])
def test_a_client_is_written_down_once(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], *, script: bool
) -> None:
    worker = network.organisation().person("outreach", language="en")
    page, address = new_page(language="en", script=script), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{worker.token}", "url": address}])
    page.goto(f"{address}/clients/new")
    page.fill("[name=alias]", "Bopha")
    page.select_option("[name=heard_from]", "peer")
    page.locator("main form button[type=submit]").last.dblclick()
    page.wait_for_url("**/clients/*-*")
    assert page.locator("h1").inner_text().startswith("Bopha")
    assert clients(worker) == 1


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_who_posted_twice_is_told_so(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    """As on a slow network: the same post again after the first was answered."""
    worker = network.organisation().person("outreach", language=language)
    page, address = new_page(language=language, width=width), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{worker.token}", "url": address}])
    page.goto(f"{address}/clients/new")
    page.fill("[name=alias]", "Bopha")
    page.select_option("[name=heard_from]", "peer")
    form = page.locator("main form[data-once]").last
    sent = form.evaluate("form => Object.fromEntries(new FormData(form))")
    assert page.request.post(f"{address}/clients/new", form=sent).ok
    form.evaluate("form => form.submit()")
    page.wait_for_url("**/clients/*-*")
    assert TWICE[language] in page.locator("main").inner_text()
    assert (violations(page), fits(page)) == ([], True)
    assert clients(worker) == 1
