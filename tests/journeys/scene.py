"""Who meets in a journey, and what none of it may let slip."""

from __future__ import annotations

import re
import subprocess
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import text

from app.core import clock
from app.http.filters import PHNOM_PENH
from orgs.programmes.rules import ServiceType
from orgs.programmes.words import SERVICE
from tests.cast import CANARIES, Cast, cast, programme
from tests.journeys.house import House
from tests.journeys.visitor import Visitor
from tests.network import Network, Org, Person
from tests.running import eventually

KIND = ServiceType.DETOX
SENSITIVE = (*CANARIES, "Canary programme", SERVICE[KIND], "The blue gate", "ច្រកទ្វារពណ៌ខៀវ")
"""What must stand nowhere but on the pages where it belongs: neither a person nor what they come for."""

NAMED = (
    "Canary-Alias", "Canary Name", "12345678", "12 345 678", "Year of birth 1994", "Canary safe contact",
    "Canary contact notes", "Canary drug use", "Canary note",
)  # fmt: skip
"""What acceptance releases on this permission."""


@dataclass
class Scene:
    """A sender, a first choice, an alternative, and a house that has nothing to do with any of it."""

    team: Cast
    first: UUID
    second: UUID
    other_clinic: Org
    other_nurse: Person
    outsider: Person

    def quiet(self) -> tuple[str, ...]:
        """What nobody may overhear, the organisations' names included: they give the service away."""
        orgs = (self.team.ngo, self.team.clinic, self.other_clinic)
        return (*SENSITIVE, *(name_of(self.outsider, org) for org in orgs))


def scene(network: Network) -> Scene:
    """Everybody, fresh."""
    team = cast(network)
    other = network.organisation("hospital", prefix="HO")
    return Scene(
        team=team,
        first=programme(team.clinic, name_en="Canary programme", service=KIND.value),
        second=programme(other, name_en="Canary programme two", service=KIND.value, criteria=()),
        other_clinic=other,
        other_nurse=other.person("clinician", "caseworker", name="Bopha"),
        outsider=network.organisation("ngo").person("caseworker", "clinician", name="Vuthy"),
    )


def name_of(anybody: Person, org: Org) -> str:
    with anybody.transaction() as (session, _actor):
        found = session.execute(text("SELECT name_en FROM app.organisations WHERE id = :id"), {"id": org.id})
        return str(found.scalar_one())


def ask_permission(sender: Visitor, *programmes: UUID) -> str:
    """From the person's page to the words read out and agreed to; gives the review."""
    sender.follow(f"/send/for/{sender.path.rpartition('/')[2]}")
    sender.fill(service=KIND.value)
    sender.press("Show")
    for name, one in zip(("programme", "second", "third"), programmes, strict=False):
        sender.tick(programme=str(one)) if name == "programme" else sender.fill(**{name: str(one)})
    sender.press()
    sender.tick(urgency="soon")
    for category in ("identity", "phone", "drug_use"):
        sender.tick(categories=category)
    sender.untick(categories="health_hiv")
    sender.fill(note="Canary note")
    words = sender.press()
    assert "កម្មវិធីសាក" in words  # read out in the person's language
    sender.tick(able_to_decide="yes", how="spoken_witnessed")
    for answer in sender.page.locator('main [name="answers"]').all():
        answer.check()
    return sender.press("The person agrees")


def reference(text: str) -> str:
    found = re.search(r"R-[0-9A-Z]{7}", text)
    assert found is not None, text
    return found[0]


def mail_arrived(house: House, to: Visitor, ref: str, words: str) -> str:
    """Wait for the mail that says so; gives its link."""
    subject = f"{ref}: {words}"

    def arrived() -> list[str]:
        return [mail["Subject"].strip() for mail in house.post.to(to.person.email)]  # a long one begins on a new line

    eventually(lambda: subject in arrived(), seconds=60, state=arrived)
    mail = house.post.to(to.person.email)[arrived().index(subject)]
    link = re.search(rf"{re.escape(house.url)}/notices/\S+", mail.get_content())
    assert link is not None
    return link[0]


def slip_code(sender: Visitor) -> str:
    """As somebody without a printer copies it from the page of the referral."""
    found = re.search(r"Write this code on any paper.*?arrive\. (\S+)", sender.text)
    assert found is not None, sender.text
    return found[1]


def paper(sender: Visitor) -> str:
    """What can be read on the printed slip."""
    answer = sender.page.request.get(f"{sender.page.url}/slip.pdf")
    assert answer.status == 200
    assert answer.headers["content-disposition"] == 'inline; filename="appointment.pdf"'
    return subprocess.run(
        ["pdftotext", "-layout", "-", "-"], input=answer.body(), capture_output=True, check=True
    ).stdout.decode()


def tomorrow() -> date:
    """In Phnom Penh."""
    return (clock.now() + timedelta(days=1)).astimezone(PHNOM_PENH).date()


def found_in(words: tuple[str, ...], text: str) -> list[str]:
    return [word for word in words if word in text]
