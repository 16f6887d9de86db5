"""A referral that the first choice declines, and that goes on to the alternative agreed to in the same sitting."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.house import House
from tests.journeys.scene import (
    NAMED,
    Scene,
    ask_permission,
    found_in,
    mail_arrived,
    name_of,
    reference,
    scene,
    slip_code,
    tomorrow,
)
from tests.journeys.visitor import Visitor
from tests.network import Network
from tests.plugins.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_a_decline_leads_on_to_the_alternative(network: Network, house: House, visit: Visit) -> None:
    play = scene(network)
    outreach, nurse = visit(play.team.outreach), visit(play.team.nurse, width=DESK)
    first = send_with_alternative(outreach, play)
    old_code = slip_code(outreach)
    asked_and_declined(house, nurse, first)
    second = go_on(house, outreach, first)
    bopha = visit(play.other_nurse)
    knows_nothing_of_the_first(house, play, bopha, first, second)
    cannot_follow(nurse, bopha.path, first)
    comes_on_walk_in_days(outreach, bopha, old_code)
    assert house.leaks(*play.quiet()) == []


def send_with_alternative(outreach: Visitor, play: Scene) -> str:
    outreach.go(f"/clients/{play.team.client_id}")
    review = ask_permission(outreach, play.first, play.second)
    assert "If they cannot: Canary programme two" in review
    assert "They would not see: Does the person inject?" in review
    done = outreach.press("Send")
    outreach.follow(outreach.path.rpartition("/")[2])
    assert "Send it there" not in outreach.text
    return reference(done)


def asked_and_declined(house: House, nurse: Visitor, ref: str) -> None:
    nurse.go(mail_arrived(house, nurse, ref, "A new referral waits for your answer."))
    here = nurse.path
    nurse.tick(question="can_come_morning")
    assert "Can the person come in the morning?" in nurse.press("Send", to="/message")
    nurse.follow("/decline")
    page = nurse.press()  # without a reason
    assert "Choose a reason." in page
    nurse.tick(reason="no_capacity")
    page = nurse.press()
    assert nurse.path == here
    assert "Declined" in page
    assert "No place free" in page
    assert not found_in(NAMED, nurse.page.content())
    assert "25 to 34" not in page


def go_on(house: House, outreach: Visitor, first: str) -> str:
    link = mail_arrived(house, outreach, first, "Your referral was declined. See what can be done next.")
    page = outreach.go(link)
    assert "No place free" in page
    assert "The receiver can no longer read anything of this." in page
    done = outreach.press("Send it there")
    assert "Canary programme two" in done
    second = reference(done)
    assert second != first
    return second


def knows_nothing_of_the_first(house: House, play: Scene, bopha: Visitor, first: str, second: str) -> None:
    page = bopha.go(mail_arrived(house, bopha, second, "A new referral waits for your answer."))
    assert first not in bopha.page.content()
    assert name_of(play.outsider, play.team.clinic) not in page
    assert "Does the person inject?" not in page  # this programme does not ask
    assert not found_in(NAMED, bopha.page.content())
    bopha.go("/inbox")
    assert second in bopha.text
    assert first not in bopha.text
    bopha.follow(referral_of(bopha))


def referral_of(receiver: Visitor) -> str:
    """The first row of the list."""
    href = receiver.page.locator('main a[href^="/referrals/"]').first.get_attribute("href")
    return str(href)


def cannot_follow(nurse: Visitor, second_path: str, first: str) -> None:
    assert nurse.status_of(second_path) == 404
    nurse.go("/inbox?tab=closed")
    assert first in nurse.text


def comes_on_walk_in_days(outreach: Visitor, bopha: Visitor, old_code: str) -> None:
    here = bopha.path
    bopha.follow("/accept")
    bopha.tick(how="walk_in")
    bopha.fill_day("window_from", tomorrow())
    bopha.fill_day("window_to", tomorrow())
    assert "Canary Name" in bopha.press()
    bopha.go("/inbox")
    bopha.fill(code=old_code)
    refused = bopha.press("Find")
    assert "Please correct this" in refused
    assert bopha.page.locator('main [name="code"]').input_value() == old_code
    bopha.go(here + "/note_arrival")
    assert "Arrived" in bopha.press()
    outreach.follow(outreach.page.locator('main a[href^="/referrals/"]').last.get_attribute("href"))
    assert "Arrived" in outreach.text
