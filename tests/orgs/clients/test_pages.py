from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from flask.testing import FlaskClient
from markupsafe import Markup
from sqlalchemy import select

from app.core.audit import AuditRow
from app.core.ids import new_id
from orgs.clients import panels, queries
from orgs.clients.records import Facts
from orgs.clients.timeline import timeline
from orgs.facts import Detail
from tests.network import Network, Org, Person
from tests.orgs.clients.people import client_of, seen_by
from tests.orgs.clients.test_use_cases import programme_of
from tests.pages import client_for, site, words_of

Browse = Callable[[Person], FlaskClient]


@pytest.fixture
def browse(network: Network) -> Browse:
    app = site(network)
    return lambda person: client_for(app, person)


@pytest.fixture
def ngo(network: Network) -> Org:
    return network.organisation("ngo")


@pytest.fixture
def worker(ngo: Org) -> Person:
    return ngo.person("outreach", name="Rith")


def title_of(body: str) -> str:
    found = re.search(r"<title>(.*?)</title>", body, re.DOTALL)
    assert found
    return found[1]


def only_client(person: Person) -> UUID:
    with person.transaction() as (session, actor):
        (line,) = queries.page(session, actor).rows
        return line.id


def test_an_alias_and_one_answer_make_a_client_and_its_page_keeps_names_out_of_address_and_title(
    browse: Browse, worker: Person
) -> None:
    browser = browse(worker)
    assert "optional" in browser.get("/clients/new").text
    answer = browser.post("/clients/new", data={"alias": "Bopha", "heard_from": "peer"}, follow_redirects=True)
    assert answer.status_code == 200
    assert "Bopha" in words_of(answer.text)
    assert "Bopha" not in title_of(answer.text)
    assert "Bopha" not in answer.request.path
    assert "Bopha" in browser.get("/clients").text


def test_everything_typed_comes_back_on_the_page(browse: Browse, worker: Person) -> None:
    sent = {
        "alias": "Bopha", "heard_from": "card", "area": "120802", "name": "សុខា", "phone": "០១២ ៣៤៥ ៦៧៨",
        "safe_contact": "Only by voice", "age": "៣០", "gender": "woman", "language": "km", "needs": ["escort"],
        "injecting": "no", "substances": ["heroin", "alcohol"], "finished": ["detox"], "health_hiv": "On treatment",
    }  # fmt: skip
    browser = browse(worker)
    words = words_of(browser.post("/clients/new", data=sent, follow_redirects=True).text)
    for shown in ("សុខា", "+85512345678", "Only by voice", "Tuek Thla, Sen Sok", "Woman", "Somebody to come along",
                  "Injects No", "Heroin, Alcohol", "Detox", "On treatment", "A card", "29 or 30"):  # fmt: skip
        assert shown in words
    form = browser.get(f"/clients/{only_client(worker)}/edit").text
    assert "On treatment" in form
    assert 'value="+85512345678"' in form


def test_mistakes_are_told_at_their_field_and_what_was_typed_stays(browse: Browse, worker: Person) -> None:
    sent = {"alias": "", "heard_from": "peer", "phone": "12", "contact_notes": "Under the bridge", "age": "300"}
    answer = browse(worker).post("/clients/new", data=sent)
    assert answer.status_code == 422
    assert "Give an age between 0 and 110." in words_of(answer.text)
    sent["age"] = ""
    answer = browse(worker).post("/clients/new", data=sent)
    assert answer.status_code == 422
    words = words_of(answer.text)
    assert "Give an alias or a name. An alias alone is enough." in words
    assert "This is not a whole phone number." in words
    assert "Under the bridge" in answer.text
    words = words_of(browse(worker).post("/clients/new", data={"alias": ""}).text)
    assert "Give an alias or a name." in words
    assert "Choose how they heard of us." in words
    assert '<details class="govuk-details" open>' in answer.text
    assert "Nobody here yet." in browse(worker).get("/clients").text


