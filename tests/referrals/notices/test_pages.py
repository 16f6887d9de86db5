from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest
from flask import Flask

from app.core.paging import SIZE
from referrals.life.use_cases import answer
from referrals.notices import queries, use_cases
from referrals.notices.queries import MOST_COUNTED
from referrals.notices.schemas import NoticePageSchema
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.worker.news import notices
from worker import relay
from worker.context import Workshop


@pytest.fixture(scope="module")
def workshop(network: Network) -> Iterator[Workshop]:
    made = Workshop(network.servers.settings)
    yield made
    made.close()


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def team(network: Network, workshop: Workshop) -> Cast:
    """One referral was sent and accepted, and everybody has been told."""
    made = cast(network)
    referral_id = made.send()
    with made.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    relay.drain(workshop, mail=False)
    return made


def unread(person: Person) -> int:
    with person.transaction() as (session, actor):
        return queries.unread(session, actor)


def first(person: Person) -> UUID:
    return notices(person).rows[0].id


def test_the_list_says_what_happened_and_to_which_reference_only(app: Flask, team: Cast) -> None:
    body = client_for(app, team.outreach).get("/notices/").text
    words = words_of(body)
    assert f"{notices(team.outreach).rows[0].ref} New Your referral was accepted." in words
    assert "methadone" not in body.lower()
    assert all(word not in body for word in (*CANARIES, "Trial programme"))


def test_opening_one_marks_it_read_and_leads_to_its_referral(app: Flask, team: Cast) -> None:
    browser = client_for(app, team.outreach)
    assert unread(team.outreach) == 1
    opened = browser.get(f"/notices/{first(team.outreach)}")
    assert opened.status_code == 303
    assert unread(team.outreach) == 0
    page = browser.get(opened.headers["Location"])
    assert page.status_code == 200
    assert notices(team.outreach).rows[0].ref in page.text
    assert " New " not in words_of(browser.get("/notices/").text)


def test_the_bell_counts_what_is_unread_on_every_page(app: Flask, team: Cast) -> None:
    browser = client_for(app, team.nurse)
    assert "Notifications 1 unread" in words_of(browser.get("/notices/").text)
    assert browser.post("/notices/read").status_code == 303
    assert "unread" not in words_of(browser.get("/notices/").text)


def test_nobody_opens_or_reads_anothers(app: Flask, team: Cast, network: Network) -> None:
    elsewhere = network.organisation().person("caseworker")
    wanted = first(team.outreach)
    official = network.organisation("commune", area="120112").person("official")
    for person in (team.caseworker, team.nurse, elsewhere, network.steward, official):
        browser = client_for(app, person)
        assert browser.get(f"/notices/{wanted}").status_code == 404
        browser.post("/notices/read")
    assert client_for(app, team.outreach).get(f"/notices/{uuid4()}").status_code == 404
    assert unread(team.outreach) == 1


def test_strangers_are_asked_to_sign_in_and_come_back(app: Flask, team: Cast) -> None:
    wanted = f"/notices/{first(team.outreach)}"
    answered = client_for(app).get(wanted)
    assert answered.status_code in {302, 303}
    assert wanted in answered.headers["Location"].replace("%2F", "/")


@pytest.mark.parametrize(("role", "bell"), [("privacy", False), ("manager", True), ("caseworker", True)])
def test_a_bell_is_for_those_who_are_told_something(app: Flask, network: Network, role: str, *, bell: bool) -> None:
    """Managers hear of places over capacity; who only watches over access hears nothing."""
    page = client_for(app, network.organisation("ngo").person(role)).get("/notices/")
    assert page.status_code == 200
    assert ("sp-bell" in page.text) is bell


def test_reading_all_needs_the_forms_token(network: Network, team: Cast) -> None:
    guarded = client_for(site(network, csrf=True), team.outreach)
    assert guarded.post("/notices/read").status_code == 400
    assert unread(team.outreach) == 1


def test_a_long_list_comes_in_pages_newest_first(app: Flask, network: Network, workshop: Workshop) -> None:
    team = cast(network)
    for _ in range(SIZE + 3):
        team.send()
    relay.drain(workshop, mail=False)
    seen: list[UUID] = []
    with team.nurse.transaction() as (session, actor):
        page = queries.mine(session, actor)
        seen += [notice.id for notice in page.rows]
        assert len(seen) == SIZE
        rest = queries.mine(session, actor, queries.Cursor.parse(page.next))
        seen += [notice.id for notice in rest.rows]
    assert rest.next == ""
    assert seen == [notice.id for notice in notices(team.nurse).rows]
    assert len(set(seen)) == SIZE + 3
    browser = client_for(app, team.nurse)
    assert "Next" in browser.get("/notices/").text
    assert "Next" not in browser.get(f"/notices/?after={page.next}").text
    assert browser.get("/notices/?after=nonsense").status_code == 422


def test_opening_the_referral_itself_reads_what_was_told_of_it(app: Flask, team: Cast) -> None:
    with team.outreach.transaction() as (session, actor):
        use_cases.read_about(session, actor, uuid4())
    assert unread(team.outreach) == 1
    page = client_for(app, team.outreach).get(f"/referrals/{notices(team.outreach).rows[0].referral_id}")
    assert page.status_code == 200
    assert "unread" not in words_of(page.text)
    assert unread(team.outreach) == 0


def test_the_bell_counts_no_further_than_it_shows() -> None:
    assert MOST_COUNTED > 99


def test_the_api_shows_a_page_as_it_describes_it(team: Cast) -> None:
    page = notices(team.outreach)
    shown = NoticePageSchema().dump({"rows": page.rows, "after": page.next or None, "unread": 1})
    assert shown["after"] is None
    assert NoticePageSchema().validate(shown) == {}
    assert set(shown["items"][0]) == {"id", "referral_id", "programme_id", "ref", "kind", "at", "read_at"}
