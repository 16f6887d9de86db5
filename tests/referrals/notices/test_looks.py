"""The bell and its list in a real browser: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest
from flask import Flask

from orgs.staff.use_cases import change_profile
from referrals.life.use_cases import answer
from referrals.notices import use_cases
from tests.cast import cast, tomorrow
from tests.network import Network
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations
from worker import relay
from worker.context import Workshop

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_the_list_is_accessible_and_fits_with_and_without_news(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    team = cast(network)
    workshop = Workshop(network.servers.settings)
    with team.outreach.transaction() as (session, actor):
        change_profile(session, actor, language=language)
    address = live(site(network))
    page = new_page(language=language, width=width)
    page.context.add_cookies(
        [{"name": "spean", "value": f"s.{team.outreach.token}", "domain": urlsplit(address).hostname, "path": "/"}]
    )
    page.goto(f"{address}/notices/")
    assert violations(page) == []
    for _ in range(3):
        referral_id = team.send()
        with team.nurse.transaction() as (session, actor):
            answer.accept(session, actor, referral_id, tomorrow())
    relay.drain(workshop, mail=False)
    workshop.close()
    with team.outreach.transaction() as (session, actor):
        use_cases.read_about(session, actor, referral_id)
    page.reload()
    assert violations(page) == []
    assert fits(page)
    assert page.locator(".sp-work").count() == 3
    assert page.locator(".sp-bell__count").inner_text().startswith("2")
    first = page.locator(".sp-work").first.bounding_box()
    assert first["y"] + first["height"] < page.viewport_size["height"]
