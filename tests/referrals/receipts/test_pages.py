from __future__ import annotations

import re
import subprocess
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select

from app.core.audit import AuditRow
from tests.cast import CANARIES, Cast, cast
from tests.network import Network, Person
from tests.pages import client_for, site, words_of


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)


def printed(data: bytes, folder: Path) -> str:
    path = folder / "paper.pdf"
    path.write_bytes(data)
    return subprocess.run(["pdftotext", path, "-"], capture_output=True, check=True, text=True).stdout


def audited(person: Person, client_id: UUID) -> list[tuple[str, dict[str, object]]]:
    with person.transaction() as (session, actor):
        rows = session.execute(
            select(AuditRow.action, AuditRow.detail)
            .where(AuditRow.org_id == actor.org_id, AuditRow.subject_id == client_id)
            .order_by(AuditRow.at.desc())
            .limit(2)
        ).all()
    return [(row.action, row.detail) for row in rows]


def test_it_is_found_from_every_place_where_it_is_wanted(app: Flask, people: Cast) -> None:
    consent_id = people.consent()[0]
    referral_id = people.send(consent_id)
    browser, link = client_for(app, people.outreach), f"/permissions/{consent_id}/receipt"
    for place in (f"/clients/{people.client_id}", f"/referrals/{referral_id}", f"/send/done/{referral_id}"):
        assert link in browser.get(place).text, place
    assert link not in client_for(app, people.nurse).get(f"/referrals/{referral_id}").text


def test_it_is_neutral_and_in_the_clients_language_unless_asked_otherwise(app: Flask, people: Cast) -> None:
    browser, address = client_for(app, people.outreach), f"/permissions/{people.consent()[0]}/receipt"
    plain = browser.get(address).text
    assert 'lang="km"' in plain
    assert re.search(rf'href="/clients/{people.client_id}"\s+class="govuk-back-link"', plain)
    assert "Trial programme" not in plain
    full = words_of(browser.get(f"{address}?form=full&language=en").text)
    assert "Trial programme, Trial" in full
    assert "drug use" in full
    assert browser.get(f"{address}?form=x&language=xx").status_code == 200


def test_the_paper_says_what_the_page_says(app: Flask, people: Cast, tmp_path: Path) -> None:
    consent_id = people.consent()[0]
    people.send(consent_id)
    browser = client_for(app, people.outreach)
    for form in ("neutral", "full"):
        answer = browser.get(f"/permissions/{consent_id}/receipt.pdf?form={form}&language=en")
        assert answer.mimetype == "application/pdf"
        assert answer.headers["Content-Disposition"] == 'inline; filename="paper.pdf"'
        text = " ".join(printed(answer.data, tmp_path).split())
        assert "Whoever receives it is told" in text
        assert ("Trial programme" in text) is (form == "full")
        assert not [word for word in CANARIES if word in text]


def test_looking_and_printing_are_audited(app: Flask, people: Cast) -> None:
    browser, address = client_for(app, people.outreach), f"/permissions/{people.consent()[0]}/receipt"
    browser.get(address)
    browser.get(f"{address}.pdf?form=full&language=en")
    assert audited(people.outreach, people.client_id) == [
        ("consent.print", {"form": "full", "language": "en"}),
        ("consent.receipt", {"form": "neutral", "language": "km"}),
    ]


def test_a_colleagues_and_anothers_answer_as_an_absent_one(app: Flask, people: Cast) -> None:
    consent_id, colleague = people.consent()[0], people.ngo.person("outreach")
    for end in ("receipt", "receipt.pdf"):
        for person, wanted, status in (
            (colleague, consent_id, 404), (people.nurse, consent_id, 404), (people.outreach, uuid4(), 404),
            (people.ngo.manager, consent_id, 403), (people.caseworker, consent_id, 200),
        ):  # fmt: skip
            assert client_for(app, person).get(f"/permissions/{wanted}/{end}").status_code == status
