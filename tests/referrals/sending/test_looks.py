"""The guided path in a real browser: accessible, no wider than its screen, in both languages."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from orgs.programmes.criteria import Criterion, Kind
from tests.cast import Cast, cast, programme
from tests.network import Network
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

QUESTION = Criterion(Kind.QUESTION, "q1", question_km="តើមានកូនតូចទេ?", question_en="Any small children?")


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    made = cast(network)
    return replace(made, second_id=programme(made.clinic, criteria=(QUESTION, Criterion(Kind.MIN_AGE, "min", 40))))


def keep(page: Any, name: str) -> None:
    """Keep a picture when somebody wants to look (SPEAN_PICTURES names the folder)."""
    if os.environ.get("SPEAN_PICTURES"):
        page.screenshot(path=str(Path(os.environ["SPEAN_PICTURES"]) / f"{name}.png"), full_page=True)


@pytest.mark.browser
@pytest.mark.parametrize(("language", "width"), [("km", PHONE), ("en", PHONE), ("en", DESK), ("km", DESK)])
def test_each_step(
    pages: Flask, people: Cast, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    address = live(pages)
    page = new_page(language=language, width=width)
    page.context.add_cookies([{"name": "spean", "value": f"s.{people.outreach.token}", "url": address}])

    def look(name: str) -> None:
        keep(page, f"{name}-{language}-{width}")
        assert violations(page) == [], name
        assert fits(page), name

    def go_on() -> None:
        page.locator("main form[data-once] button.govuk-button:not(.govuk-button--secondary)").last.click()

    page.goto(f"{address}/send/for/{people.client_id}")
    if page.locator("html").get_attribute("lang") != language:
        page.locator(f"button[name=lang][value={language}]").click()
    look("1-programmes")
    page.locator(f"input[name=programme][value='{people.programme_id}']").check()
    page.locator("details").last.locator("summary").click()
    page.locator("select[name=second]").select_option(str(people.second_id))
    go_on()
    look("2-request")
    page.locator("input[name^=answer_][value=yes]").first.check()
    page.locator("textarea").fill("Canary note")
    go_on()
    look("3-permission")
    go_on()
    look("3-missing")
    page.locator("a[href*='/words/']").click()
    look("3-words")
    page.locator(".govuk-back-link").click()
    page.locator("input[name=able_to_decide][value=yes]").check()
    page.locator("input[name=answers]").first.check()
    page.locator("input[name=how]").first.check()
    go_on()
    page.locator("details").first.locator("summary").click()
    look("4-review")
    go_on()
    look("5-done")
    page.goto(f"{address}/clients/{people.client_id}")
    look("6-client")
    page.locator("a[href*='/withdraw']").click()
    look("7-withdraw")
