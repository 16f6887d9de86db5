from __future__ import annotations

from uuid import uuid4

import pytest
from flask import Flask
from sqlalchemy import update
from sqlalchemy.exc import IntegrityError

from app.core.errors import Invalid
from orgs.clients.queries import code_of
from orgs.privacy.rules import FLOOR, Sign
from orgs.staff import use_cases as staff
from orgs.staff.models import Staff
from tests.cast import CANARIES, Cast, cast
from tests.network import Network
from tests.pages import client_for, site, words_of


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)


def test_refusals_stand_out_with_the_day_and_the_codes_and_no_content(app: Flask, people: Cast) -> None:
    curious, officer = people.ngo.person("outreach", name="Vanna"), people.ngo.person("privacy")
    for _often in range(FLOOR[Sign.DENIALS]):
        assert client_for(app, curious).get(f"/clients/{people.client_id}").status_code == 404
    browser = client_for(app, officer)
    page = browser.get("/privacy")
    said = words_of(page.text)
    assert "Vanna" in said
    assert f"Was refused {FLOOR[Sign.DENIALS]} times on one day" in said
    href = page.text.split('href="/privacy?')[1].split('"')[0].replace("&amp;", "&")
    day = browser.get(f"/privacy?{href}").text
    assert "Asked for something that was not given" in day
    assert "clients.show" not in day
    assert "Refused" in day
    with people.outreach.transaction() as (session, actor):
        assert code_of(session, actor, people.client_id)[0] in day
    assert not [word for word in CANARIES if word in page.text + day]


def test_it_is_the_officers_alone_and_of_the_own_organisation(app: Flask, people: Cast) -> None:
    for person in (people.outreach, people.caseworker, people.ngo.manager, people.nurse):
        assert client_for(app, person).get("/privacy").status_code == 403
    abroad = people.clinic.person("privacy")
    page = client_for(app, abroad).get(f"/privacy?person={people.outreach.staff_id}&day=2026-11-24")
    assert page.status_code == 200
    assert "Vanna" not in page.text
    assert client_for(app, abroad).get("/privacy?person=x&day=x").status_code == 200


def test_the_officer_reads_no_record(app: Flask, people: Cast) -> None:
    browser = client_for(app, people.ngo.person("privacy", "manager"))
    for address in ("/clients", f"/clients/{people.client_id}", f"/referrals/{people.send()}", f"/clients/{uuid4()}"):
        assert browser.get(address).status_code in {403, 404}


@pytest.mark.parametrize("other", ["outreach", "caseworker", "clinician"])
def test_nobody_watches_over_themselves(people: Cast, other: str) -> None:
    assert people.ngo.manager
    with people.ngo.manager.transaction() as (session, actor), pytest.raises(Invalid, match="does not read records"):
        staff.invite(session, actor, frozenset({"privacy", other}))
    officer = people.ngo.person("privacy")
    both = update(Staff).where(Staff.id == officer.staff_id).values(roles=["privacy", other])
    with pytest.raises(IntegrityError), people.ngo.manager.transaction() as (session, _actor):
        session.execute(both)
