"""Every component, in both languages, on a phone and on a desk: seen by a real browser and by axe-core."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from app.http.setup import init_http
from tests.http.conftest import House, make_app
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations

pytestmark = pytest.mark.browser
THUMB = 44


@pytest.fixture
def site(house: House, live: Callable[[Flask], str]) -> str:
    return live(make_app(house))


@pytest.mark.parametrize("language", ["km", "en"])
@pytest.mark.parametrize("width", [PHONE, DESK])
def test_components_are_accessible_and_fit(site: str, new_page: NewPage, language: str, width: int) -> None:
    page = new_page(language=language, width=width)
    page.goto(f"{site}/styleguide")
    assert page.locator("html").get_attribute("lang") == language
    assert fits(page)
    assert violations(page) == []
    for summary in page.locator("summary").all():
        summary.click()
    assert fits(page)
    assert violations(page) == []


@pytest.mark.parametrize("language", ["km", "en"])
def test_a_form_with_errors_is_accessible(site: str, new_page: NewPage, language: str) -> None:
    page = new_page(language=language)
    page.goto(f"{site}/styleguide")
    page.locator("#on-day").fill("៣១")
    page.locator("#on-month").fill("2")
    page.locator("#on-year").fill("2026")
    page.locator("form[data-once] .govuk-button").first.click()
    summary = page.locator(".govuk-error-summary")
    assert summary.evaluate("element => element === document.activeElement")
    assert page.locator("#on-day").input_value() == "៣១"
    assert violations(page) == []
    summary.get_by_role("link").first.click()
    assert page.evaluate("document.activeElement.id") == "name"


def test_the_first_row_of_a_worklist_is_seen_without_scrolling(site: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{site}/styleguide")
    box = page.locator(".sp-work").first.bounding_box()
    assert box["y"] + box["height"] < 844 / 2


@pytest.mark.parametrize("language", ["km", "en"])
def test_what_is_tapped_is_large_enough_for_a_thumb(site: str, new_page: NewPage, language: str) -> None:
    page = new_page(language=language)
    page.goto(f"{site}/styleguide")
    for kind in (".govuk-button", "summary", ".sp-nav__link", ".sp-tabs__link", ".sp-footer a", ".sp-footer button"):
        seen = [one for one in page.locator(kind).all() if one.is_visible()]
        assert seen, kind
        assert min(one.bounding_box()["height"] for one in seen) >= THUMB, kind


def test_buttons_under_each_other_are_equally_wide(site: str, new_page: NewPage) -> None:
    page = new_page(language="en")
    page.goto(f"{site}/styleguide")
    group = page.locator(".govuk-button-group").last
    group.evaluate("group => group.append(document.querySelector('.sp-inlineform'))")
    assert len({round(one.bounding_box()["width"]) for one in group.locator(".govuk-button").all()}) == 1


def test_khmer_links_beside_buttons_are_not_crushed(site: str, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{site}/styleguide")
    for one in page.locator(".govuk-button-group .govuk-link").all():
        line, size = one.evaluate("e => [getComputedStyle(e).lineHeight, getComputedStyle(e).fontSize].map(parseFloat)")
        assert line / size == pytest.approx(1.7, abs=0.01)


def test_khmer_is_drawn_in_its_own_font(site: str, new_page: NewPage) -> None:
    page = new_page()
    with page.expect_response(re.compile(r"noto-sans-khmer-400")) as answer:
        page.goto(f"{site}/styleguide")
    assert answer.value.status == 200
    assert page.evaluate("document.fonts.ready.then(() => document.fonts.check('16px \"Noto Sans Khmer\"', 'ស្ពាន'))")
    line_height = page.locator("h1").evaluate(
        "element => parseFloat(getComputedStyle(element).lineHeight) / parseFloat(getComputedStyle(element).fontSize)"
    )
    assert line_height == pytest.approx(1.7, abs=0.01)


def test_what_belongs_to_an_answer_shows_when_it_is_chosen(site: str, new_page: NewPage) -> None:
    page = new_page(language="en")
    page.goto(f"{site}/styleguide")
    number = page.get_by_label("Phone number")
    assert not number.is_visible()
    page.get_by_role("radio", name="Phone").check()
    assert number.is_visible()


def test_pages_work_without_script(site: str, new_page: NewPage) -> None:
    page = new_page(language="en", script=False)
    page.goto(f"{site}/styleguide")
    page.get_by_role("button", name="ខ្មែរ").click()
    assert page.locator("html").get_attribute("lang") == "km"
    assert page.url == f"{site}/styleguide"


def test_quick_exit_signs_out_and_leaves_nothing_behind(
    house: House, live: Callable[[Flask], str], new_page: NewPage
) -> None:
    away = live(Flask("away", static_folder=None))
    site = live(make_app(house, SPEAN_EXIT_URL=f"{away}/weather"))
    page = new_page(language="en")
    page.goto(f"{away}/before")
    page.goto(f"{site}/styleguide")
    page.get_by_role("button", name="Leave now").click()
    page.wait_for_url(f"{away}/weather")
    page.go_back()
    assert page.url == f"{away}/before"
    page.wait_for_timeout(100)
    assert house.signed_out == 1


def test_the_printable_page_hides_its_button_on_paper(site: str, new_page: NewPage) -> None:
    page = new_page(language="en")
    page.goto(f"{site}/styleguide?print=1")
    button = page.get_by_role("button", name="Print")
    assert button.is_visible()
    assert violations(page) == []
    page.emulate_media(media="print")
    assert not button.is_visible()


def test_the_page_exists_only_for_developers(house: House) -> None:
    app = Flask("app.http", static_folder=None)
    app.config.update(SECRET_KEY="x" * 32)
    init_http(app, house.hooks())
    client: FlaskClient = app.test_client()
    assert client.get("/styleguide").status_code == 404


def test_the_api_is_documented_under_the_strict_policy(
    house: House, live: Callable[[Flask], str], new_page: NewPage
) -> None:
    app = make_app(house)
    document = {
        "openapi": "3.0.3",
        "info": {"title": "Bridge", "version": "1"},
        "paths": {
            "/api/v1/referrals": {"get": {"summary": "List referrals", "responses": {"200": {"description": "ok"}}}}
        },
    }
    app.add_url_rule("/api/openapi.json", "spec", lambda: document)
    app.add_url_rule("/docs", "docs", lambda: render_template("api_docs.html", spec="/api/openapi.json"))
    page = new_page(language="en", width=DESK)
    page.goto(f"{live(app)}/docs")
    page.get_by_text("List referrals").wait_for()
