from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import event, select

from app.core import clock
from app.core.audit import AuditRow
from app.http.limits import limiter
from app.http.session import database
from orgs.staff.use_cases import change_profile
from referrals.boxes import queries
from referrals.life.reasons import DeclineReason
from referrals.life.use_cases import answer
from referrals.sending.drafts import start
from referrals.slips import issue
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site, steady, words_of
from tests.plugins.browser import DESK, PHONE, NewPage, fits, violations


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def ref_of(people: Cast, referral_id: UUID) -> str:
    with people.caseworker.transaction() as (session, actor):
        statement = select(queries.Referral.ref).where(
            queries.Referral.sender_org_id == actor.org_id, queries.Referral.id == referral_id
        )
        return session.execute(statement).scalar_one()


def code_of(people: Cast, referral_id: UUID) -> str:
    with people.outreach.transaction() as (session, actor):
        return issue.printed(session, actor, referral_id).code


def test_a_new_referral_stands_in_both_boxes(pages: Flask, people: Cast) -> None:
    ref = ref_of(people, people.send())
    inbox = client_for(pages, people.nurse).get("/inbox")
    assert inbox.status_code == 200
    said = words_of(inbox.text)
    assert f"{ref} Trial programme from Trial" in said
    assert "not opened yet" in said
    assert "An answer is due in" in said
    assert not [word for word in CANARIES if word in inbox.text]
    outbox = words_of(client_for(pages, people.outreach).get("/outbox").text)
    assert f"{ref} Canary-Alias Trial programme" in outbox


def test_an_overdue_referral_says_so(pages: Flask, people: Cast) -> None:
    with clock.at(clock.now() - timedelta(days=2)):
        people.send()
    page = client_for(pages, people.nurse).get("/inbox")
    assert "sp-work--late" in page.text
    assert re.search(r"An answer was due \d+ (hours|days) ago", words_of(page.text))


def test_each_state_has_its_tab_and_its_time(pages: Flask, people: Cast) -> None:
    accepted, declined, waiting = people.send(), people.send(), people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, accepted, tomorrow())
        answer.decline(session, actor, declined, DeclineReason.NO_CAPACITY)
        answer.waitlist(session, actor, waiting)
    nurse, outreach = client_for(pages, people.nurse), client_for(pages, people.outreach)
    said = words_of(nurse.get("/inbox?tab=accepted").text)
    assert "To answer 0 Expected 1 With us 0 Waiting list 1 Closed 1" in said
    assert re.search(r"R-\w{7} Trial programme .*Expected \w+day \d+ \w+ \d{4}, \d\d:\d\d", said)
    assert "The permission holds until" in words_of(nurse.get("/inbox?tab=waitlisted").text)
    back = words_of(outreach.get("/outbox?tab=back").text)
    assert f"{ref_of(people, declined)} Declined" in back
    assert re.search(r"Declined Canary-Alias Trial programme .*Closed .*second", back)


def test_an_empty_box_says_what_is_not_there(pages: Flask, people: Cast) -> None:
    nurse = client_for(pages, people.nurse)
    assert "No referral waits for an answer." in words_of(nurse.get("/inbox").text)
    narrowed = nurse.get("/inbox?urgency=urgent")
    assert "No referral here is like that." in words_of(narrowed.text)
    assert "Filter (1 chosen)" in words_of(narrowed.text)


@pytest.mark.parametrize("query", ["tab=nonsense", "urgency=nonsense", "programme=nonsense", "state=accepted"])
def test_what_an_address_says_wrongly_narrows_nothing(pages: Flask, people: Cast, query: str) -> None:
    ref = ref_of(people, people.send())
    page = client_for(pages, people.nurse).get(f"/inbox?{query}")
    assert page.status_code == 200
    assert ref in page.text


def test_filters_stay_when_the_tab_changes(pages: Flask, people: Cast) -> None:
    people.send()
    page = client_for(pages, people.nurse).get(f"/inbox?programme={people.second_id}&urgency=soon").text
    assert f"/inbox?tab=closed&amp;programme={people.second_id}&amp;urgency=soon" in page
    assert f'value="{people.second_id}" selected' in page or f'selected value="{people.second_id}"' in page


