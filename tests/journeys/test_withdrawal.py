"""A person takes their permission back after the other side has learnt who they are."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.house import House
from tests.journeys.scene import NAMED, ask_permission, found_in, mail_arrived, reference, scene, slip_code, tomorrow
from tests.journeys.visitor import Visitor
from tests.network import Network
from tests.plugins.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow]


def test_what_was_shown_is_shown_no_more(network: Network, house: House, visit: Visit) -> None:
    play = scene(network)
    outreach, nurse, caseworker = visit(play.team.outreach), visit(play.team.nurse, width=DESK), play.team.caseworker
    outreach.go(f"/clients/{play.team.client_id}")
    ask_permission(outreach, play.first)
    ref = reference(outreach.press("Send"))
    outreach.follow(outreach.path.rpartition("/")[2])
    learns_who_it_is(house, nurse, ref)
    code = slip_code(outreach)
    withdraws(visit(caseworker), outreach.path)
    told_without_detail(house, nurse, ref)
    slip_is_dead(nurse, code)
    sender_keeps_its_own(outreach)
    assert house.leaks(*play.quiet()) == []


def learns_who_it_is(house: House, nurse: Visitor, ref: str) -> None:
    nurse.go(mail_arrived(house, nurse, ref, "A new referral waits for your answer."))
    nurse.follow("/accept")
    nurse.fill_day("on", tomorrow())
    nurse.fill(at="09:00")
    assert "Canary Name" in nurse.press()
    nurse.fill(body="Canary message: bring the blue card")
    assert "Canary message: bring the blue card" in nurse.press("Send", to="/message")


def withdraws(caseworker: Visitor, path: str) -> None:
    """Whoever of the sender's house hears it first writes it down."""
    assert "Canary message: bring the blue card" in caseworker.go(path)
    page = caseworker.follow("/withdraw")
    assert "What cannot be called back: what was read or copied already" in page
    assert "Backups hold the destroyed key" in page
    page = caseworker.press()
    assert "Withdrawn" in page
    assert "The receiver can no longer read anything of this." in page


def told_without_detail(house: House, nurse: Visitor, ref: str) -> None:
    before = nurse.path
    page = nurse.go(mail_arrived(house, nurse, ref, "The permission for a referral was withdrawn."))
    assert nurse.path == before
    assert "Withdrawn" in page
    assert "The details can no longer be read here" in page
    assert not found_in((*NAMED, "Canary message", "25 to 34", "Does the person inject?"), nurse.page.content())
    assert nurse.status_of(before + "/take") in {404, 409, 422}
    nurse.go("/inbox?tab=closed")
    assert ref in nurse.text
    assert not found_in(NAMED, nurse.page.content())


def slip_is_dead(nurse: Visitor, code: str) -> None:
    nurse.go("/inbox")
    nurse.fill(code=code)
    assert "Please correct this" in nurse.press("Find")


def sender_keeps_its_own(outreach: Visitor) -> None:
    page = outreach.go(outreach.path)
    assert "Canary-Alias" in page
    assert "Print the slip" not in page
    assert outreach.status_of(outreach.path + "/slip.pdf") == 409
    outreach.page.locator('main a[href^="/clients/"]').first.click()
    assert "Withdrawn" in outreach.arrived()
