"""The page of a referral and its forms in a real browser: in both languages, on a phone and on a desk."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from flask import Flask

from referrals.life.states import State
from tests.cast import Cast, cast
from tests.network import Network
from tests.pages import site
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations
from tests.referrals.life import standing

pytestmark = pytest.mark.browser
FORMS = {State.SENT: ("accept", "decline", "message", "withdraw"), State.ACCEPTED: ("book", "note_arrival", "take")}
STATES = (State.SENT, State.ACCEPTED, State.DECLINED, State.COMPLETED)


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture(scope="module")
def stood(network: Network, people: Cast) -> dict[State, UUID]:
    return {state: standing.referral(network, people, state) for state in STATES}


@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_pages_are_accessible_and_fit(
    network: Network, people: Cast, stood: dict[State, UUID], new_page: NewPage, live: Callable[[Flask], str],
    language: str, width: int,
) -> None:  # fmt: skip
    base = live(site(network))
    receiver = people.clinic.person("clinician", name="Bopha", language=language)
    sender = people.ngo.person("caseworker", name="Rithy", language=language)
    faults: list[str] = []
    for person, forms in ((receiver, FORMS), (sender, {State.SENT: ("message", "cancel")})):
        page = new_page(language=language, width=width)
        page.context.add_cookies([{"name": "spean", "value": f"s.{person.token}", "url": base}])
        for state, referral_id in stood.items():
            for path in ("", *(f"/{form}" for form in forms.get(state, ()))):
                faults += _faults(page, f"{base}/referrals/{referral_id}{path}", f"{state}{path}")
    assert faults == []


def test_an_appointment_is_made_without_script(
    network: Network, people: Cast, new_page: NewPage, live: Callable[[Flask], str]
) -> None:
    base, referral_id = live(site(network)), people.send()
    page = new_page(language="en", script=False)
    page.context.add_cookies([{"name": "spean", "value": f"s.{people.nurse.token}", "url": base}])
    page.goto(f"{base}/referrals/{referral_id}")
    page.get_by_role("button", name="Accept", exact=True).or_(
        page.get_by_role("link", name="Accept", exact=True)
    ).click()
    page.get_by_label("Walks in").check()
    assert not page.get_by_label("Time").is_visible()
    page.get_by_label("With an appointment").check()
    for label, typed in (("Day", "1"), ("Month", "1"), ("Year", "2020")):
        page.get_by_label(label, exact=True).locator("visible=true").first.fill(typed)
    page.get_by_label("Time").fill("9")
    page.get_by_role("button", name="Accept", exact=True).click()
    page.get_by_text("That time has passed.").first.wait_for()
    assert page.get_by_label("Time").input_value() == "9"


def _faults(page: Any, address: str, called: str) -> list[str]:
    answer = page.goto(address)
    found = [f"{called}: {fault}" for fault in violations(page)]
    if answer.status != 200 or not fits(page):
        found.append(f"{called}: {answer.status}, fits: {fits(page)}")
    return found