def test_somebody_new_walks_in_and_leaves(browse: Browse, ngo: Org, worker: Person) -> None:
    programme_id = programme_of(ngo)
    browser = browse(worker)
    sent = {"alias": "Bopha", "heard_from": "self", "programme": str(programme_id)}
    words = words_of(browser.post("/clients/new", data=sent, follow_redirects=True).text)
    assert "Drop-in, since" in words
    assert "Walked in" in words
    client_id = only_client(worker)
    again = browser.post(f"/clients/{client_id}/stays/new", data={"programme": str(programme_id), "heard_from": "self"})
    assert again.status_code == 409
    assert "The person is already in this programme." in words_of(again.text)
    with worker.transaction() as (session, actor):
        (stay,) = timeline(session, actor, client_id).stays
    end = f"/clients/{client_id}/stays/{stay.id}/end"
    assert browser.post(end, data={"version": "1"}).status_code == 422
    words = words_of(browser.post(end, data={"version": "1", "outcome": "left"}, follow_redirects=True).text)
    assert "Left; welcome back at any time" in words
    assert "Drop-in, since" not in words
    assert browser.get(f"/clients/{client_id}/stays/{new_id()}/end").status_code == 404


def test_search_words_go_by_post_and_come_to_no_address(browse: Browse, worker: Person) -> None:
    client_of(worker, "ប៊ូ\u200bផា")
    browser = browse(worker)
    assert 'method="post" action="/clients/search"' in re.sub(r"\s+", " ", browser.get("/clients").text)
    answer = browser.post("/clients/search", data={"words": "ប៊ូផា"})
    assert (answer.status_code, answer.request.path, answer.request.query_string) == (200, "/clients/search", b"")
    assert "ប៊ូ\u200bផា" in answer.text
    assert "Nobody found." in browser.post("/clients/search", data={"words": "x"}).text
    for empty in (browser.get("/clients/search?words=x"), browser.post("/clients/search", data={"words": " "})):
        assert (empty.status_code, empty.location) == (303, "/clients")


def test_a_note_and_a_contact_stand_on_the_timeline(browse: Browse, ngo: Org, worker: Person) -> None:
    client_id = client_of(worker)
    url = f"/clients/{client_id}/notes/new"
    browser, nurse = browse(worker), browse(ngo.person("clinician"))
    assert "clinical" not in browser.get(url).text.lower()
    sent = {"kind": "met", "body": "At the market\n<b>Tired</b>", "on-day": "2", "on-month": "3", "on-year": "2026"}
    page = browser.post(url, data=sent, follow_redirects=True).text
    assert "At the market<br>&lt;b&gt;Tired&lt;/b&gt;" in page
    assert "2 Mar 2026" in page
    assert nurse.post(url, data={"kind": "note", "body": "Dose changed", "clinical": "y"}).status_code == 303
    assert "Dose changed" in nurse.get(f"/clients/{client_id}").text
    assert "Dose changed" not in browser.get(f"/clients/{client_id}").text
    for bad in ({"kind": "met", "body": ""}, {**sent, "on-year": "2999"}, {**sent, "on-month": "13"}):
        assert browser.post(url, data=bad).status_code == 422


def test_who_saves_second_is_told_and_nothing_is_overwritten(browse: Browse, worker: Person) -> None:
    client_id = client_of(worker)
    browser, url = browse(worker), f"/clients/{client_id}/edit"
    assert 'name="version" type="hidden" value="1"' in browser.get(url).text
    sent = {"alias": "First", "heard_from": "peer", "version": "1"}
    assert browser.post(url, data=sent).status_code == 303
    for version in ("1", "", "x", "²", "9" * 30):
        late = browser.post(url, data={**sent, "alias": "Second", "version": version})
        assert late.status_code == 409
        assert 'value="Second"' in late.text
    assert seen_by(worker, client_id).shown == "First"


def test_a_caseworker_who_may_not_read_clinical_details_does_not_erase_them(browse: Browse, ngo: Org) -> None:
    worker, caseworker = ngo.person("outreach"), ngo.person("caseworker")
    client_id = client_of(worker, facts=Facts(details={Detail.HEALTH_HIV: "Canary", Detail.LEGAL: "No papers"}))
    browser, url = browse(caseworker), f"/clients/{client_id}/edit"
    for page in (browser.get(url), browser.get(f"/clients/{client_id}")):
        assert "No papers" in page.text
        assert "Canary" not in page.text
    sent = {"alias": "B", "heard_from": "peer", "version": "1", "health_hiv": "overwritten", "legal": ""}
    assert browser.post(url, data=sent).status_code == 303
    assert seen_by(worker, client_id).record.facts.details == {Detail.HEALTH_HIV: "Canary"}


