"""What failed, at a manager's; and who may see and do what about it."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from flask import Flask, render_template
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from referrals.deliveries import queries, shown
from referrals.deliveries.rules import Reason
from referrals.deliveries.words import CHANNEL, REASON, STATE
from referrals.notices.words import MAIL_FAILED
from tests.cast import CANARIES, Cast, cast
from tests.network import Network, Person
from tests.pages import client_for, site, words_of
from tests.running import PostOffice
from tests.worker.news import notices, ref_of, told
from worker import relay, sending
from worker.context import Workshop

Look = Callable[[UUID], tuple[UUID, str, str | None]]
Refused = tuple[Cast, UUID]


def audited(network: Network, person: Person) -> list[tuple[str, str | None]]:
    with network.servers.engines["spean_backup"].connect() as connection:
        query = text("SELECT action, ref FROM app.audit_log WHERE staff_id = :id AND subject = 'delivery' ORDER BY at")
        return [(row.action, row.ref) for row in connection.execute(query, {"id": person.staff_id})]


def manager_of(team: Cast) -> Person:
    assert team.clinic.manager is not None
    return team.clinic.manager


def test_a_manager_reads_who_which_reference_why_and_no_case(
    app: Flask, refused: Refused, network: Network, state_of: Look
) -> None:
    team, referral_id = refused
    body = client_for(app, manager_of(team)).get("/staff/undelivered").text
    words = words_of(body)
    assert f"Dara {ref_of(team.nurse, referral_id)} E-mail The mail server knows no such address." in words
    assert "Not delivered (1)" in words
    for word in (*CANARIES, team.nurse.email, str(referral_id), "Trial programme", "A new referral"):
        assert word not in body


def test_nothing_failed_nothing_in_the_menu(app: Flask, network: Network) -> None:
    browser = client_for(app, manager_of(cast(network)))
    assert "Not delivered" not in words_of(browser.get("/staff").text)
    assert "Nothing is left to look at." in words_of(browser.get("/staff/undelivered").text)


def test_tried_again_it_goes_out_and_the_entry_says_who_had_it_done(
    app: Flask, refused: Refused, network: Network, workshop: Workshop, post: PostOffice, state_of: Look
) -> None:
    team, referral_id = refused
    delivery_id, _, _ = state_of(referral_id)
    post.refusing.clear()
    answer = client_for(app, manager_of(team)).post(f"/staff/undelivered/{delivery_id}/retry")
    assert answer.status_code == 303
    assert state_of(referral_id)[1:] == ("queued", None)
    sending.send_due(workshop)
    assert state_of(referral_id)[1:] == ("sent", None)
    assert len(post.to(team.nurse.email)) == 1
    assert audited(network, manager_of(team)) == [("delivery.retry", ref_of(team.nurse, referral_id))]


def test_dropped_it_leaves_the_list_and_is_sent_no_more(
    app: Flask, refused: Refused, network: Network, workshop: Workshop, post: PostOffice, state_of: Look
) -> None:
    team, referral_id = refused
    delivery_id, _, _ = state_of(referral_id)
    post.refusing.clear()
    browser = client_for(app, manager_of(team))
    assert browser.post(f"/staff/undelivered/{delivery_id}/drop").status_code == 303
    said = words_of(browser.get("/staff/undelivered").text)
    assert "Nothing is left to look at." in said
    assert "delivered." not in said, "what was dropped was not"
    assert browser.post(f"/staff/undelivered/{delivery_id}/retry").status_code == 404
    sending.send_due(workshop)
    assert state_of(referral_id)[1:] == ("dropped", "by_manager")
    assert post.mails == []
    assert audited(network, manager_of(team)) == [("delivery.drop", ref_of(team.nurse, referral_id))]


@pytest.mark.parametrize("deed", ["retry", "drop"])
def test_another_organisations_and_an_absent_one_answer_alike_and_colleagues_have_no_part(
    app: Flask, refused: Refused, network: Network, state_of: Look, deed: str
) -> None:
    team, referral_id = refused
    delivery_id, _, _ = state_of(referral_id)
    stranger = client_for(app, manager_of(cast(network)))
    there, absent = (stranger.post(f"/staff/undelivered/{one}/{deed}") for one in (delivery_id, uuid4()))
    assert (there.status_code, absent.status_code) == (404, 404)
    assert ref_of(team.nurse, referral_id) not in stranger.get("/staff/undelivered").text
    nurse, steward = client_for(app, team.nurse), client_for(app, network.steward)
    assert nurse.get("/staff/undelivered").status_code == 403
    assert nurse.post(f"/staff/undelivered/{delivery_id}/{deed}").status_code == 403
    assert steward.post(f"/staff/undelivered/{delivery_id}/{deed}").status_code == 404, "its own organisation's alone"
    assert state_of(referral_id)[1] == "failed"


def test_a_form_without_its_token_does_nothing(network: Network, refused: Refused, state_of: Look) -> None:
    team, referral_id = refused
    delivery_id, _, _ = state_of(referral_id)
    browser = client_for(site(network, csrf=True), manager_of(team))
    assert browser.post(f"/staff/undelivered/{delivery_id}/drop").status_code == 400
    assert state_of(referral_id)[1] == "failed"


def test_sql_shows_a_manager_no_more_than_the_page_and_others_nothing(
    network: Network, refused: Refused, state_of: Look
) -> None:
    team, referral_id = refused
    with manager_of(team).transaction() as (session, _actor):
        assert session.execute(text("SELECT count(id) FROM app.deliveries")).scalar_one() == 1
    with team.nurse.transaction() as (session, _actor):
        assert session.execute(text("SELECT count(id) FROM app.deliveries")).scalar_one() == 0
        settle = text("SELECT sec.settle_failed(:id, true)")
        assert session.execute(settle, {"id": state_of(referral_id)[0]}).scalar_one() is None
        assert session.execute(text("SELECT count(*) FROM sec.delivery_counts()")).scalar_one() == 0
    for query in (
        "SELECT kind FROM app.deliveries", "SELECT referral_id FROM app.deliveries",
        "UPDATE app.deliveries SET state = 'queued'", "DELETE FROM app.deliveries",
        "SELECT sec.retry_deliveries('email', NULL)",
    ):  # fmt: skip
        with pytest.raises(ProgrammingError), manager_of(team).transaction() as (session, _actor):
            session.execute(text(query))


def test_the_persons_own_notice_leads_to_the_address(app: Flask, refused: Refused) -> None:
    team, _ = refused
    browser = client_for(app, team.nurse)
    assert told(team.nurse) == ["sent", MAIL_FAILED]
    assert "E-mail to you could not be delivered." in words_of(browser.get("/notices/").text)
    newest = notices(team.nurse).rows[0]
    browser.get(f"/referrals/{newest.referral_id}")  # reading the referral reads its news, not this
    assert [one.kind for one in notices(team.nurse).rows if one.read_at is None] == [MAIL_FAILED]
    answer = browser.get(f"/notices/{newest.id}")
    assert answer.headers["Location"].endswith("/account")
    assert all(one.read_at for one in notices(team.nurse).rows)


def test_the_steward_reads_numbers_and_has_all_tried_again(
    app: Flask, refused: Refused, network: Network, workshop: Workshop, post: PostOffice, state_of: Look
) -> None:
    team, referral_id = refused
    steward = network.steward
    browser = client_for(app, steward)
    with steward.transaction() as (session, actor):
        found = {(one.state, one.reason): one.deliveries for one in queries.counts(session, actor)}
    assert found["failed", "address_unknown"] >= 1
    post.refusing.clear()
    asked = {"channel": "email", "reason": "address_unknown"}
    answer = browser.post("/status/deliveries/retry", data=asked)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/status")
    sending.send_due(workshop)
    assert state_of(referral_id)[1:] == ("sent", None)
    assert len(post.to(team.nurse.email)) == 1
    assert ("delivery.retry_all", None) in audited(network, steward)
    assert " tried again." in words_of(browser.get("/status").text)
    browser.post("/status/deliveries/retry", data=asked)
    said = words_of(browser.get("/status").text)
    assert "Nothing was left to try." in said
    assert "tried again." not in said
    assert browser.post("/status/deliveries/retry", data={**asked, "channel": "x"}).status_code == 404
    assert browser.post("/status/deliveries/retry", data={**asked, "reason": "x"}).status_code == 404
    for other in (manager_of(team), team.nurse):
        assert client_for(app, other).post("/status/deliveries/retry", data=asked).status_code == 403


def test_what_is_parked_is_tried_at_once_when_the_steward_says_so(
    app: Flask, network: Network, workshop: Workshop, post: PostOffice, state_of: Look
) -> None:
    team = cast(network)
    post.refusing[""] = "530 5.7.0 Authentication required"
    referral_id = team.send()
    relay.drain(workshop)
    assert state_of(referral_id)[1:] == ("parked", "sign_in_refused")
    post.refusing.clear()
    assert sending.claim(workshop) is None
    client_for(app, network.steward).post(
        "/status/deliveries/retry", data={"channel": "email", "reason": "sign_in_refused"}
    )
    sending.send_due(workshop)
    assert state_of(referral_id)[1:] == ("sent", None)


@pytest.mark.parametrize("language", ["en", "km"])
def test_the_part_of_the_status_page_shows_counts_and_nobody(
    app: Flask, refused: Refused, network: Network, language: str
) -> None:
    team, referral_id = refused
    steward = network.steward
    with steward.transaction() as (session, actor):
        counts = queries.counts(session, actor)
    headers = {"Cookie": f"spean=s.{steward.token}", "Accept-Language": language}
    with app.test_request_context("/", headers=headers):
        body = render_template("deliveries/counts.html", deliveries=shown.lines(counts))
        nothing = render_template("deliveries/counts.html", deliveries=[])
    assert 'name="reason" value="address_unknown"' in body
    assert "/status/deliveries/retry" in body
    for word in (team.nurse.email, ref_of(team.nurse, referral_id), "Dara"):
        assert word not in body
    assert "<table" not in nothing


def test_every_state_and_reason_has_words() -> None:
    assert set(REASON) == set(Reason)
    assert len(STATE) == 5
    assert set(CHANNEL) == {"email", "bell"}
