from __future__ import annotations

from uuid import UUID

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.errors import Conflict, NotAllowed, NotFound
from orgs.clients import queries as clients
from orgs.clients.use_cases import add_note, create_client, open_episode
from orgs.facts import ErasureReason, HeardFrom
from referrals.boxes import queries as boxes
from referrals.boxes.records import Wanted
from referrals.boxes.tabs import OUTBOX
from referrals.erasing import queries, use_cases
from referrals.life import packet_store
from referrals.life.scope import load
from referrals.life.states import State
from referrals.life.use_cases import answer, finish, talk, visit
from referrals.life.use_cases.finish import Outcome
from referrals.sending import drafts
from tests.cast import Cast, cast, programme, tomorrow
from tests.network import Network, Person
from tests.orgs.clients.people import record
from tests.worker.news import told

ASKED = ErasureReason.ASKED


@pytest.fixture
def team(network: Network) -> Cast:
    return cast(network)


def erase(person: Person, client_id: UUID, version: int | None = None) -> None:
    with person.transaction() as (session, actor):
        seen = version if version is not None else clients.client_values(session, actor, client_id).version
        use_cases.erase(session, actor, client_id, ASKED, version=seen)


def stored(team: Cast, sql: str) -> list[tuple[object, ...]]:
    with team.outreach.servers.engines["spean_backup"].connect() as connection:
        return [tuple(row) for row in connection.execute(text(sql), {"org": team.ngo.id, "client": team.client_id})]


def lived(team: Cast) -> UUID:
    """A life in the records: notes, a stay, a draft, a referral under way with a message. Returns the referral."""
    ours = programme(team.ngo)
    with team.outreach.transaction() as (session, actor):
        add_note(session, actor, team.client_id, "Canary note on the timeline")
        open_episode(session, actor, team.client_id, ours, heard_from=HeardFrom.PEER)
        drafts.start(session, actor, team.client_id, (team.second_id,))
    team.consent(team.second_id)
    referral_id = team.send()
    with team.nurse.transaction() as (session, actor):
        answer.accept(session, actor, referral_id, tomorrow())
        talk.write(session, actor, referral_id, "Canary message")
    return referral_id


def test_nothing_sealed_and_no_key_of_theirs_is_left(team: Cast) -> None:
    referral_id = lived(team)
    erase(team.outreach, team.client_id)
    assert stored(team, "SELECT * FROM app.client_keys WHERE org_id = :org AND client_id = :client") == []
    assert stored(team, "SELECT * FROM app.client_notes WHERE org_id = :org") == []
    assert stored(team, "SELECT * FROM app.drafts WHERE org_id = :org") == []
    assert stored(team, "SELECT * FROM app.packet_keys WHERE sender_org_id = :org") == []
    assert stored(
        team,
        "SELECT alias, name, phone, phone_hash, reach, facts, area FROM app.clients WHERE org_id = :org",
    ) == [(None, None, None, None, None, b"", None)]
    for sealed in (
        "SELECT length(body) FROM app.packet_parts WHERE sender_org_id = :org",
        "SELECT length(body) FROM app.messages WHERE sender_org_id = :org",
        "SELECT length(secrets) FROM app.slips WHERE sender_org_id = :org",
    ):
        assert {row[0] for row in stored(team, sealed)} == {0}, sealed
    assert stored(team, "SELECT 1 FROM app.consents WHERE org_id = :org AND withdrawn_at IS NULL") == []
    assert stored(team, "SELECT 1 FROM app.episodes WHERE org_id = :org AND ended_at IS NULL") == []
    with team.outreach.transaction() as (session, actor):
        assert load(session, actor, referral_id).state is State.WITHDRAWN


def test_an_erased_client_is_as_one_who_never_was(team: Cast) -> None:
    referral_id = lived(team)
    code = stored(team, "SELECT code FROM app.clients WHERE org_id = :org AND id = :client")[0][0]
    erase(team.outreach, team.client_id)
    for person in (team.outreach, team.caseworker):
        with person.transaction() as (session, actor):
            assert clients.page(session, actor).rows == ()
            assert clients.page(session, actor, archived=True).rows == ()
            for words in ("Canary", "012 345 678", str(code)):
                assert clients.search(session, actor, words).lines == ()
            assert drafts.drafts(session, actor) == []
            with pytest.raises(NotFound):
                clients.client_values(session, actor, team.client_id)
            with pytest.raises(NotFound):
                use_cases.erase(session, actor, team.client_id, ASKED, version=1)
            found = visit.see(session, actor, referral_id)
            assert found.client_id is None
            assert packet_store.read(session, actor, found) == packet_store.Packet()
    with team.caseworker.transaction() as (session, actor):
        closed = next(tab for tab in OUTBOX if State.WITHDRAWN in tab.states)
        (line,) = boxes.outbox(session, actor, closed, Wanted()).page.rows
        assert (line.id, line.client) == (referral_id, None)