def test_the_next_page_follows_and_keeps_the_filters(
    pages: Flask, people: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.core import paging  # noqa: PLC0415

    for function in (paging.soonest, paging.page):
        monkeypatch.setattr(function, "__defaults__", (1,))
    refs = [ref_of(people, people.send()) for _ in range(2)]
    nurse = client_for(pages, people.nurse)
    first = nurse.get(f"/inbox?programme={people.programme_id}").text
    following = re.search(r'rel="next" href="([^"]+)"', first)
    assert following is not None
    assert f"programme={people.programme_id}" in following[1]
    second = nurse.get(following[1].replace("&amp;", "&")).text
    assert sorted(ref in first for ref in refs) == sorted(ref in second for ref in refs) == [False, True]
    assert 'rel="next"' not in second
    broken = nurse.get("/inbox?after=nonsense")
    assert broken.status_code == 422
    assert "This page of the list does not exist." in words_of(broken.text)


def test_drafts_stand_in_the_outbox_of_who_began_them(pages: Flask, people: Cast) -> None:
    with people.outreach.transaction() as (session, actor):
        draft = start(session, actor, people.client_id, (people.programme_id,))
    outreach, caseworker = client_for(pages, people.outreach), client_for(pages, people.caseworker)
    assert "Drafts 1" in words_of(outreach.get("/outbox").text)
    page = outreach.get("/outbox/drafts").text
    assert "Canary-Alias Trial programme" in words_of(page)
    assert f"/send/{draft}" in page
    assert re.search(r'href="/outbox/drafts"\s+aria-current="page"', page)
    assert str(draft) not in caseworker.get("/outbox/drafts").text
    assert "No referral is in the making." in words_of(caseworker.get("/outbox/drafts").text)
    assert outreach.post(f"/send/{draft}/discard").status_code == 303
    assert "Drafts 0" in words_of(outreach.get("/outbox/drafts").text)


def test_drafts_are_for_those_who_work_with_clients(pages: Flask, people: Cast, network: Network) -> None:
    assert people.ngo.manager is not None
    assert client_for(pages, people.ngo.manager).get("/outbox/drafts").status_code == 403
    assert client_for(pages, network.steward).get("/outbox/drafts").status_code == 404


@pytest.mark.parametrize("box", ["/inbox", "/outbox"])
def test_a_reference_leads_to_its_referral(pages: Flask, people: Cast, box: str) -> None:
    referral_id = people.send()
    ref = ref_of(people, referral_id)
    for person in (people.nurse, people.outreach):
        found = client_for(pages, person).post(box, data={"code": f" {ref.lower()[2:]} "})
        assert found.status_code == 303
        assert found.location.endswith(f"/referrals/{referral_id}")
        assert ref not in found.location


@pytest.mark.parametrize("box", ["/inbox", "/outbox"])
def test_foreign_and_absent_references_answer_alike(pages: Flask, people: Cast, network: Network, box: str) -> None:
    ref = ref_of(people, people.send())
    colleague = people.ngo.person("outreach")
    for person in (network.organisation("ngo").person("caseworker"), colleague):
        client = client_for(pages, person)
        foreign, absent = (client.post(box, data={"code": typed}) for typed in (ref, "R-2222222"))
        assert foreign.status_code == absent.status_code == 422
        assert "No referral of yours has this reference." in words_of(foreign.text)
        assert steady(foreign.text).replace(ref, "") == steady(absent.text).replace("R-2222222", "")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Type the code or the reference."),
        ("what is this", "This is neither a slip's code"),
        ("x" * 5000, "This is too long"),
        ("7F3Q-X2MM", "This is neither a slip's code"),
        ("R-X2M7F3Y", "No referral of yours has this reference."),
    ],
)
def test_what_is_nothing_is_told_so_and_kept(pages: Flask, people: Cast, typed: str, said: str) -> None:
    page = client_for(pages, people.nurse).post("/inbox", data={"code": typed})
    assert page.status_code == 422
    assert said in words_of(page.text)
    assert f'value="{typed}"' in page.text


def test_what_was_not_found_is_noted_without_the_words(pages: Flask, people: Cast) -> None:
    client_for(pages, people.nurse).post("/inbox", data={"code": "R-2345678"})
    with people.nurse.transaction() as (session, actor):
        rows = session.scalars(
            select(AuditRow).where(AuditRow.org_id == actor.org_id, AuditRow.action == "referral.find")
        ).all()
    assert [row.outcome for row in rows] == ["denied"]
    assert "2345678" not in repr([(row.detail, row.ref, row.subject_id) for row in rows])


def test_guessing_codes_is_stopped_and_finding_is_not(pages: Flask, people: Cast) -> None:
    ref = ref_of(people, people.send())
    nurse, colleague = client_for(pages, people.nurse), client_for(pages, people.clinic.person("caseworker"))
    assert limiter.enabled
    assert {nurse.post("/inbox", data={"code": ref}).status_code for _ in range(12)} == {303}
    missed = [nurse.post("/inbox", data={"code": "R-2222222"}).status_code for _ in range(11)]
    assert missed == [422] * 10 + [429]
    assert nurse.post("/outbox", data={"code": ref}).status_code == 429
    assert nurse.get("/inbox").status_code == 200
    assert colleague.post("/inbox", data={"code": ref}).status_code == 303