def test_handing_over_archiving_and_bringing_back(browse: Browse, ngo: Org, worker: Person) -> None:
    client_id, other = client_of(worker), ngo.person("caseworker", name="Lina")
    browser, url = browse(worker), f"/clients/{client_id}"
    assert "Lina" in browser.get(f"{url}/worker").text
    assert browser.post(f"{url}/archive", data={"version": "7"}).status_code == 409
    assert browser.post(f"{url}/archive", data={"version": "1"}).location == "/clients"
    assert "Bopha" not in browser.get("/clients").text
    assert "Bopha" in browser.get("/clients?view=archived").text
    assert "Bring back" in browser.get(url).text
    assert browser.post(f"{url}/unarchive", data={"version": "2"}).location == url
    sent = {"worker": str(other.staff_id), "version": "3"}
    assert browser.post(f"{url}/worker", data=sent).status_code == 303
    assert browser.get(url).status_code == 404
    assert "Bopha" in browse(other).get(url).text


def test_the_houses_above_put_buttons_and_panels_on_the_page(
    browse: Browse, worker: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(panels, "client_page_actions", [lambda *_: ("Refer", "/refer"), lambda *_: None])
    monkeypatch.setattr(panels, "client_page_panels", [lambda _s, _a, view: Markup("<p>{}</p>").format(view.code)])
    client_id = client_of(worker)
    page = browse(worker).get(f"/clients/{client_id}").text
    assert 'href="/refer"' in page
    assert re.search(r"<p>TS-\w{7}</p>", page)


ROUTES = ("", "/edit", "/worker", "/notes/new", "/stays/new")


@pytest.mark.parametrize("route", ROUTES)
def test_foreign_absent_and_a_colleagues_clients_are_the_same_404(
    browse: Browse, network: Network, ngo: Org, worker: Person, route: str
) -> None:
    client_id = client_of(worker)
    outsider = network.organisation().person("caseworker", "clinician")
    pages = [
        browse(outsider).get(f"/clients/{client_id}{route}"),
        browse(outsider).get(f"/clients/{new_id()}{route}"),
        browse(ngo.person("outreach")).get(f"/clients/{client_id}{route}"),
    ]
    assert [page.status_code for page in pages] == [404] * 3
    assert len({words_of(page.text) for page in pages[:2]}) == 1
    with outsider.transaction() as (session, _):
        assert session.query(AuditRow).filter(AuditRow.outcome == "denied").count() == 2


def test_managers_may_not_and_officials_find_nothing(
    browse: Browse, network: Network, ngo: Org, worker: Person
) -> None:
    client_id = client_of(worker)
    official = network.organisation("commune", area="120112").person("official")
    assert ngo.manager is not None
    for path in (f"/clients/{client_id}", "/clients/new", "/clients"):
        assert browse(ngo.manager).get(path).status_code == 403
        assert browse(official).get(path).status_code == 404
    assert browse(ngo.manager).post("/clients/search", data={"words": "Bopha"}).status_code == 403


def test_a_damaged_address_of_a_page_is_told_as_such(browse: Browse, worker: Person) -> None:
    assert browse(worker).get("/clients?after=zzz").status_code == 422
    assert browse(worker).get("/clients?view=zzz").status_code == 200


def test_a_form_from_elsewhere_is_refused(network: Network, worker: Person) -> None:
    browser = client_for(site(network, csrf=True), worker)
    answer = browser.post("/clients/new", data={"alias": "Bopha", "heard_from": "peer"})
    assert answer.status_code == 400
    assert "Bopha" not in browser.get("/clients").text


def test_who_works_with_no_client_begins_no_record_and_the_try_is_recorded(browse: Browse, ngo: Org) -> None:
    assert ngo.manager
    assert browse(ngo.manager).get("/clients/new").status_code == 403
    with ngo.manager.transaction() as (session, actor):
        rows = session.execute(
            select(AuditRow.action, AuditRow.outcome).where(
                AuditRow.org_id == ngo.id, AuditRow.staff_id == actor.staff_id, AuditRow.subject == "route"
            )
        )
        assert [tuple(row) for row in rows] == [("clients.make", "denied")]
