from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from app.core import clock
from app.core.errors import NotAllowed, NotFound
from orgs.staff.use_cases import change_profile
from referrals.figures import queries
from referrals.figures.rules import Figures, check_period
from referrals.life.reasons import DeclineReason, Outcome
from referrals.life.use_cases import answer, finish
from tests.cast import Cast, cast
from tests.network import Network
from tests.pages import client_for, site, words_of
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    """Three referrals: one to its end, one declined, one that nobody answered."""
    made = cast(network)
    served, declined = made.send(), made.send()
    with clock.at(clock.now() - timedelta(days=2)):
        consent = made.consent()[0]
        made.send(consent)
    with made.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, served)
        finish.complete(session, actor, served, Outcome.SERVICE_RECEIVED)
        answer.decline(session, actor, declined, DeclineReason.NO_CAPACITY)
    return made


def test_both_sides_count_the_same_referrals(people: Cast) -> None:
    for person, side in ((people.ngo.manager, "sent"), (people.clinic.manager, "received")):
        assert person is not None
        with person.transaction() as (session, actor):
            figures = queries.own(session, actor, 30)
        counted: Figures = getattr(figures, side)
        assert (counted.sent, counted.answered, counted.unanswered, counted.in_time) == (3, 2, 1, 2)
        assert (counted.accepted, counted.arrived, counted.served, counted.ended) == (1, 1, 1, 2)
        assert counted.share_unanswered == pytest.approx(1 / 3)
        assert counted.share_served == pytest.approx(1 / 2)
    assert [counts.sent for _programme, counts in figures.programmes] == [3]


def test_an_organisation_with_nothing_has_no_shares(network: Network) -> None:
    manager = network.organisation().manager
    assert manager is not None
    with manager.transaction() as (session, actor):
        figures = queries.own(session, actor, 180)
    assert (figures.sent.share_unanswered, figures.received.share_served, figures.programmes) == (None, None, ())


def test_neither_stewards_nor_other_spans_of_time(network: Network) -> None:
    with pytest.raises(NotAllowed), network.steward.transaction() as (session, actor):
        queries.own(session, actor, 30)
    with pytest.raises(NotFound):
        check_period(31)


def test_the_menu_leads_to_them_only_where_there_are_some(pages: Flask, people: Cast, network: Network) -> None:
    assert 'href="/figures"' in client_for(pages, people.clinic.manager).get("/programmes").text
    assert 'href="/figures"' not in client_for(pages, network.steward).get("/programmes").text


def test_the_page_shows_figures_and_no_reference(pages: Flask, people: Cast) -> None:
    answer_ = client_for(pages, people.clinic.manager).get("/figures/30")
    assert answer_.status_code == 200
    words = words_of(answer_.text)
    assert "33 % left without an answer" in words or "left without an answer 33 %" in words
    assert "R-" not in words


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_anybody_can_read_it(
    pages: Flask, people: Cast, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    manager = people.clinic.manager
    assert manager is not None
    with manager.transaction() as (session, actor):
        change_profile(session, actor, language=language)
    page, address = new_page(language=language, width=width), live(pages)
    page.context.add_cookies([{"name": "spean", "value": f"s.{manager.token}", "url": address}])
    page.goto(f"{address}/figures/30")
    if folder := os.environ.get("SPEAN_PICTURES"):
        page.screenshot(path=f"{folder}/figures_{language}_{width}.png", full_page=True)
    assert violations(page) == []
    assert fits(page)
