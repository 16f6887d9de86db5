"""One referral from the first meeting with a person to its outcome, seen by all who are near it."""

from __future__ import annotations

import re

import pytest

from tests.cast import SOKHA
from tests.journeys.conftest import Visit
from tests.journeys.house import House
from tests.journeys.scene import (
    NAMED,
    Scene,
    ask_permission,
    found_in,
    mail_arrived,
    paper,
    reference,
    scene,
    slip_code,
    tomorrow,
)
from tests.journeys.visitor import Visitor
from tests.network import Network
from tests.plugins.browser import DESK

pytestmark = [pytest.mark.browser, pytest.mark.slow]

NEVER_TOLD = ("Canary HIV",)
"""What the person did not agree to tell."""


def write_down(sender: Visitor) -> str:
    """Somebody new, with what they told; gives the record's code."""
    sender.go("/clients/new")
    sender.fill(alias=SOKHA.alias, heard_from="outreach", area="120112")
    sender.fill(name=SOKHA.name, phone="០១២ ៣៤៥ ៦៧៨", safe_contact=SOKHA.safe_contact, birth_year="1994")
    sender.fill(contact_notes=SOKHA.facts.contact_notes, gender="man")
    sender.fill(drug_use="Canary drug use", health_hiv="Canary HIV")
    sender.tick(injecting="yes")
    page = sender.press()
    assert SOKHA.alias in page
    found = re.search(r"KS-[0-9A-Z]{7}", page)
    assert found is not None
    return found[0]


def test_a_referral_crosses_the_bridge_and_comes_back(network: Network, house: House, visit: Visit) -> None:
    play = scene(network)
    outreach, nurse = visit(play.team.outreach), visit(play.team.nurse, width=DESK)
    code = write_down(outreach)
    record = outreach.path
    ref = send(outreach, play)
    link = mail_arrived(house, nurse, ref, "A new referral waits for your answer.")
    triage(nurse, link, code)
    inaccessible_to_others(visit(play.outsider), nurse, record, ref)
    accept(nurse)
    link = mail_arrived(house, outreach, ref, "Your referral was accepted.")
    talk(house, outreach, nurse, link, ref)
    arrive(outreach, nurse)
    take_and_complete(nurse, code)
    link = mail_arrived(house, outreach, ref, "Your referral was completed.")
    comes_back(outreach, link)
    nothing_was_overheard(house, play, ref, code)


def send(outreach: Visitor, play: Scene) -> str:
    review = ask_permission(outreach, play.first)
    before, _, after = review.partition("Only when they accept")
    assert "Does the person inject? Yes" in before
    assert "25 to 34" in before
    told_early = set(found_in(NAMED, before)) - {"Canary-Alias"}  # which stands at the top, for the sender alone
    assert not told_early
    assert set(found_in(NAMED, after)) >= set(NAMED) - {"12345678", "12 345 678"}
    assert not found_in(NEVER_TOLD, review)
    done = outreach.press("Send")
    ref = reference(done)
    outreach.follow(outreach.path.rpartition("/")[2])
    assert "The receiver can read the first part only." in outreach.text
    on_paper = paper(outreach)
    assert slip_code(outreach) in on_paper
    assert "The blue gate" in on_paper
    assert not found_in((*NAMED, *NEVER_TOLD, ref, "Canary programme", "Detox"), on_paper)
    return ref


def triage(nurse: Visitor, link: str, code: str) -> None:
    nurse.go("/inbox")
    assert nurse.unread == 1
    assert not found_in((*NAMED, *NEVER_TOLD, code), nurse.text)
    page = nurse.go(link)
    assert nurse.unread == 0
    assert not found_in((*NAMED, *NEVER_TOLD, code), nurse.page.content())
    assert "Does the person inject? Yes" in page
    assert "Age group 25 to 34" in page
    assert "You learn who it is when you accept." in page


def inaccessible_to_others(outsider: Visitor, nurse: Visitor, record: str, ref: str) -> None:
    for path in (nurse.path, f"{nurse.path}/slip.pdf", f"{nurse.path}/accept", record, record + "/edit"):
        assert outsider.status_of(path) == 404, path
    assert nurse.status_of(record) == 404
    outsider.go("/inbox")
    assert ref not in outsider.text
    outsider.fill(code=ref)
    assert ref not in outsider.press("Find").replace("Please correct this", "")


def accept(nurse: Visitor) -> None:
    nurse.follow("/accept")
    assert not found_in(NAMED, nurse.page.content())
    nurse.fill_day("on", tomorrow())
    nurse.fill(at="10:30")
    page = nurse.press()
    assert "10:30" in page
    assert set(found_in(NAMED, page)) >= set(NAMED) - {"12345678", "12 345 678"}
    assert not found_in(NEVER_TOLD, nurse.page.content())


def talk(house: House, outreach: Visitor, nurse: Visitor, link: str, ref: str) -> None:
    page = outreach.go(link)
    assert "10:30" in page
    assert "The receiver can read both parts" in page
    assert "10:30" in paper(outreach)
    outreach.fill(body="Canary message: she is afraid of dogs")
    outreach.press("Send", to="/message")
    mail_arrived(house, nurse, ref, "There is a new message.")
    assert "Canary message: she is afraid of dogs" in nurse.go(nurse.path)


def arrive(outreach: Visitor, nurse: Visitor) -> None:
    nurse.go("/inbox")
    nurse.fill(code=slip_code(outreach))
    shown = nurse.press("Find")
    assert not found_in(NAMED, shown)
    assert "Arrived" in nurse.press("Note the arrival")


def take_and_complete(nurse: Visitor, code: str) -> None:
    referral = nurse.path
    nurse.follow("/take")
    nurse.tick(copied="details")
    nurse.press()
    nurse.page.locator('main a[href^="/clients/"]').first.click()
    own = nurse.arrived()
    assert "Canary-Alias" in own
    assert "Canary drug use" in own
    assert not found_in((*NEVER_TOLD, code), nurse.page.content())
    nurse.go(referral + "/complete")
    nurse.tick(outcome="service_received")
    page = nurse.press()
    assert "Service received" in page
    assert "Refer to a next step" in page


def comes_back(outreach: Visitor, link: str) -> None:
    page = outreach.go(link)
    assert "Service received" in page
    assert "Refer to a next step" in page
    assert "Print the slip" not in page
    outreach.page.locator('main a[href^="/clients/"]').first.click()
    assert "Completed" in outreach.arrived()


def nothing_was_overheard(house: House, play: Scene, ref: str, code: str) -> None:
    people = (play.team.outreach.email, play.team.nurse.email)
    heard = house.overheard()
    assert ref in heard["mails"]
    assert f"{ref} – Spean" in heard["titles"]
    assert "spean.relay" in heard["said to Redis"]
    assert '"errbacks"' in heard["said to Redis"]  # what Celery wraps is read too
    assert "GET /inbox" in heard["logs"]
    assert house.leaks(*play.quiet()) == []
    places = ("said to Redis", "kept in Redis", "logs", "addresses", "titles")
    assert not [(place, who) for place in places for who in people if who in heard[place]]
    assert code not in heard["mails"] + heard["said to Redis"] + heard["logs"] + heard["addresses"]
