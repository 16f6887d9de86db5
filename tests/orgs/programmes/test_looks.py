from __future__ import annotations

from collections.abc import Callable

import pytest
from flask import Flask

from orgs.programmes.criteria import Criterion, Kind
from orgs.programmes.use_cases import make_programme
from orgs.staff.use_cases import change_profile
from tests.network import Network
from tests.orgs.programmes.programme_values import GOOD, like_good
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser
EVERY = (
    *GOOD.criteria,
    Criterion(Kind.SUBSTANCES, "substances", choices=frozenset({"heroin", "tablets"})),
    Criterion(Kind.KHAN, "khan", choices=frozenset({"1201", "1212"})),
)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_is_accessible_and_fits(
    network: Network, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    org = network.organisation()
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        made = make_programme(session, actor, like_good(criteria=EVERY))
        change_profile(session, actor, language=language)
    page, address = new_page(language=language, width=width), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{org.manager.token}", "url": address}])
    for path in ("/programmes", f"/programmes/{made}", "/programmes/ours", f"/programmes/{made}/edit"):
        page.goto(address + path)
        assert page.locator("html").get_attribute("lang") == language
        for folded in page.locator("details").all():
            folded.evaluate("details => { details.open = true }")
        assert violations(page) == [], path
        assert fits(page), path


def test_the_first_programme_is_seen_without_scrolling_on_a_phone(
    network: Network, new_page: NewPage, live: Callable[[Flask], str]
) -> None:
    org = network.organisation()
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        make_programme(session, actor, GOOD)
    page, address = new_page(width=PHONE), live(site(network))
    page.context.add_cookies([{"name": "spean", "value": f"s.{org.manager.token}", "url": address}])
    page.goto(f"{address}/programmes")
    box = page.locator(".sp-work").first.bounding_box()
    assert box["y"] + box["height"] < page.viewport_size["height"] / 2
