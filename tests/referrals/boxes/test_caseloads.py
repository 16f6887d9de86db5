"""What the database keeps under each worker: an outreach worker's boxes, in the order of everybody's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import replace
from importlib import import_module
from uuid import UUID

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.core.paging import Page
from orgs.clients.queries import client_values
from orgs.clients.use_cases.records import create_client, reassign
from orgs.facts import ErasureReason
from referrals.boxes import queries
from referrals.boxes.records import Brief, Wanted
from referrals.boxes.tabs import OUTBOX, Tab
from referrals.erasing.use_cases import erase
from referrals.life.policy import Party
from tests.cast import SOKHA, Cast, cast
from tests.network import Network, Person
from tests.referrals.life import standing
from tests.referrals.life.standing import SENT_STATES

ALL = Wanted()
KEPT = """
SELECT referral_id, worker_id, programme_id, urgency, state, due_at, comes_by, updated_at FROM app.caseload_referrals
ORDER BY referral_id
"""
TRUE = """
SELECT r.id, c.worker_id, r.programme_id, r.urgency, r.state, r.due_at, r.comes_by, r.updated_at
FROM app.referrals r
JOIN app.referral_clients l ON l.sender_org_id = r.sender_org_id AND l.referral_id = r.id
JOIN app.clients c ON c.org_id = l.sender_org_id AND c.id = l.client_id
WHERE c.erased_at IS NULL ORDER BY r.id
"""


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@pytest.fixture
def lived(network: Network, people: Cast) -> Cast:
    """Somebody's referrals have come to each state that there is."""
    for state in SENT_STATES:
        with people.outreach.transaction() as (session, actor):
            client = create_client(session, actor, SOKHA)
        standing.referral(network, replace(people, client_id=client), state)
    return people


def said(person: Person, query: str) -> list[tuple[object, ...]]:
    with person.transaction() as (session, _actor):
        return [tuple(row) for row in session.execute(text(query))]


def shown(person: Person, tab: Tab, wanted: Wanted = ALL) -> list[UUID]:
    with person.transaction() as (session, actor):
        return [line.id for line in queries.outbox(session, actor, tab, wanted).page.rows]


def recent(person: Person) -> Page[Brief]:
    with person.transaction() as (session, actor):
        return queries.recent(session, actor, Party.SENDER, ALL)


def hand_over(session: Session, actor: Actor, client: UUID, to: Person) -> None:
    reassign(session, actor, client, to.staff_id, version=client_values(session, actor, client).version)


def test_what_is_kept_is_what_is_so(lived: Cast) -> None:
    kept = said(lived.caseworker, KEPT)
    assert kept == said(lived.caseworker, TRUE)
    assert {row[4] for row in kept} == set(SENT_STATES)


def test_what_was_sent_before_it_was_kept_is_added(lived: Cast, network: Network) -> None:
    """As the migration does it, over rows that are there."""
    migration = import_module("migrations.versions.0024_keep_caseloads")
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(text("DELETE FROM app.caseload_referrals"))
        connection.execute(text(migration.ADD))
    assert len(said(lived.caseworker, KEPT)) == len(SENT_STATES)
    assert said(lived.caseworker, KEPT) == said(lived.caseworker, TRUE)


def test_own_boxes_are_those_of_the_organisation_where_all_clients_are_own(lived: Cast) -> None:
    for tab in OUTBOX:
        for wanted in (ALL, Wanted(programme=lived.programme_id), Wanted(programme=lived.second_id)):
            assert shown(lived.outreach, tab, wanted) == shown(lived.caseworker, tab, wanted)
        assert shown(lived.outreach, tab)
    assert recent(lived.outreach) == recent(lived.caseworker)


def test_a_client_who_is_handed_over_brings_their_referrals_along(lived: Cast) -> None:
    colleague, first = lived.ngo.person("outreach"), shown(lived.outreach, OUTBOX[0])
    own = lived.send()
    with lived.caseworker.transaction() as (session, actor):
        hand_over(session, actor, lived.client_id, colleague)
    assert (shown(colleague, OUTBOX[0]), shown(lived.outreach, OUTBOX[0])) == ([own], first)
    assert said(lived.caseworker, KEPT) == said(lived.caseworker, TRUE)


def test_an_erased_client_is_in_nobodys_care(people: Cast) -> None:
    referral = people.send()
    with people.caseworker.transaction() as (session, actor):
        version = client_values(session, actor, people.client_id).version
        erase(session, actor, people.client_id, ErasureReason.ASKED, version=version)
    assert shown(people.outreach, OUTBOX[-1]) == []
    assert shown(people.caseworker, OUTBOX[-1]) == [referral]
    assert said(people.caseworker, KEPT) == []


def test_sending_while_the_client_is_handed_over_leaves_no_referral_behind(people: Cast) -> None:
    """The colleague's caseload is written, but not committed, when somebody sends: whoever is second waits for it."""
    colleague, consent = people.ngo.person("outreach"), people.consent()[0]
    with ThreadPoolExecutor(1) as pool:
        with people.caseworker.transaction() as (session, _actor):
            session.execute(
                text("UPDATE app.clients SET worker_id = :to WHERE id = :id"),
                {"to": colleague.staff_id, "id": people.client_id},
            )
            session.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
            sending = pool.submit(people.send, consent)
            assert not wait([sending], timeout=0.5).done
        sent = sending.result()
    assert said(people.caseworker, KEPT) == said(people.caseworker, TRUE)
    assert shown(colleague, OUTBOX[0]) == [sent]
