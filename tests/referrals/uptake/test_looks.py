"""Partners' and officials' pages in a real browser: accessible, and no wider than a phone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from flask import Flask

from orgs.programmes.use_cases import make_programme
from orgs.staff.use_cases import change_profile
from referrals.uptake.use_cases import publish_closed
from tests.network import Network, Person
from tests.orgs.programmes.programme_values import GOOD
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations
from tests.referrals.uptake.publishing import forget_all, note, publisher

pytestmark = pytest.mark.browser
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
PLACES = (("1201", "methadone", 43), ("1201", "art", 22), ("1208", "art", 31), ("1208", "tb", 4), ("1212", "sti", 6))
STEPS = (("referred", 1.0), ("accepted", 0.8), ("arrived", 0.6), ("completed", 0.4))
WAYS = (("outreach", 61), ("peer", 34), ("commune_office", 17), ("card", 12), ("family", 5), ("hospital", 3))


@pytest.fixture
def published(network: Network) -> Iterator[Person]:
    """Somebody at work in an organisation, with two quarters of uptake published."""
    org = network.organisation()
    assert org.manager is not None
    with org.manager.transaction() as (session, actor):
        make_programme(session, actor, GOOD)
    forget_all(network)
    for day in (date(2026, 5, 6), date(2026, 8, 6)):
        for place, (khan, service, people) in enumerate(PLACES):
            for measure, share in STEPS:
                some = range(place * 100, place * 100 + int(people * share))
                note(org.manager, day, measure, some, khan=khan, service=service)
        for place, (way, people) in enumerate(WAYS):
            note(org.manager, day, "heard", range(place * 100, place * 100 + people), source=way)
    with publisher(network) as session:
        assert publish_closed(session, NOW) == ["2026-Q2", "2026-Q3"]
    yield org.manager
    forget_all(network)


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_every_page_is_accessible_and_fits(
    network: Network,
    published: Person,
    new_page: NewPage,
    live: Callable[[Flask], str],
    language: str,
    width: int,
) -> None:
    official = network.organisation("commune", area="121201").person("official", language=language)
    visits = (
        (published, ["/uptake", "/uptake/quarter/2026-Q2/print"]),
        (network.steward, ["/uptake", "/uptake/frequency"]),
        (official, ["/office/", "/office/uptake", "/office/uptake/quarter/2026-Q3/print", "/office/services"]),
    )
    address = live(site(network))
    for person, paths in visits:
        page = new_page(language=language, width=width)
        door = "o" if person.official else "s"
        page.context.add_cookies([{"name": "spean", "value": f"{door}.{person.token}", "url": address}])
        with person.speaking(language):
            for path in paths:
                if path == "/office/services":
                    page.goto(address + "/office/")
                    page.locator(".sp-work__title").first.click()
                else:
                    page.goto(address + path)
                assert page.locator("html").get_attribute("lang") == language
                for folded in page.locator("details").all():
                    folded.evaluate("details => { details.open = true }")
                assert violations(page) == [], path
                assert fits(page), path


def test_paper_shows_every_picture_and_nothing_to_unfold(
    network: Network, published: Person, new_page: NewPage, live: Callable[[Flask], str]
) -> None:
    page, address = new_page(language="en"), live(site(network))
    with published.transaction() as (session, actor):
        change_profile(session, actor, language="en")
    page.context.add_cookies([{"name": "spean", "value": f"s.{published.token}", "url": address}])
    page.goto(f"{address}/uptake/quarter/2026-Q3/print")
    page.emulate_media(media="print")
    page.get_by_role("heading", name="Services in each khan").wait_for()
    assert not [one for one in page.locator("summary").all() if one.is_visible()]
