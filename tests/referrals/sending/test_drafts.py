from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import select

from app.core import crypto
from app.core.errors import Conflict, Invalid, NotAllowed, NotFound
from orgs.clients.use_cases import archive, reassign
from referrals.life.disclosure import Urgency
from referrals.sending import drafts
from referrals.sending.models import Draft
from tests.cast import CANARIES, Cast, cast, programme
from tests.network import Network, Person


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def started(people: Cast, person: Person | None = None, *programmes: UUID) -> UUID:
    with (person or people.outreach).transaction() as (session, actor):
        return drafts.start(session, actor, people.client_id, programmes or (people.programme_id,))


def listed(person: Person) -> list[drafts.DraftLine]:
    with person.transaction() as (session, actor):
        return drafts.drafts(session, actor)


def test_a_draft_is_its_workers_own_and_sealed(people: Cast) -> None:
    draft_id = started(people)
    with people.outreach.transaction() as (session, actor):
        drafts.save(session, actor, draft_id, note="Canary note", urgency=Urgency.SOON)
        body = session.scalars(select(Draft.body)).one()
        assert drafts.read(session, actor, draft_id).body.note == "Canary note"
    assert all(word.encode() not in body for word in (*CANARIES, "soon"))
    (line,) = listed(people.outreach)
    assert (line.id, line.client, line.permitted) == (draft_id, "Canary-Alias", False)
    assert listed(people.caseworker) == []
    for person in (people.caseworker, people.nurse):
        with pytest.raises(NotFound), person.transaction() as (session, actor):
            drafts.read(session, actor, draft_id)


def test_a_body_moved_to_another_row_does_not_open(people: Cast) -> None:
    first, second = started(people), started(people)
    with people.outreach.transaction() as (session, _actor):
        rows = {row.id: row for row in session.scalars(select(Draft))}
        rows[first].body = rows[second].body
    with pytest.raises(crypto.Unsealable), people.outreach.transaction() as (session, actor):
        drafts.read(session, actor, first)


def test_a_draft_does_not_show_a_client_who_has_another_worker_now(people: Cast) -> None:
    draft_id = started(people)
    with people.caseworker.transaction() as (session, actor):
        reassign(session, actor, people.client_id, people.caseworker.staff_id, version=1)
    assert listed(people.outreach) == []
    with pytest.raises(NotFound), people.outreach.transaction() as (session, actor):
        drafts.read(session, actor, draft_id)


def test_what_cannot_begin(people: Cast) -> None:
    own = programme(people.ngo)
    with pytest.raises(Invalid, match="Your own organisation's programme"):
        started(people, None, own)
    with pytest.raises(Invalid, match="up to two different"):
        started(people, None, people.programme_id, people.programme_id)
    with pytest.raises(NotFound):
        started(people, None, programme(people.clinic, published=False))
    with pytest.raises(NotFound):
        started(people, people.nurse)
    with pytest.raises(NotAllowed):
        started(people, people.ngo.manager)
    with people.outreach.transaction() as (session, actor):
        archive(session, actor, people.client_id, version=1)
    with pytest.raises(Conflict, match="archived"):
        started(people)
    assert listed(people.outreach) == []


def test_discarding_leaves_nothing(people: Cast) -> None:
    draft_id = started(people)
    with people.outreach.transaction() as (session, actor):
        drafts.discard(session, actor, draft_id)
        assert session.scalars(select(Draft)).all() == []
