"""The life of a referral against SQL around the code: each side takes its own steps, and none unasked."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.errors import Conflict
from app.core.ids import new_id
from orgs.clients.use_cases.records import create_client
from referrals.consents.models import ConsentRow
from referrals.consents.use_cases import withdraw_unused
from referrals.life.disclosure import RequestValues
from referrals.life.models import Message, OutboxRow, PacketKey, Referral, ReferralClient, ReferralEvent
from referrals.life.policy import PARTIES, Party
from referrals.life.reasons import DeclineReason
from referrals.life.states import STEPS, State
from referrals.life.use_cases import answer, finish
from referrals.sending.use_cases import Request, send
from tests.cast import SOKHA, Cast, cast
from tests.network import Network, Person
from tests.referrals.life import looking, standing
from worker import clocks
from worker.context import Workshop

LAPSED = timedelta(days=91)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def reached(session: Session, referral_id: UUID, before: State) -> set[State]:
    """The states to which SQL alone can move a referral, the rest of its columns filled in to please."""
    found = set()
    for after in standing.SENT_STATES:
        tried = session.begin_nested()
        change = update(Referral).where(Referral.id == referral_id).values(state=after, appointment_at=func.now())
        try:
            if session.scalars(change.returning(Referral.id)).all() and after is not before:
                found.add(after)
        except IntegrityError as error:
            assert "no such step" in str(error)  # noqa: PT017 - which refusal it is
        tried.rollback()
    return found


def allowed(party: Party, before: State) -> set[State]:
    return {after for (state, action), after in STEPS.items() if state is before and party in PARTIES[action]}


@pytest.mark.parametrize("state", standing.SENT_STATES)
def test_the_database_lets_each_side_take_the_steps_of_the_tables_and_no_others(
    network: Network, people: Cast, state: State
) -> None:
    referral_id = standing.referral(network, people, state)
    for person, party in ((people.outreach, Party.SENDER), (people.nurse, Party.RECEIVER)):
        with person.transaction() as (session, _actor):
            assert reached(session, referral_id, state) == allowed(party, state), party


def test_the_schedule_only_lets_run_out(network: Network, people: Cast) -> None:
    with clock.at(datetime.now(UTC) - timedelta(days=40)):
        referral_id = people.send()
    workshop = Workshop(network.servers.settings)
    try:
        clocks.beat(workshop)
        with workshop.on_due(people.ngo.id, referral_id) as (session, _system, _what):
            for state in (State.ACCEPTED, State.WITHDRAWN, State.CANCELLED):
                with pytest.raises(IntegrityError), session.begin_nested():
                    session.execute(update(Referral).where(Referral.id == referral_id).values(state=state))
    finally:
        workshop.close()


@pytest.mark.parametrize("who", ["outreach", "nurse"])
def test_nobody_reads_longer_than_was_agreed(people: Cast, who: str) -> None:
    referral_id = people.send()
    standing.arrive(people, referral_id)
    person: Person = getattr(people, who)
    later = Referral.readable_until + timedelta(seconds=1)
    change = update(Referral).where(Referral.id == referral_id).values(readable_until=later)
    with person.transaction() as (session, _actor), pytest.raises(IntegrityError, match="longer than the consent"):
        session.execute(change)


def test_what_was_withdrawn_stays_withdrawn(people: Cast) -> None:
    consent_id = people.consent()[0]
    with people.outreach.transaction() as (session, actor):
        withdraw_unused(session, actor, consent_id)
        with pytest.raises(IntegrityError, match="was withdrawn"), session.begin_nested():
            session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(withdrawn_at=None))


def test_with_the_permission_goes_all_that_rests_on_it(network: Network, people: Cast) -> None:
    consent_id = people.consent()[0]
    referral_id = people.send(consent_id)
    with people.outreach.transaction() as (session, _actor):
        session.execute(update(ConsentRow).where(ConsentRow.id == consent_id).values(withdrawn_at=func.now()))
    with people.nurse.transaction() as (session, _actor):
        assert session.scalars(select(PacketKey.part)).all() == []
        with pytest.raises(IntegrityError, match="no consent in force"):
            session.execute(
                update(Referral).where(Referral.id == referral_id).values(state="accepted", appointment_at=func.now())
            )
        session.rollback()
    assert looking.rows(network, "SELECT 1 FROM app.slips WHERE referral_id = :id AND dead_at IS NULL",
                        id=referral_id) == []  # fmt: skip


def test_a_permission_cannot_be_taken_back_between_the_check_and_the_sending(people: Cast) -> None:
    """Whoever takes it back waits for the sending to end, and then finds what to close."""
    consent_id = people.consent()[0]
    take_back = update(ConsentRow).where(ConsentRow.id == consent_id).values(withdrawn_at=func.now())
    with people.outreach.transaction() as (session, actor):
        referral_id = send(session, actor, Request(consent_id, RequestValues(service="methadone"))).id
        with people.caseworker.transaction() as (other, _actor):
            other.execute(text("SET LOCAL lock_timeout = '200ms'"))
            with pytest.raises(OperationalError, match="lock timeout"), other.begin_nested():
                other.execute(take_back)
    with people.caseworker.transaction() as (other, _actor):
        other.execute(take_back)
    with people.nurse.transaction() as (session, _actor):
        assert session.scalars(select(PacketKey.part).where(PacketKey.referral_id == referral_id)).all() == []


def test_one_persons_referral_does_not_rest_on_anothers_permission(people: Cast) -> None:
    referral_id = people.send()
    consent_id = people.consent()[0]
    with people.outreach.transaction() as (session, actor):
        another = create_client(session, actor, SOKHA)
        row = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        values = {c.key: getattr(row, c.key) for c in Referral.__mapper__.column_attrs}
        made = values | {"id": new_id(), "ref": "R-2222222", "consent_id": consent_id, "sent_at": clock.now()}
        made["readable_until"] = clock.now() + timedelta(days=1)
        session.execute(insert(Referral).values(**made))
        with pytest.raises(IntegrityError, match="another person"), session.begin_nested():
            session.execute(
                insert(ReferralClient).values(
                    sender_org_id=actor.org_id, referral_id=made["id"], client_id=another, staff_id=actor.staff_id,
                    sitting_id=new_id(), pseudonym=b"x",
                )
            )  # fmt: skip
        session.rollback()


@pytest.mark.parametrize("step", [standing.accept, standing.arrive])
def test_nothing_is_accepted_on_a_permission_that_has_lapsed(people: Cast, step: Callable[[Cast, UUID], None]) -> None:
    with clock.at(datetime.now(UTC) - LAPSED):
        referral_id = people.send()
    with pytest.raises(Conflict, match="has run out"):
        step(people, referral_id)


def test_a_lapsed_referral_can_still_be_closed(people: Cast) -> None:
    with clock.at(datetime.now(UTC) - LAPSED):
        first, second = people.send(), people.send()
    with people.outreach.transaction() as (session, actor):
        assert finish.withdraw(session, actor, first).readable_until < clock.now()
    with people.nurse.transaction() as (session, actor):
        row = answer.decline(session, actor, second, DeclineReason.NO_CAPACITY)
        assert row.readable_until < clock.now()


def test_nobody_acts_or_speaks_in_anothers_name(people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        row = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        same = {"sender_org_id": row.sender_org_id, "referral_id": row.id, "at": clock.now(), "id": new_id()}
        both = same | {"receiver_org_id": row.receiver_org_id}
        event = both | {"kind": "cancelled", "detail": {}}
        message = both | {"from_org_id": actor.org_id, "staff_id": actor.staff_id, "kind": "question", "code": "x"}
        job = same | {"org_id": row.sender_org_id, "from_org_id": actor.org_id, "event_id": new_id(), "kind": "sent",
                      "ref": row.ref, "next_at": clock.now()}  # fmt: skip
        for statement in (
            insert(ReferralEvent).values(**event, by_org_id=row.sender_org_id, by_staff_id=actor.staff_id),
            insert(ReferralEvent).values(**event, by_org_id=actor.org_id, by_staff_id=people.outreach.staff_id),
            insert(ReferralEvent).values(**event, by_org_id=None, by_staff_id=None),
            insert(Message).values(**message | {"staff_id": people.outreach.staff_id}),
            insert(Message).values(**message | {"kind": "free", "code": None, "body": b"too early"}),
            insert(OutboxRow).values(**job | {"ref": "Call 012 345 678"}),
        ):
            with pytest.raises(ProgrammingError, match="row-level security"), session.begin_nested():
                session.execute(statement)
        for statement in (
            insert(ReferralEvent).values(**event, by_org_id=actor.org_id, by_staff_id=actor.staff_id),
            insert(Message).values(**message),
            insert(OutboxRow).values(**job),
        ):
            with session.begin_nested():
                session.execute(statement)
        session.rollback()
