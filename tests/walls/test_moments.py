"""SQL around the code dates nothing back: not to send on a lapsed permission, and not to read on."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError

from app.core import clock
from app.core.audit import AuditRow
from app.core.ids import new_id
from referrals.consents.models import ConsentRow
from referrals.life.models import Referral, ReferralEvent
from tests.cast import Cast, cast
from tests.network import Network
from tests.referrals.life import standing

AGO = timedelta(hours=1)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def refused(people: Cast, referral_id: UUID, match: str, **changed: object) -> None:
    """The same referral once more, as SQL of the sender's, with something about it changed."""
    with people.outreach.transaction() as (session, _actor):
        row = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        values = {c.key: getattr(row, c.key) for c in Referral.__mapper__.column_attrs}
        values |= {"id": new_id(), "ref": "R-2222222", "sent_at": clock.now(), **changed}
        with pytest.raises(IntegrityError, match=match), session.begin_nested():
            session.execute(insert(Referral).values(**values))


def test_nothing_is_sent_at_another_moment(people: Cast) -> None:
    referral_id = people.send()
    refused(people, referral_id, "present moment", sent_at=clock.now() - AGO)
    refused(people, referral_id, "present moment", sent_at=clock.now() + AGO)
    refused(people, referral_id, "a beginning only", accepted_at=clock.now())


def test_nothing_is_sent_on_a_permission_that_ran_out_withdrawn_or_for_another_programme(people: Cast) -> None:
    referral_id, withdrawn = people.send(), people.consent()[0]
    with people.outreach.transaction() as (session, _actor):
        session.execute(update(ConsentRow).where(ConsentRow.id == withdrawn).values(withdrawn_at=clock.now()))
    lapsed = people.consent(given_at=clock.now() - timedelta(days=1) + timedelta(seconds=1), days=1)[0]
    elsewhere = people.consent(people.second_id)[0]
    none = new_id()
    for consent_id in (withdrawn, elsewhere, none):
        refused(people, referral_id, "no consent in force", consent_id=consent_id)
    refused(people, referral_id, "no consent in force", consent_id=lapsed, readable_until=clock.now() + AGO)


@pytest.mark.parametrize("wrong", ["made_by", "witness_id", "expires_at", "given_at", "withdrawn_at"])
def test_no_permission_is_made_up(people: Cast, wrong: str) -> None:
    consent_id, now = people.consent()[0], clock.now()
    changed = {
        "made_by": people.caseworker.staff_id, "witness_id": people.ngo.manager and people.ngo.manager.staff_id,
        "expires_at": now + timedelta(days=366), "given_at": now + timedelta(minutes=20), "withdrawn_at": now,
    }  # fmt: skip
    with people.outreach.transaction() as (session, _actor):
        row = session.scalars(select(ConsentRow).where(ConsentRow.id == consent_id)).one()
        values = {c.key: getattr(row, c.key) for c in ConsentRow.__table__.columns} | {"id": new_id()}
        with pytest.raises(IntegrityError, match=r"no witness|no such consent"), session.begin_nested():
            session.execute(insert(ConsentRow).values(**values | {wrong: changed[wrong]}))
        session.execute(insert(ConsentRow).values(**values))


@pytest.mark.parametrize("column", ["seen_at", "answered_at", "accepted_at", "arrived_at", "ended_at"])
def test_nothing_happens_at_another_moment_or_twice(people: Cast, column: str) -> None:
    referral_id = people.send()
    change = update(Referral).where(Referral.id == referral_id)
    with people.nurse.transaction() as (session, _actor):
        with pytest.raises(IntegrityError, match="present moment"), session.begin_nested():
            session.execute(change.values({column: clock.now() - AGO}))
        session.execute(change.values({column: clock.now()}))
        with pytest.raises(IntegrityError, match="present moment"), session.begin_nested():
            session.execute(change.values({column: clock.now()}))


def test_thirty_days_after_the_end_nothing_is_read_whatever_was_asked_for(people: Cast) -> None:
    referral_id = people.send()
    standing.arrive(people, referral_id)
    with people.nurse.transaction() as (session, _actor):
        session.execute(update(Referral).where(Referral.id == referral_id).values(state="completed"))
        until = session.scalars(select(Referral.readable_until).where(Referral.id == referral_id)).one()
    assert until <= clock.now() + timedelta(days=30)


def test_no_event_is_dated_back(people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        row = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        event = insert(ReferralEvent).values(
            sender_org_id=row.sender_org_id, id=new_id(), referral_id=row.id, receiver_org_id=row.receiver_org_id,
            kind="seen", at=clock.now() - AGO, by_org_id=actor.org_id, by_staff_id=actor.staff_id, detail={},
        )  # fmt: skip
        with pytest.raises(IntegrityError, match="present moment"), session.begin_nested():
            session.execute(event)


def test_no_entry_of_the_audit_is_dated_back(people: Cast) -> None:
    made = new_id()
    with people.nurse.transaction() as (session, actor):
        entry = {"org_id": actor.org_id, "id": made, "staff_id": actor.staff_id, "at": clock.now() - AGO}
        session.execute(insert(AuditRow).values(**entry, action="x.y", subject="x", outcome="done", detail={}))
        assert session.scalars(select(AuditRow.at).where(AuditRow.id == made)).one() > clock.now() - timedelta(
            minutes=1
        )
