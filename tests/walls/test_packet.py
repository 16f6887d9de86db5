"""A packet is read in two stages, and not after it has been taken back: by the code, and by SQL around the code."""

from __future__ import annotations

from uuid import UUID

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError, ProgrammingError

from app.core import crypto
from app.core.audit import AuditRow
from app.core.errors import NotFound
from app.core.ids import new_id
from app.core.keys import WrappedKey, keyring
from orgs.clients.models import Client
from orgs.clients.queries import client_values
from referrals.life import packet_store
from referrals.life.disclosure import Category
from referrals.life.models import PacketKey, PacketPart, Referral, ReferralClient
from referrals.life.reasons import CancelReason, DeclineReason, ReleaseReason
from referrals.life.scope import load
from referrals.life.use_cases import answer, finish
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import Network, Person


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def read(person: Person, referral_id: UUID) -> packet_store.Packet:
    with person.transaction() as (session, actor):
        return packet_store.read(session, actor, load(session, actor, referral_id))


def keys_in_reach(person: Person) -> set[str]:
    """The parts whose keys SQL without any WHERE hands to this person."""
    with person.transaction() as (session, _actor):
        return set(session.scalars(select(PacketKey.part)))


def holders(network: Network, referral_id: UUID) -> set[str]:
    """Whose wrapped keys of this referral there are at all, as a whole dump would have them."""
    with network.servers.engines["spean_backup"].connect() as dump:
        return set(dump.scalars(select(PacketKey.holder).where(PacketKey.referral_id == referral_id)))


def end(people: Cast, referral_id: UUID, ending: str) -> None:
    if ending == "cancel":
        with people.outreach.transaction() as (session, actor):
            finish.cancel(session, actor, referral_id, CancelReason.NEED_MET)
    elif ending == "withdraw":
        with people.nurse.transaction() as (session, actor):
            finish.withdraw(session, actor, referral_id)
    else:
        with people.nurse.transaction() as (session, actor):
            if ending == "decline":
                answer.decline(session, actor, referral_id, DeclineReason.NO_CAPACITY)
            else:
                answer.accept(session, actor, referral_id, tomorrow())
                finish.release(session, actor, referral_id, ReleaseReason.CANNOT_SERVE)


def test_before_acceptance_nothing_that_names(people: Cast) -> None:
    referral_id = people.send()
    packet = read(people.nurse, referral_id)
    assert packet.identity is None
    assert packet.triage is not None
    assert "Canary" not in repr(packet)
    assert keys_in_reach(people.nurse) == {"triage"}


