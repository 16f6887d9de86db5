"""Whatever a person is told of by, it stands sealed in the database and on the pages of those it is for; nowhere else.

One referral is played through the browsers, the web, Redis, Celery and mail, with a word of its own in every field.
Then everything that is kept or passed on elsewhere is searched for each of them.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from orgs.clients.use_cases.records import create_client
from orgs.staff.own_access import make_token
from referrals.life.disclosure import Category
from tests.cast import SOKHA
from tests.journeys.canaries import (
    Canaries,
    Mistake,
    Quick,
    ask,
    dump,
    files_below,
    mistakes,
    read_pdf,
    stored_by,
    texts_of_a_record,
)
from tests.journeys.house import House
from tests.journeys.scene import Scene, mail_arrived, reference, scene, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site
from tests.plugins.browser import FLAGS, PHONE, NewPage, chromium_path

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def profile(chromium: Any, tmp_path: Path) -> Iterator[tuple[Any, Path]]:
    """A browser that keeps all it keeps in one folder, as a phone does."""
    folder = tmp_path / "profile"
    context = chromium.browser_type.launch_persistent_context(
        str(folder), executable_path=chromium_path(), args=FLAGS, locale="en",
        viewport={"width": PHONE, "height": 844}, timezone_id="Asia/Phnom_Penh",
    )  # fmt: skip
    yield context, folder
    context.close()


def test_no_field_of_a_person_turns_up_where_it_does_not_belong(
    network: Network, house: House, new_page: NewPage, profile: tuple[Any, Path]
) -> None:
    play, canaries = scene(network), Canaries()
    context, folder = profile
    outreach = Quick(house, play.team.outreach, context.new_page())
    nurse = Quick(house, play.team.nurse, new_page(language="en"))
    for one in (outreach, nurse):
        one.sign_in()
    client = writes_down(outreach, canaries)
    ref = sends(outreach, play, canaries)
    referral = outreach.path.rpartition("/")[2]
    answers(house, nurse, ref, canaries)
    leaves_a_draft(outreach, client, play, canaries)
    reads(outreach, referral, canaries)
    goes_wrong(house, outreach, canaries, client, referral)
    elsewhere(house, network, play.outsider, canaries)
    assert canaries.found_in(stored_by(outreach.page) + stored_by(nurse.page)) == []
    context.close()
    nothing_is_kept(folder, canaries)
    assert house.leaks(*canaries.words()) == []
    whole = dump(network.servers)
    assert ref.encode() in whole
    assert canaries.found_in_bytes(whole) == []


def settle() -> None:
    """A browser writes down what happened every two and a half seconds. What is taken back by then it never writes:
    a page that answers a form takes back what was sent while it is read, and that must not fall on such a moment."""
    time.sleep(3)


def writes_down(outreach: Quick, canaries: Canaries) -> UUID:
    outreach.go("/clients/new")
    outreach.fill(area="120112", **canaries.record)
    assert canaries.record.keys() == texts_of_a_record()
    settle()
    assert "Choose how they heard of us." in outreach.press()
    outreach.fill(heard_from="outreach")
    assert canaries.record["alias"] in outreach.press()
    client = outreach.path.rpartition("/")[2]
    outreach.follow("/notes/new")
    outreach.fill(body=canaries.note)
    assert canaries.note in outreach.press()
    outreach.go("/clients")
    outreach.fill(words=f"{canaries.record['name']} {canaries.phone}")
    settle()
    outreach.press(to="/search")
    outreach.go(f"/clients/{client}")
    assert set(canaries.found_in(outreach.page.content())) >= {*canaries.record.values()} - {canaries.phone}
    return UUID(client)


def sends(outreach: Quick, play: Scene, canaries: Canaries) -> str:
    """Everything is asked for and agreed to."""
    outreach.follow(f"/send/for/{outreach.path.rpartition('/')[2]}")
    outreach.tick(programme=str(play.first))
    outreach.press()
    outreach.tick(urgency="soon")
    for category in Category:
        outreach.tick(categories=category.value)
    outreach.fill(note=canaries.request)
    outreach.press()
    outreach.tick(able_to_decide="yes", how="spoken_witnessed")
    outreach.press("The person agrees")
    ref = reference(outreach.press("Send"))
    outreach.follow(outreach.path.rpartition("/")[2])
    return ref


def answers(house: House, nurse: Quick, ref: str, canaries: Canaries) -> None:
    nurse.go(mail_arrived(house, nurse, ref, "A new referral waits for your answer."))
    assert canaries.found_in(nurse.page.content()) == []
    nurse.follow("/accept")
    nurse.fill_day("on", tomorrow())
    nurse.fill(at="10:30")
    nurse.press()
    shown = set(canaries.found_in(nurse.page.content()))
    assert shown == {*canaries.words()} - {canaries.note, canaries.message, canaries.draft}
    nurse.fill(body=canaries.message)
    assert canaries.message in nurse.press("Send", to="/message")
    nurse.follow("/take")
    nurse.press()


def leaves_a_draft(outreach: Quick, client: UUID, play: Scene, canaries: Canaries) -> None:
    outreach.go(f"/send/for/{client}")
    outreach.tick(programme=str(play.second))
    outreach.press()
    outreach.tick(urgency="soon")
    outreach.fill(note=canaries.draft)
    outreach.press()


def reads(outreach: Quick, referral: str, canaries: Canaries) -> None:
    assert canaries.message in outreach.go(f"/referrals/{referral}")
    outreach.go("/outbox")
    outreach.go("/notices/")


def bearer(person: Person) -> dict[str, str]:
    with person.transaction() as (session, actor):
        return {"Authorization": f"Bearer {make_token(session, actor, label='A program', days=1)}"}


def cookies_of(visitor: Quick) -> dict[str, str]:
    return {"Cookie": "; ".join(f"{one['name']}={one['value']}" for one in visitor.page.context.cookies())}


def goes_wrong(house: House, outreach: Quick, canaries: Canaries, client: UUID, referral: str) -> None:
    by_program, by_browser, seen = bearer(outreach.person), cookies_of(outreach), set()
    for mistake in mistakes(canaries, client, referral):
        headers = by_program if mistake.address.startswith("/api/") else by_browser
        status, said = ask(house, mistake, **headers)
        assert status >= 400, (mistake.method, mistake.address, status)
        assert canaries.found_in(said) == [], (mistake.method, mistake.address, status)
        seen.add(status)
    assert seen >= {400, 404, 405, 409, 413, 415, 422}, seen


def elsewhere(house: House, network: Network, outsider: Person, canaries: Canaries) -> None:
    """All that a third organisation can take away with it, on paper and by its programs."""
    with outsider.transaction() as (session, actor):
        own = create_client(session, actor, SOKHA)
    paper = client_for(site(network), outsider).get(f"/clients/{own}/account.pdf")
    assert canaries.found_in(read_pdf(paper.data)) == []
    headers = bearer(outsider)
    for address in ("clients", "referrals?side=sender", "referrals?side=receiver", "notifications", "programmes"):
        status, said = ask(house, Mistake("GET", f"/api/v1/{address}", b""), **headers)
        assert status == 200, address
        assert canaries.found_in(said) == [], address
    for words in (canaries.record["name"], canaries.phone):
        sent = json.dumps({"words": words}).encode()
        status, said = ask(house, Mistake("POST", "/api/v1/clients/search", sent), **headers)
        assert (status, canaries.found_in(said)) == (200, [])


def nothing_is_kept(folder: Path, canaries: Canaries) -> None:
    """Of the whole browser: history, cache, forms that were filled in, pages to be restored."""
    kept = list(files_below(folder))
    assert any(b"/clients" in raw for _path, raw in kept), "where it has been is found"
    assert {str(path): words for path, raw in kept if (words := canaries.found_in_bytes(raw))} == {}
