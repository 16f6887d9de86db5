"""Every level of keys is changed on a database of its own, while people go on working, and nothing is lost."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session

from app.core import clock, crypto, db, kek_checks, key_rows, keys
from app.core.errors import BadSetting, NotFound
from app.core.ids import new_id
from app.core.kek import HeldKeys
from app.core.rotation import Rotation
from orgs.clients import queries, use_cases
from orgs.clients.records import Record
from orgs.staff.use_cases import make_organisation
from referrals.life import packet_store
from referrals.life.scope import load
from referrals.life.use_cases import answer
from referrals.sending import drafts
from referrals.slips import issue
from tests.cast import SOKHA, Cast, cast, tomorrow
from tests.network import KEK, Network, Person, Servers

TWO = HeldKeys({**KEK.keys, 2: bytes(range(1, 33))})
WRONG = HeldKeys({1: bytes(32)})
NOTE = "Canary note of a visit"


@pytest.fixture(scope="module")
def network(servers: Servers, worker_id: str) -> Iterator[Network]:
    made = Servers.prepare(servers.admin_url, servers.redis_url, f"{worker_id}_keys")
    yield Network(made)
    made.clear()


@dataclass
class Life:
    """One client with something in every place where a value is sealed."""

    people: Cast
    referral_id: UUID
    draft_id: UUID

    def seen(self) -> tuple[Any, ...]:
        """All of it, read as its people read it."""
        with self.people.outreach.transaction() as (session, actor):
            found = load(session, actor, self.referral_id)
            sender = (
                queries.client_values(session, actor, self.people.client_id).record,
                drafts.read(session, actor, self.draft_id).body,
                issue.printed(session, actor, self.referral_id),
                packet_store.read(session, actor, found),
                [line.id for line in queries.search(session, actor, SOKHA.phone).lines],
                keys.keyring(session).pseudonym(self.people.client_id),
                session.scalars(text("SELECT id FROM app.client_notes")).all(),
            )
        with self.people.caseworker.transaction() as (session, actor):
            notes = notes_of(session, self.people.client_id)
        with self.people.nurse.transaction() as (session, actor):
            return (*sender, notes, packet_store.read(session, actor, load(session, actor, self.referral_id)))


def notes_of(session: Session, client_id: UUID) -> list[str | None]:
    ring = keys.keyring(session)
    rows = session.execute(text("SELECT id, body FROM app.client_notes WHERE client_id = :id"), {"id": client_id})
    return [ring.unseal_for(client_id, "client_notes", "body", row.id, row.body) for row in rows]


@pytest.fixture
def life(network: Network) -> Life:
    people = cast(network)
    with people.outreach.transaction() as (session, actor):
        use_cases.add_note(session, actor, people.client_id, NOTE)
        draft_id = drafts.start(session, actor, people.client_id, (people.second_id,))
    made = Life(people, people.send(), draft_id)
    with people.nurse.transaction() as (session, actor):
        answer.accept(session, actor, made.referral_id, tomorrow())
    return made


def rotation(network: Network, *, grace: float = 0, kek: HeldKeys | None = None) -> Rotation:
    return Rotation(network.servers.engines["spean_keeper"], kek or network.servers.kek, lambda _line: None, grace)


def rows(person: Person, sql: str) -> list[tuple[Any, ...]]:
    with person.transaction() as (session, _actor):
        return [tuple(row) for row in session.execute(text(sql))]


def under(person: Person, column: str, table: str) -> set[int]:
    """The key versions that are written before the sealed values of a column."""
    found = rows(person, f"SELECT {column} FROM app.{table} WHERE {column} IS NOT NULL")
    return {crypto.stamped(value)[0] for (value,) in found}


def rotations(person: Person) -> set[str]:
    return {
        detail["level"] for (detail,) in rows(person, "SELECT detail FROM app.audit_log WHERE action = 'keys.rotate'")
    }


def test_new_keys_for_organisations(network: Network, life: Life) -> None:
    outreach, nurse = life.people.outreach, life.people.nurse
    before, old = life.seen(), rows(outreach, "SELECT version, data_key, private_key FROM app.org_keys")
    public = rows(nurse, f"SELECT public_key FROM app.organisations WHERE id = '{nurse.org_id}'")
    rotation(network).organisations_level()
    assert life.seen() == before
    assert before[4] == [life.people.client_id]
    assert before[-2] == [NOTE]
    for person in (outreach, nurse):
        ((version, data, private),) = rows(person, "SELECT version, data_key, private_key FROM app.org_keys")
        assert version == old[0][0] + 1
        assert (data, private) not in [row[1:] for row in old]
        assert rows(person, "SELECT DISTINCT key_version FROM app.packet_keys") == [(version,)]
    assert rows(nurse, f"SELECT public_key FROM app.organisations WHERE id = '{nurse.org_id}'") != public
    assert under(outreach, "phone_hash", "clients") == under(outreach, "secrets", "slips") == {version}
    assert rows(outreach, "SELECT DISTINCT key_version FROM app.client_keys") == [(version,)]
    assert rotations(outreach) == rotations(nurse) == {"organisation"}
    with life.people.outreach.transaction() as (session, actor):
        assert use_cases.create_client(session, actor, SOKHA)


def test_one_organisation_alone(network: Network, life: Life) -> None:
    outreach, nurse = life.people.outreach, life.people.nurse
    before = life.seen()
    rotation(network).organisations_level(nurse.org_id)
    rotation(network).clients_level(outreach.org_id)
    assert life.seen() == before
    assert rows(outreach, "SELECT version FROM app.org_keys") == [(1,)]
    assert rows(nurse, "SELECT version FROM app.org_keys") == [(2,)]
    with pytest.raises(NotFound):
        rotation(network).organisations_level(new_id())


def test_new_keys_for_clients(network: Network, life: Life) -> None:
    outreach = life.people.outreach
    sealed = "SELECT alias, name, phone, reach, facts FROM app.clients"
    before, old = life.seen(), rows(outreach, sealed)
    rotation(network).clients_level()
    assert life.seen() == before
    assert rows(outreach, "SELECT generation FROM app.client_keys") == [(2,)]
    for column in ("alias", "name", "phone", "reach", "facts"):
        assert under(outreach, column, "clients") == {2}
    assert under(outreach, "body", "client_notes") == {2}
    assert not set(old[0]) & set(rows(outreach, sealed)[0])
    assert rotations(outreach) == {"clients"}


def test_a_new_key_encryption_key(servers: Servers, worker_id: str) -> None:
    made = Servers.prepare(servers.admin_url, servers.redis_url, f"{worker_id}_kek")
    try:
        people = cast(Network(made))
        with people.outreach.transaction() as (session, actor):
            before = queries.client_values(session, actor, people.client_id)
        waiting = replace(made, kek=TWO)
        with replace(people.outreach, servers=waiting).transaction() as (session, _actor):
            assert kek_checks.check(session, TWO) == 1  # the new one waits until it is rotated to
        rotation(Network(made), kek=TWO).kek_level()
        rotation(Network(made), kek=TWO).kek_level()
        newest = replace(made, kek=HeldKeys({2: TWO.keys[2]}))
        with replace(people.outreach, servers=newest).transaction() as (session, actor):
            assert queries.client_values(session, actor, people.client_id) == before
            assert kek_checks.check(session, newest.kek) == 2
            with pytest.raises(BadSetting, match=r"needs version 2 of the key-encryption key, which was not given\."):
                kek_checks.check(session, KEK)
        assert rows(people.outreach, "SELECT kek_version FROM app.org_keys") == [(2,)]
        assert rotations(people.outreach) == {"kek"}
        with pytest.raises(crypto.Unsealable), people.outreach.transaction() as (session, actor):
            queries.client_values(session, actor, people.client_id)
        for one in (waiting, newest):
            for engine in one.engines.values():
                engine.dispose()
    finally:
        made.clear()


def test_a_wrong_key_writes_nothing(network: Network, life: Life) -> None:
    wrong = replace(network.servers, kek=WRONG)
    before = rows(network.steward, "SELECT count(*) FROM app.organisations")
    with pytest.raises(BadSetting, match=r"Version 1 of the key-encryption key is not the one of this database\."):
        make(replace(network.steward, servers=wrong))
    with (
        pytest.raises(crypto.Unsealable),
        replace(life.people.outreach, servers=wrong).transaction() as (session, actor),
    ):
        use_cases.create_client(session, actor, SOKHA)
    with pytest.raises(BadSetting):
        rotation(network, kek=WRONG).kek_level()
    with pytest.raises(BadSetting):
        rotation(network, kek=HeldKeys({7: bytes(32)})).organisations_level()
    assert rows(network.steward, "SELECT count(*) FROM app.organisations") == before
    assert len(rows(life.people.outreach, "SELECT id FROM app.clients")) == 1
    for engine in wrong.engines.values():
        engine.dispose()


def make(steward: Person) -> UUID:
    with steward.transaction() as (session, actor):
        return make_organisation(session, actor, kind="ngo", prefix="WR", name_km="ក", name_en="Wrong")


def test_no_keys_stand_under_another_key_encryption_key(network: Network, life: Life) -> None:
    made = keys.new_org_keys(TWO, 2, life.people.ngo.id)
    row = insert(keys.OrgKey).values(
        org_id=new_id(), version=1, kek_version=2, data_key=made.data_key, private_key=made.private_key,
        created_at=clock.now(),
    )  # fmt: skip
    with (
        network.steward.transaction() as (session, _actor),
        pytest.raises(DBAPIError, match="not the key-encryption key in use"),
    ):
        session.execute(row)


def test_whoever_looked_before_writes_nothing_under_a_key_that_is_gone(network: Network, life: Life) -> None:
    """Each act looks, then keys change to the end with no patience at all, then it writes."""
    person, client_id, before = life.people.outreach, life.people.client_id, life.seen()

    def edit() -> None:
        with person.transaction() as (session, actor):
            version = queries.client_values(session, actor, client_id).version
            rotation(network).clients_level(person.org_id)
            use_cases.edit_client(session, actor, client_id, Record(alias="Too late"), version=version)

    def make() -> None:
        with person.transaction() as (session, actor):
            queries.client_values(session, actor, client_id)
            rotation(network).organisations_level(person.org_id)
            use_cases.create_client(session, actor, SOKHA)

    clients = rows(person, "SELECT id FROM app.clients")
    for act in (edit, make):
        with pytest.raises(OperationalError, match="sealed under a key that is gone"):
            act()
    assert life.seen() == before
    assert rows(person, "SELECT id FROM app.clients") == clients


def test_a_request_under_way_reads_what_was_sealed_anew_meanwhile(network: Network, life: Life) -> None:
    with life.people.outreach.transaction() as (session, actor):
        first = queries.client_values(session, actor, life.people.client_id)
        rotation(network).organisations_level(actor.org_id)
        rotation(network).clients_level(actor.org_id)
        session.expire_all()
        assert queries.client_values(session, actor, life.people.client_id) == first
        assert drafts.read(session, actor, life.draft_id)
        assert packet_store.read(session, actor, load(session, actor, life.referral_id)).identity


def test_people_work_on_while_keys_change(network: Network, life: Life) -> None:
    """No request fails and no change is lost, however often the keys change under it."""
    person, client_id, done, troubles = life.people.outreach, life.people.client_id, threading.Event(), []
    written = ["Canary-Alias"]

    def work() -> None:
        try:
            while not done.is_set():
                with person.transaction() as (session, actor):
                    view = queries.client_values(session, actor, client_id)
                    assert view.record.alias == written[-1]
                    name = f"Alias {len(written)}"
                    use_cases.edit_client(
                        session, actor, client_id, replace(view.record, alias=name), version=view.version
                    )
                written.append(name)
                with person.transaction() as (session, actor):
                    drafts.save(session, actor, life.draft_id, note=name)
                assert life.seen()[1].note == name
        except Exception as error:  # noqa: BLE001 - told below, in the test's own thread
            troubles.append(error)

    worker = threading.Thread(target=work)
    worker.start()
    for _ in range(2):
        rotation(network, grace=1).organisations_level(person.org_id)
        rotation(network, grace=1).clients_level(person.org_id)
        rotation(network, grace=1).organisations_level(life.people.nurse.org_id)
    done.set()
    worker.join()
    assert troubles == []
    assert len(written) > 3
    assert life.seen()[0].alias == written[-1]


def test_whoever_writes_meanwhile_is_never_in_its_way(network: Network, life: Life) -> None:
    """A row is held that the change wants, and the client's key is asked for at the end, as each writer does."""
    person = life.people.outreach
    change = threading.Thread(target=rotation(network).clients_level, args=(person.org_id,))
    with person.transaction() as (session, actor):
        drafts.save(session, actor, life.draft_id, note="meanwhile")
        session.flush()
        change.start()
        change.join(0.5)
        assert change.is_alive()
    change.join(30)
    assert not change.is_alive()
    assert life.seen()[1].note == "meanwhile"
    assert rotations(person) == {"clients"}