def test_acceptance_releases_what_is_ticked_and_no_more(people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    identity = read(people.nurse, referral_id).identity
    assert identity is not None
    assert identity.alias == SOKHA.alias
    assert "Canary drug use" in repr(identity)
    assert "Canary HIV" not in repr(identity)
    assert keys_in_reach(people.nurse) == {"triage", "identity"}


def test_waiting_releases_no_identity(people: Cast) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.waitlist(session, actor, referral_id)
    assert read(people.nurse, referral_id).identity is None
    assert keys_in_reach(people.nurse) == {"triage"}


def test_at_the_sender_what_is_clinical_stays_with_clinicians_and_the_own_worker(people: Cast) -> None:
    """A referral's page is no way around what a colleague's record hides."""
    everything = frozenset(Category)
    referral_id = people.send(people.consent(categories=everything)[0])
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    colleague, clinician = repr(read(people.caseworker, referral_id)), people.ngo.person("clinician")
    assert "Canary drug use" in colleague
    assert "Canary HIV" not in colleague
    for person in (people.outreach, clinician, people.nurse):
        assert "Canary HIV" in repr(read(person, referral_id))


@pytest.mark.parametrize("by", ["outreach", "nurse"])
def test_withdrawal_destroys_the_receivers_keys_at_once(people: Cast, by: str) -> None:
    referral_id = people.send()
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    with getattr(people, by).transaction() as (session, actor):
        finish.withdraw(session, actor, referral_id)
    assert read(people.nurse, referral_id) == packet_store.Packet()
    assert keys_in_reach(people.nurse) == set()
    assert read(people.outreach, referral_id).identity is not None


@pytest.mark.parametrize("ending", ["decline", "cancel", "release"])
def test_other_endings_close_the_packet_too(people: Cast, ending: str) -> None:
    referral_id = people.send()
    end(people, referral_id, ending)
    assert read(people.nurse, referral_id) == packet_store.Packet()
    assert keys_in_reach(people.nurse) == set()


@pytest.mark.parametrize("ending", ["decline", "cancel", "release", "withdraw"])
def test_an_ending_leaves_no_key_of_the_receivers(people: Cast, network: Network, ending: str) -> None:
    """The policy hides it too: what is gone cannot be come by past the policy either."""
    referral_id = people.send()
    assert holders(network, referral_id) == {"sender", "receiver"}
    end(people, referral_id, ending)
    assert holders(network, referral_id) == {"sender"}


def test_an_outsider_finds_neither_referral_nor_packet(people: Cast, network: Network) -> None:
    referral_id = people.send()
    outsider = network.organisation("ngo").person("caseworker")
    with pytest.raises(NotFound), outsider.transaction() as (session, actor):
        load(session, actor, referral_id)
    with outsider.transaction() as (session, _actor):
        for model in (Referral, PacketPart, PacketKey, ReferralClient):
            assert session.execute(select(func.count()).select_from(model)).scalar_one() == 0


def test_a_receiver_cannot_learn_whether_two_referrals_are_of_one_client(people: Cast) -> None:
    people.send()
    people.send(people.consent(people.second_id)[0])
    with people.nurse.transaction() as (session, _actor):
        assert session.execute(select(func.count()).select_from(Referral)).scalar_one() == 2
        assert session.execute(select(func.count()).select_from(ReferralClient)).scalar_one() == 0


def test_the_database_refuses_a_referral_without_consent(people: Cast) -> None:
    referral_id = people.send()
    with people.outreach.transaction() as (session, _actor):
        row = session.scalars(select(Referral).where(Referral.id == referral_id)).one()
        values = {c.key: getattr(row, c.key) for c in Referral.__mapper__.column_attrs if c.key not in {"id", "ref"}}
        values |= {"programme_id": people.second_id, "state": "sent"}
        with pytest.raises(IntegrityError, match="no consent in force"), session.begin_nested():
            session.execute(insert(Referral).values(id=new_id(), ref="R-2222222", **values))


def test_a_ciphertext_moved_to_another_row_does_not_open(people: Cast) -> None:
    with people.outreach.transaction() as (session, actor):
        from orgs.clients.use_cases.records import create_client  # noqa: PLC0415

        other = create_client(session, actor, SOKHA)
    with people.outreach.transaction() as (session, actor):
        name = session.scalars(select(Client.name).where(Client.id == people.client_id)).one()
        session.execute(update(Client).where(Client.org_id == actor.org_id, Client.id == other).values(name=name))
    with pytest.raises(crypto.Unsealable), people.outreach.transaction() as (session, actor):
        client_values(session, actor, other)


def test_a_part_moved_to_another_referral_does_not_open(people: Cast) -> None:
    first, second = people.send(), people.send()
    with people.nurse.transaction() as (session, actor):
        key = session.execute(
            select(PacketKey.wrapped).where(PacketKey.referral_id == first, PacketKey.part == "triage")
        ).scalar_one()
        found = load(session, actor, second)
        with pytest.raises(crypto.Unsealable):
            keyring(session).part_key(found.referral.sender_org_id, second, "triage", "receiver", WrappedKey(1, key))


def test_audit_rows_cannot_be_changed(people: Cast) -> None:
    with people.caseworker.transaction() as (session, actor):
        for statement in (
            update(AuditRow).where(AuditRow.org_id == actor.org_id).values(action="nothing"),
            AuditRow.__table__.delete(),  # type: ignore[attr-defined]
        ):
            with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
                session.execute(statement)


def test_each_reading_of_a_packet_is_written_down_with_its_parts(people: Cast) -> None:
    referral_id = people.send()
    read(people.nurse, referral_id)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
    read(people.nurse, referral_id)
    with people.nurse.transaction() as (session, _actor):
        rows = session.execute(
            select(AuditRow.staff_id, AuditRow.detail)
            .where(AuditRow.subject_id == referral_id, AuditRow.action == "packet.read")
            .order_by(AuditRow.at)
        ).all()
    assert [(row.staff_id, row.detail["parts"]) for row in rows] == [
        (people.nurse.staff_id, "triage"),
        (people.nurse.staff_id, "identity triage"),
    ]