def test_a_slip_shown_leads_to_the_arrival_without_its_code_in_an_address(pages: Flask, people: Cast) -> None:
    referral_id = people.send()
    code, nurse = code_of(people, referral_id), client_for(pages, people.nurse)
    shown = nurse.post("/inbox", data={"code": code.lower().replace("-", " ")})
    assert shown.status_code == 200
    assert ref_of(people, referral_id) in shown.text
    assert "Accept: the person is here" in words_of(shown.text)
    assert not [word for word in CANARIES if word in shown.text]
    assert not re.search(rf'(href|action)="[^"]*{code}', shown.text)
    assert "Set-Cookie" not in shown.headers or code not in shown.headers["Set-Cookie"]
    assert client_for(pages, people.nurse).post("/outbox", data={"code": code}).status_code == 422


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("box", ["/inbox", "/outbox"])
def test_boxes_are_for_those_who_work_with_clients(
    pages: Flask, people: Cast, network: Network, box: str, method: str
) -> None:
    official = network.organisation("commune", area="120112").person("official")
    assert people.clinic.manager is not None
    for person, status in ((people.clinic.manager, 403), (network.steward, 404), (official, 404)):
        assert getattr(client_for(pages, person), method)(box, data={"code": "R-2222222"}).status_code == status
    stranger = getattr(client_for(pages), method)(box, data={"code": "R-2222222"})
    assert stranger.status_code == 303
    assert "/sign-in" in stranger.location


def test_finding_needs_the_forms_token(network: Network, people: Cast) -> None:
    guarded = client_for(site(network, csrf=True), people.nurse)
    assert guarded.post("/inbox", data={"code": "R-2222222"}).status_code == 400


def test_a_person_with_cases_begins_at_the_inbox(pages: Flask, people: Cast) -> None:
    assert client_for(pages, people.nurse).get("/").location == "/inbox"
    assert people.clinic.manager is not None
    assert client_for(pages, people.clinic.manager).get("/").location != "/inbox"


@pytest.mark.parametrize("box", ["/inbox", "/outbox"])
def test_a_page_asks_the_database_as_often_for_many_rows_as_for_one(pages: Flask, people: Cast, box: str) -> None:
    client = client_for(pages, people.nurse if box == "/inbox" else people.outreach)
    with pages.app_context():
        engine = database.engine

    def cost() -> int:
        said: list[str] = []
        note: Callable[..., None] = lambda *given: said.append(given[2])  # noqa: E731
        event.listen(engine, "before_cursor_execute", note)
        try:
            assert client.get(box).status_code == 200
        finally:
            event.remove(engine, "before_cursor_execute", note)
        return len(said)

    people.send()
    few = cost()
    for _ in range(4):
        people.send()
    assert cost() == few


@pytest.mark.browser
@pytest.mark.parametrize("width", [PHONE, DESK])
@pytest.mark.parametrize("language", ["km", "en"])
def test_boxes_are_accessible_fit_and_show_their_first_row(
    network: Network, people: Cast, new_page: NewPage, live: Callable[[Flask], str], language: str, width: int
) -> None:
    referral_id = people.send()
    page, address = new_page(language=language, width=width), live(site(network))
    for person, box in ((people.nurse, "/inbox"), (people.outreach, "/outbox")):
        _signed_in(page, address, person, language)
        page.goto(address + box)
        row = page.locator(".sp-work").first.bounding_box()
        assert row["y"] + row["height"] < page.viewport_size["height"] / 1.5
        page.locator("details").first.evaluate("details => { details.open = true }")
        assert violations(page) == []
        assert fits(page)
    with people.outreach.transaction() as (session, actor):
        start(session, actor, people.client_id, (people.programme_id,))
    page.goto(f"{address}/outbox/drafts")
    assert violations(page) == []
    assert fits(page)
    _signed_in(page, address, people.nurse, language)
    page.goto(f"{address}/inbox")
    page.fill("[name=code]", code_of(people, referral_id))
    page.click(".sp-searchrow button")
    assert page.url == f"{address}/inbox"
    assert violations(page) == []
    page.click("main .govuk-button")
    assert page.url.endswith(f"/referrals/{referral_id}")


@pytest.mark.browser
def test_the_first_row_is_seen_on_a_phone_even_after_a_mistake(
    network: Network, people: Cast, new_page: NewPage, live: Callable[[Flask], str]
) -> None:
    people.send()
    page, address = new_page(language="en", width=PHONE, script=False), live(site(network))
    _signed_in(page, address, people.nurse, "en")
    page.goto(f"{address}/inbox")
    page.fill("[name=code]", "R-2222222")
    page.click(".sp-searchrow button")
    row = page.locator(".sp-work").first.bounding_box()
    assert row["y"] < page.viewport_size["height"]


def _signed_in(page: object, address: str, person: Person, language: str) -> None:
    with person.transaction() as (session, actor):
        change_profile(session, actor, language=language)
    page.context.add_cookies([{"name": "spean", "value": f"s.{person.token}", "url": address}])  # type: ignore[attr-defined]
