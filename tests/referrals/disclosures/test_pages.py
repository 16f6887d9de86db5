from __future__ import annotations

import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.audit import AuditRow
from orgs.clients import queries as clients
from referrals.life.reasons import DeclineReason
from referrals.life.use_cases import answer, finish, take, talk
from referrals.life.use_cases.take import Copied
from referrals.slips import use_cases as slips
from tests.cast import CANARIES, Cast, cast, tomorrow
from tests.network import Network, Person
from tests.pages import client_for, site, words_of


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def seen(app: Flask, person: Person, client_id: UUID) -> str:
    answered = client_for(app, person).get(f"/clients/{client_id}/account")
    assert answered.status_code == 200
    return words_of(answered.text)


def open_page(app: Flask, person: Person, referral_id: UUID) -> None:
    assert client_for(app, person).get(f"/referrals/{referral_id}").status_code == 200


def printed(app: Flask, person: Person, client_id: UUID, folder: Path, language: str = "en") -> str:
    answered = client_for(app, person).get(f"/clients/{client_id}/account.pdf?language={language}")
    assert answered.mimetype == "application/pdf"
    assert answered.headers["Content-Disposition"] == 'inline; filename="paper.pdf"'
    path = folder / "paper.pdf"
    path.write_bytes(answered.data)
    text = subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout
    return " ".join(text.split())


def test_each_stage_is_told_with_to_whom_what_and_why(app: Flask, people: Cast) -> None:
    referral_id = people.send()
    before = seen(app, people.outreach, people.client_id)
    assert "Sent: the first part, without a name" in before
    assert "So that the programme can receive the person, by the permission of" in before
    assert "Trial programme, Trial" in before
    assert "First read there" not in before
    assert "The second part" not in before
    open_page(app, people.nurse, referral_id)
    looked = seen(app, people.outreach, people.client_id)
    assert looked.count("First read there") == 1
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    accepted = seen(app, people.outreach, people.client_id)
    assert accepted.count("Accepted: the second part opened to them") == 1
    assert (
        "The second part: Name or alias, and year of birth; Phone, and how to make contact safely; Drug use" in accepted
    )
    assert "The second part: Name or alias, and year of birth; HIV" not in accepted
    assert accepted.count("First read there") == 1
    for _twice in range(2):
        open_page(app, people.nurse, referral_id)
    assert seen(app, people.outreach, people.client_id).count("First read there") == 2


def test_messages_what_was_taken_and_the_end_are_told(app: Flask, people: Cast) -> None:
    taken, declined = people.send(), people.send(people.consent(people.second_id)[0])
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, taken)
        take.take(session, actor, taken, frozenset({Copied.NAME}))
        answer.decline(session, actor, declined, DeclineReason.NO_CAPACITY)
    with people.outreach.transaction() as (session, actor):
        talk.write(session, actor, taken, "Canary message")
    said = seen(app, people.outreach, people.client_id)
    assert said.count("They took the person into their own records") == 1
    assert said.count("A message in confidence to them") == 1
    assert said.count("Closed: they can open nothing of it any more") == 1
    with people.outreach.transaction() as (session, actor):
        finish.withdraw(session, actor, taken)
    assert seen(app, people.outreach, people.client_id).count("Closed: they can open nothing") == 2


def test_own_people_stand_by_deed_and_day_and_prints_are_among_it(app: Flask, people: Cast) -> None:
    referral_id = people.send()
    for _thrice in range(3):
        with people.caseworker.transaction() as (session, actor):
            clients.client_values(session, actor, people.client_id)
    with people.caseworker.transaction() as (session, actor):
        slips.slip(session, actor, referral_id)
    said = seen(app, people.outreach, people.client_id)
    assert "Read the record" in said
    assert "Dara – Caseworker" in said
    assert "3 times that day" in said
    assert said.count("Printed a slip") == 1


def test_the_paper_names_no_colleague_and_nothing_of_the_record(app: Flask, people: Cast, tmp_path: Path) -> None:
    people.send()
    said = printed(app, people.outreach, people.client_id, tmp_path)
    assert "One of us – Outreach worker" in said
    assert "Dara" not in said
    assert "Trial programme" in said
    assert not [word for word in CANARIES if word in said]
    assert "Dara" in seen(app, people.outreach, people.client_id)


def test_the_paper_is_whole_where_the_page_is_cut(app: Flask, people: Cast, tmp_path: Path) -> None:
    sent = []
    for _number in range(14):
        sent.append(people.send())
        with people.nurse.transaction() as (session, actor):
            answer.decline(session, actor, sent[-1], DeclineReason.NO_CAPACITY)
    browser, address = client_for(app, people.outreach), f"/clients/{people.client_id}/account"
    first = browser.get(address).text
    assert 'rel="next"' in first
    with people.outreach.transaction() as (session, actor):
        refs = session.scalars(
            select(AuditRow.ref).where(AuditRow.org_id == actor.org_id, AuditRow.subject_id.in_(sent)).distinct()
        ).all()
    assert len(refs) == 14
    said = printed(app, people.outreach, people.client_id, tmp_path)
    assert all(ref in said for ref in refs if ref)


@pytest.mark.parametrize("language", ["km", "en"])
def test_it_can_be_had_in_either_language(app: Flask, people: Cast, tmp_path: Path, language: str) -> None:
    people.send()
    said = printed(app, people.outreach, people.client_id, tmp_path, language)
    assert ("Who was told what" in said) is (language == "en")


def test_looking_and_printing_are_audited_with_no_more_than_a_number(app: Flask, people: Cast) -> None:
    browser, address = client_for(app, people.outreach), f"/clients/{people.client_id}/account"
    browser.get(address)
    browser.get(f"{address}.pdf")
    with people.outreach.transaction() as (session, actor):
        rows = session.execute(
            select(AuditRow.action, AuditRow.detail).where(
                AuditRow.org_id == actor.org_id, AuditRow.action.startswith("accounting.")
            )
        ).all()
    assert sorted(row.action for row in rows) == ["accounting.print", "accounting.read"]
    assert all(row.detail.keys() == {"entries"} for row in rows)


def test_what_the_receiver_does_inside_stays_there(app: Flask, people: Cast) -> None:
    """The sender learns that a part was read, never by whom; the receiver's account is of its own record."""
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept_and_arrive(session, actor, referral_id)
        own = take.take(session, actor, referral_id, frozenset({Copied.NAME}))
    open_page(app, people.nurse, referral_id)
    at_sender = seen(app, people.outreach, people.client_id)
    assert "Clinician" not in at_sender
    client_id = own if isinstance(own, UUID) else None
    with people.nurse.transaction() as (session, actor):
        client_id = client_id or clients.client_of_referral(session, actor, referral_id)
    assert client_id
    at_receiver = seen(app, people.nurse, client_id)
    assert "Read what was sent" in at_receiver
    assert "Outreach worker" not in at_receiver
    assert "Sent: the first part" not in at_receiver


def test_others_find_nothing(app: Flask, people: Cast) -> None:
    colleague = people.ngo.person("outreach")
    for end in ("account", "account.pdf"):
        for person, client_id, status in (
            (colleague, people.client_id, 404), (people.nurse, people.client_id, 404), (people.outreach, uuid4(), 404),
            (people.ngo.manager, people.client_id, 403), (people.caseworker, people.client_id, 200),
        ):  # fmt: skip
            assert client_for(app, person).get(f"/clients/{client_id}/{end}").status_code == status