@pytest.mark.parametrize("level", ["--organisations", "--clients"])
def test_a_change_that_is_killed_goes_on(network: Network, life: Life, level: str) -> None:
    """Killed after each line that it says, it has lost nothing, and the next run takes it further."""
    before, org_id = life.seen(), life.people.outreach.org_id
    environ = {**os.environ, **network.servers.environ()}
    command = [sys.executable, "-m", "app.cli", "rotate-keys", level, "--only", str(org_id), "--grace", "0.3"]
    for lines in range(1, 12):
        with subprocess.Popen(command, env={**environ, "PYTHONUNBUFFERED": "1"}, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            said = [child.stdout.readline() for _ in range(lines)]
            child.send_signal(signal.SIGKILL)
        assert life.seen() == before
        if b"The keys are changed.\n" in said:
            break
    else:
        raise AssertionError("it never came to its end")
    assert lines > 2
    assert len(rows(life.people.outreach, "SELECT 1 FROM app.org_keys")) == 1
    assert len(rows(life.people.outreach, "SELECT 1 FROM app.client_keys")) == 1
    assert rotations(life.people.outreach) == {level.strip("-").replace("organisations", "organisation")}


def test_a_new_seal_refuses_once_and_tells_nothing(network: Network, life: Life) -> None:
    def salts() -> list[bytes]:
        with Session(network.servers.engines["spean_public"]) as session:
            logins = ("nobody@example.org", life.people.outreach.email)
            return [session.execute(text("SELECT sec.salt(:login)"), {"login": one}).scalar_one() for one in logins]

    before = salts()
    with Session(network.servers.engines["spean_web"]) as session:
        db.entering(session, db.by_token(life.people.outreach.token))
        assert db.actor(session)
        rotation(network).seal_level()
        with pytest.raises(ProgrammingError, match="no context"):
            session.execute(text("SELECT id FROM app.clients"))
    assert life.seen()
    assert salts() == before


def test_the_keeper_sees_sealed_values_of_the_organisation_it_entered(network: Network, life: Life) -> None:
    engine = network.servers.engines["spean_keeper"]
    with Session(engine) as session, pytest.raises(ProgrammingError, match="no context"):
        session.execute(text("SELECT id FROM app.clients"))
    with Session(engine) as session, db.transaction(session):
        session.execute(text("SELECT sec.enter_keys(:org)"), {"org": life.people.ngo.id})
        assert session.scalars(text("SELECT id FROM app.clients")).all() == [life.people.client_id]
        (sealed,) = session.execute(text("SELECT alias, name, phone, reach, facts FROM app.clients")).all()
        assert all(crypto.stamped(value) and b"Canary" not in value for value in sealed)
    for sql in (
        "SELECT code FROM app.clients",
        "SELECT name FROM app.staff",
        "SELECT ref FROM app.referrals",
        "SELECT client_id FROM app.referral_clients",
        "SELECT body FROM app.packet_parts",
        "SELECT key FROM sec.seal_key",
        "DELETE FROM app.clients",
        "SELECT sec.enter('x')",
    ):
        with Session(engine) as session:
            session.execute(text("SELECT sec.enter_keys(:org)"), {"org": life.people.ngo.id})
            with pytest.raises(ProgrammingError, match="permission denied"):
                session.execute(text(sql))


@pytest.mark.parametrize("role", ["spean_web", "spean_public", "spean_worker", "spean_publisher", "spean_backup"])
@pytest.mark.parametrize(
    "call", ["enter_keys(gen_random_uuid())", "key_holders()", "rotate_seal()", "drop_old_keks()", "note_kek(9, '')"]
)
def test_nobody_else_changes_keys(network: Network, role: str, call: str) -> None:
    with (
        Session(network.servers.engines[role]) as session,
        pytest.raises(ProgrammingError, match=r"permission denied for function"),
    ):
        session.execute(text(f"SELECT sec.{call}"))


def test_every_sealed_column_is_watched_and_within_the_keepers_reach(network: Network) -> None:
    """What a keyring may seal: the database refuses it under a key that is gone, and the keeper can seal it anew."""
    with Session(network.servers.engines["spean_migrator"]) as session:
        for one in key_rows.SEALED:
            watched = session.scalar(
                text("SELECT tgargs FROM pg_trigger WHERE tgname = 'sealed' AND tgrelid = CAST(:t AS regclass)"),
                {"t": f"app.{one.table}"},
            )
            assert watched == b"\0".join(word.encode() for word in (one.org, one.client, *one.columns)) + b"\0"
            for column in one.columns:
                assert session.scalar(
                    text("SELECT has_column_privilege('spean_keeper', :t, :c, 'SELECT, UPDATE')"),
                    {"t": f"app.{one.table}", "c": column},
                ), (one.table, column)


def test_nothing_is_sealed_where_a_change_of_keys_would_not_come_by(life: Life) -> None:
    with life.people.outreach.transaction() as (session, _actor):
        ring = keys.keyring(session)
        with pytest.raises(LookupError):
            ring.seal("elsewhere", "body", new_id(), "x")
        with pytest.raises(LookupError):
            ring.seal_for(life.people.client_id, "slips", "secrets", new_id(), "x")