def test_the_receiver_is_told_of_a_withdrawal_and_reads_nothing(team: Cast, network: Network) -> None:
    referral_id = lived(team)
    erase(team.caseworker, team.client_id)
    with team.nurse.transaction() as (session, actor):
        found = visit.see(session, actor, referral_id)
        assert found.state is State.WITHDRAWN
        assert packet_store.read(session, actor, found) == packet_store.Packet()
        kinds = session.execute(text("SELECT kind FROM app.referral_events WHERE referral_id = :r"), {"r": referral_id})
        assert "withdrawn" in kinds.scalars().all()


def test_what_was_served_and_can_still_be_read_is_withdrawn_too(team: Cast) -> None:
    referral_id = lived(team)
    with team.nurse.transaction() as (session, actor):
        visit.note_arrival(session, actor, referral_id)
        finish.complete(session, actor, referral_id, Outcome("service_received"))
    with team.outreach.transaction() as (session, actor):
        assert queries.readable(session, actor, team.client_id) == [referral_id]
    erase(team.outreach, team.client_id)
    with team.nurse.transaction() as (session, actor):
        found = visit.see(session, actor, referral_id)
        assert found.state is State.COMPLETED
        assert packet_store.read(session, actor, found) == packet_store.Packet()


def test_the_stay_frees_its_place_and_the_facts_of_it_stand(team: Cast) -> None:
    lived(team)
    taken = "SELECT sum(taken) FROM app.programmes WHERE org_id = :org"
    assert stored(team, taken) == [(1,)]
    erase(team.outreach, team.client_id)
    assert stored(team, taken) == [(0,)]
    assert stored(team, "SELECT outcome FROM app.episodes WHERE org_id = :org") == [("other",)]
    assert len(stored(team, "SELECT 1 FROM app.consents WHERE org_id = :org")) == 2
    audited = "SELECT detail ->> 'reason' FROM app.audit_log WHERE subject_id = :client AND action = 'client.erase'"
    assert stored(team, audited) == [("asked",)]


def test_the_receivers_own_record_stands(team: Cast) -> None:
    with team.nurse.transaction() as (session, actor):
        kept = create_client(session, actor, record("Canary-Kept"))
    lived(team)
    erase(team.outreach, team.client_id)
    with team.nurse.transaction() as (session, actor):
        assert clients.client_values(session, actor, kept).shown == "Canary-Kept"


def test_it_is_for_caseworkers_and_the_persons_own_worker(team: Cast) -> None:
    other = team.ngo.person("outreach")
    clinician = team.ngo.person("clinician")
    with pytest.raises(NotFound):
        erase(other, team.client_id, version=1)
    for person in (clinician, team.ngo.manager):
        assert person
        with pytest.raises(NotAllowed):
            erase(person, team.client_id, version=1)
    with pytest.raises(NotFound):
        erase(team.nurse, team.client_id, version=1)
    with pytest.raises(Conflict):
        erase(team.outreach, team.client_id, version=7)
    with team.outreach.transaction() as (session, actor):
        assert clients.client_values(session, actor, team.client_id).shown == "Canary-Alias"


SQL = "SELECT sec.erase_client('{client}', '{reason}')"


@pytest.fixture
def strangers(team: Cast) -> tuple[Person, ...]:
    manager = team.ngo.manager
    assert manager
    return team.ngo.person("outreach"), team.ngo.person("clinician"), manager


def test_the_database_refuses_it_to_everybody_else(team: Cast, strangers: tuple[Person, ...]) -> None:
    for person in strangers:
        with pytest.raises(DBAPIError) as refused, person.transaction() as (session, _actor):
            session.execute(text(SQL.format(client=team.client_id, reason="asked")))
        assert isinstance(refused.value.orig, psycopg.errors.InsufficientPrivilege)
    with team.nurse.transaction() as (session, _actor):
        assert session.execute(text(SQL.format(client=team.client_id, reason="asked"))).scalar_one() is False
    with pytest.raises(DBAPIError, match="not allowed"), team.outreach.transaction() as (session, _actor):
        session.execute(text(SQL.format(client=team.client_id, reason="retention")))


def test_no_sql_erases_while_a_receiver_waits_for_the_person(team: Cast) -> None:
    lived(team)
    with pytest.raises(DBAPIError, match="under way"), team.outreach.transaction() as (session, _actor):
        session.execute(text(SQL.format(client=team.client_id, reason="asked")))


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM app.client_keys",
        "DELETE FROM app.packet_keys",
        "DELETE FROM app.client_notes",
        "UPDATE app.clients SET erased_at = now()",
        "SELECT sec.empty_client('{org}', '{client}')",
        "SELECT sec.empty_packets('{org}', '{client}')",
        "SELECT sec.erase_keyless()",
        "SELECT * FROM sec.clients_past(now())",
    ],
)
def test_there_is_no_other_way_for_the_web(team: Cast, statement: str) -> None:
    with pytest.raises(DBAPIError, match="permission denied"), team.outreach.transaction() as (session, _actor):
        session.execute(text(statement.format(org=team.ngo.id, client=team.client_id)))


def test_nobody_who_is_told_learns_of_an_erasure(team: Cast, network: Network) -> None:
    lived(team)
    erase(team.outreach, team.client_id)
    assert "erased" not in " ".join(told(team.nurse))
