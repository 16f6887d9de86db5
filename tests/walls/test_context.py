"""The sealed context: forged, replayed, left over, or opened by a session that ended."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg.rows import TupleRow
from sqlalchemy import Engine, select, text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core import db
from app.core.errors import SignInNeeded
from app.core.walls import ENTERED
from orgs.staff import signing_in
from orgs.staff.models import Invite, Staff
from orgs.staff.own_access import make_token
from tests.cast import cast
from tests.network import CHEAP, PASSWORD, Network, Person, Servers

Connection = psycopg.Connection[TupleRow]
READ = "SELECT count(*) FROM app.staff"
HELD = "SELECT current_setting('spean.context', true)"


@dataclass
class Entry:
    """How one role comes to a context of `org_id`."""

    role: str
    url: str
    org_id: UUID
    sql: str
    by: str

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A connection under the role, in no transaction."""
        with psycopg.connect(self.url, prepare_threshold=None) as made:
            yield made
            made.rollback()

    def enter(self, connection: Connection) -> str:
        """Enter in the connection's transaction; returns what the setting then holds."""
        connection.execute(self.sql, (self.by,))  # type: ignore[arg-type]
        row = connection.execute(HELD).fetchone()
        assert row
        return str(row[0])


def refused(connection: Connection, query: str = READ) -> bool:
    """Whether the database says that nobody entered; the transaction goes on."""
    try:
        with connection.transaction():
            connection.execute(query)  # type: ignore[arg-type]
    except psycopg.errors.InsufficientPrivilege as error:
        return error.diag.message_primary == "no context"
    return False


@pytest.fixture(params=ENTERED)
def entry(network: Network, request: pytest.FixtureRequest) -> Iterator[Entry]:
    role = str(request.param)
    url = network.servers.urls[role]
    if role == "spean_worker":
        team = cast(network)
        team.send()
        with psycopg.connect(url, autocommit=True) as worker:
            jobs = [row[0] for row in worker.execute("SELECT job_id FROM sec.claim_jobs(1000, interval '5 minutes')")]
            job = next(one for one in jobs if _told(worker, one) == team.clinic.id)
            yield Entry(role, url, team.clinic.id, "SELECT org_id FROM sec.enter_job(%s)", str(job))
        with network.servers.administrator() as staging:
            staging.execute("UPDATE app.outbox SET next_at = now(), leased_until = NULL WHERE id = ANY (%s)", (jobs,))
        return
    person = network.organisation("commune").person("official") if role == "spean_public" else manager(network)
    yield Entry(role, url, person.org_id, "SELECT org_id FROM sec.enter(%s)", person.token)


def _told(worker: Connection, job: UUID) -> UUID | None:
    row = worker.execute("SELECT org_id FROM sec.enter_job(%s)", (job,)).fetchone()
    return row[0] if row else None


def manager(network: Network) -> Person:
    made = network.organisation().manager
    assert made is not None
    return made


def test_a_forgotten_where_reads_only_the_own_organisation(network: Network) -> None:
    alice, bob = manager(network), manager(network)
    with alice.transaction() as (session, actor):
        assert {row.org_id for row in session.scalars(select(Staff))} == {actor.org_id}
        assert {row.org_id for row in session.scalars(select(Invite))} == {actor.org_id}
    assert alice.org_id != bob.org_id


def forgeries(held: str, other: UUID, own: UUID) -> list[str]:
    """Contexts that SQL could make up, knowing one that is good and how it is written."""
    seal, body = held[:64], held[65:]
    parts = body.split("|")
    made = "|".join([parts[0], str(other), *parts[2:]])
    return [
        "",
        "x",
        body,
        f"{seal} {made}",
        f"{'0' * 64} {made}",
        f"{sha256(made.encode()).hexdigest()} {made}",
        f"{sha256(sha256(made.encode()).digest()).hexdigest()} {made}",
        held.replace(str(own), str(other)),
        f"{held}|{other}",
        f"{seal} {body}x",
        held.upper(),
    ]


def test_sql_cannot_make_a_context(entry: Entry) -> None:
    with entry.connection() as connection:
        held = entry.enter(connection)
        assert not refused(connection)
        for forged in forgeries(held, uuid4(), entry.org_id):
            connection.execute("SELECT set_config('spean.context', %s, true)", (forged,))
            assert refused(connection), forged
        connection.execute("SELECT set_config('spean.context', %s, true)", (held,))
        assert not refused(connection)  # its own context again, and nobody else's
        for statement in ("RESET spean.context", "SET LOCAL spean.context = 'x'", "SET SESSION spean.context = 'x'"):
            connection.execute(statement)
            assert refused(connection), statement


def test_a_context_does_not_fit_the_next_transaction(entry: Entry) -> None:
    with entry.connection() as connection:
        held = entry.enter(connection)
        connection.commit()
        assert refused(connection)
        for local in ("true", "false"):
            connection.execute(f"SELECT set_config('spean.context', %s, {local})", (held,))  # type: ignore[arg-type]
            assert refused(connection), "the same backend, a later transaction"
        connection.commit()
        assert connection.execute(HELD).fetchone() == (held,), "the setting stayed for the session"
        assert refused(connection), "left over in the session, and worth nothing"


def test_a_context_does_not_fit_another_connection(entry: Entry) -> None:
    with entry.connection() as one, entry.connection() as other:
        held = entry.enter(one)
        other.execute("SELECT set_config('spean.context', %s, true)", (held,))
        assert refused(other)
        assert not refused(one), "while the transaction that it belongs to goes on"
    with psycopg.connect(entry.url, options=f"-c spean.context={held.replace(' ', chr(92) + ' ')}") as third:
        assert third.execute(HELD).fetchone() == (held,)
        assert refused(third)


def test_a_context_ends_with_its_savepoint_and_with_its_transaction(entry: Entry) -> None:
    with entry.connection() as connection:
        connection.execute("SAVEPOINT before")
        entry.enter(connection)
        connection.execute("ROLLBACK TO before")
        assert refused(connection)
        entry.enter(connection)
        connection.rollback()
        assert refused(connection)
        entry.enter(connection)
        with pytest.raises(psycopg.errors.DivisionByZero):
            connection.execute("SELECT 1/0")
        connection.rollback()
        assert refused(connection)


def test_who_entered_last_is_who_acts_until_the_savepoint_is_left(network: Network) -> None:
    alice, bob = manager(network), manager(network)
    with psycopg.connect(network.servers.urls["spean_web"]) as connection:
        connection.execute("SELECT sec.enter(%s)", (alice.token,))
        connection.execute("SAVEPOINT other")
        connection.execute("SELECT sec.enter(%s)", (bob.token,))
        assert connection.execute("SELECT sec.org()").fetchone() == (bob.org_id,)
        connection.execute("ROLLBACK TO other")
        assert connection.execute("SELECT sec.org()").fetchone() == (alice.org_id,)


@pytest.mark.parametrize("role", [*ENTERED, "spean_publisher", "spean_migrator"])
def test_nobody_acts_without_a_context(network: Network, role: str) -> None:
    with psycopg.connect(network.servers.urls[role], autocommit=True) as connection:
        for function in ("org", "kind", "staff", "who"):
            connection.execute("SELECT set_config('spean.context', %s, false)", (f"{'0' * 64} a|b|c|d|e",))
            assert refused(connection, f"SELECT sec.{function}()")


def seen(engine: Engine, person: Person | None) -> tuple[int, set[UUID]]:
    """The backend, and whose colleagues are seen there."""
    with Session(engine) as session:
        if person:
            db.entering(session, db.by_token(person.token))
        with db.transaction(session):
            pid = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            return pid, set(session.scalars(select(Staff.org_id)))


def test_a_pooled_connection_serves_the_next_person_as_themselves(network: Network, one_connection: Engine) -> None:
    alice, bob = manager(network), manager(network)
    first, orgs = seen(one_connection, alice)
    assert orgs == {alice.org_id}
    assert seen(one_connection, bob) == (first, {bob.org_id})
    with pytest.raises(ProgrammingError, match="no context"):
        seen(one_connection, None)
    assert seen(one_connection, alice) == (first, {alice.org_id})


def test_threads_that_share_connections_do_not_mix(network: Network) -> None:
    people = [manager(network) for _ in range(4)]
    engine = db.engine(network.servers.urls["spean_web"], size=1)
    try:
        with ThreadPoolExecutor(8) as pool:
            answers = list(pool.map(lambda person: seen(engine, person), people * 15))
    finally:
        engine.dispose()
    assert [orgs for _pid, orgs in answers] == [{person.org_id} for person in people] * 15
    assert len({pid for pid, _orgs in answers}) < len(people)


ENDINGS: dict[str, str] = {
    "revoked": "UPDATE sec.sessions SET revoked_at = now() WHERE staff_id = %(staff)s",
    "idle": "UPDATE sec.sessions SET seen_at = now() - interval '31 minutes' WHERE staff_id = %(staff)s",
    "expired": "UPDATE sec.sessions SET expires_at = now() - interval '1 second' WHERE staff_id = %(staff)s",
    "of somebody who left": "UPDATE app.staff SET active = false WHERE id = %(staff)s",
    "of an organisation that closed": "UPDATE app.organisations SET active = false WHERE id = %(org)s",
}


def test_two_requests_of_one_person_do_not_wait_for_each_other(network: Network) -> None:
    """Both would note that the person is there; the first one that does holds the session's row until it ends."""
    person = manager(network)
    with network.servers.administrator() as staging:
        staging.execute(
            "UPDATE sec.sessions SET seen_at = now() - interval '2 minutes' WHERE staff_id = %s", [person.staff_id]
        )
    with person.transaction(), person.transaction() as (_session, actor):
        assert actor.staff_id == person.staff_id
    with network.servers.administrator() as looking:
        seen = looking.execute(
            "SELECT seen_at > now() - interval '1 minute' FROM sec.sessions WHERE staff_id = %s", [person.staff_id]
        ).fetchone()
    assert seen == (True,)


@pytest.mark.parametrize("ending", ENDINGS)
@pytest.mark.parametrize("official", [False, True])
def test_a_session_that_ended_enters_no_more(network: Network, ending: str, official: bool) -> None:  # noqa: FBT001
    person = network.organisation("commune").person("official") if official else manager(network)
    with person.transaction():
        pass
    with network.servers.administrator() as staging:
        staging.execute(ENDINGS[ending], {"staff": person.staff_id, "org": person.org_id})  # type: ignore[arg-type]
    with pytest.raises(SignInNeeded), person.transaction():
        pass


@pytest.mark.parametrize("ending", [one for one in ENDINGS if one != "idle"])
def test_a_token_for_programs_ends_likewise(network: Network, ending: str) -> None:
    person = manager(network)
    with person.transaction() as (session, actor):
        token = make_token(session, actor, label="reports", days=1)
    by_program = Person(person.servers, person.email, token, person.official, person.org_id, person.staff_id)
    with by_program.transaction():
        pass
    with network.servers.administrator() as staging:
        staging.execute(ENDINGS[ending], {"staff": person.staff_id, "org": person.org_id})  # type: ignore[arg-type]
    with pytest.raises(SignInNeeded), by_program.transaction():
        pass


def test_signing_out_ends_the_session(network: Network) -> None:
    alice = manager(network)
    with Session(network.servers.engines["spean_public"]) as session, db.transaction(session):
        signing_in.sign_out(session, alice.token)
    with pytest.raises(SignInNeeded), alice.transaction():
        pass


def test_an_officials_session_opens_nothing_on_the_staff_connections(network: Network) -> None:
    official = network.organisation("commune", area="121201").person("official")
    for role in ("spean_web", "spean_worker"):
        with Session(network.servers.engines[role]) as session:
            db.entering(session, db.by_token(official.token))
            with pytest.raises((SignInNeeded, ProgrammingError)):
                db.actor(session)


def test_a_staff_session_opens_nothing_on_the_officials_connections(network: Network) -> None:
    with Session(network.servers.engines["spean_public"]) as session:
        db.entering(session, db.by_token(manager(network).token))
        with pytest.raises(SignInNeeded):
            db.actor(session)


def stored(network: Network, person: Person) -> tuple[bytes, bytes, bytes]:
    """What a stolen dump holds of somebody: salt, verifier, and the hash of a session's token."""
    with network.servers.engines["spean_backup"].connect() as connection:
        row = connection.execute(
            text("SELECT c.salt, c.verifier, s.token_hash FROM sec.credentials c JOIN sec.sessions s USING (staff_id)"
                 " WHERE c.staff_id = :id LIMIT 1"), {"id": person.staff_id},
        ).one()  # fmt: skip
    return bytes(row[0]), bytes(row[1]), bytes(row[2])


@pytest.mark.parametrize("role", ["spean_web", "spean_public"])
def test_a_session_opens_only_with_the_secret_that_the_password_gives(network: Network, role: str) -> None:
    alice = manager(network)
    salt, verifier, token_hash = stored(network, alice)
    with psycopg.connect(network.servers.urls[role]) as thief:
        for guess in (salt, verifier, sha256(verifier).digest(), PASSWORD.encode(), b"", None):
            thief.execute("SAVEPOINT try")
            row = thief.execute("SELECT * FROM sec.sign_in(%s, %s, %s)", (alice.email, guess, bytes(32))).fetchone()
            assert row is None
            thief.execute("ROLLBACK TO try")
        for token in (token_hash.hex(), f"\\x{token_hash.hex()}", token_hash.decode("latin-1").replace("\0", "")):
            assert thief.execute("SELECT * FROM sec.enter(%s)", (token,)).fetchone() is None
        thief.rollback()


def test_only_the_password_signs_in(network: Network) -> None:
    alice = manager(network)
    with Session(network.servers.engines["spean_public"]) as session:
        for wrong in ("bridge over wate", "", PASSWORD.upper()):
            with pytest.raises(signing_in.Invalid):
                signing_in.sign_in(session, alice.email, wrong, CHEAP)
        session.rollback()


def test_an_unknown_sign_in_name_looks_like_a_known_one(network: Network) -> None:
    with network.servers.engines["spean_public"].connect() as connection:
        ask = text("SELECT sec.salt('nobody@example.org')")
        first, second = connection.execute(ask).scalar_one(), connection.execute(ask).scalar_one()
    assert bytes(first) == bytes(second)
    assert len(first) == 16


def test_ten_wrong_passwords_lock_the_name_for_a_while(network: Network) -> None:
    alice = manager(network)
    with Session(network.servers.engines["spean_public"]) as session:
        for _ in range(10):
            with pytest.raises(signing_in.Invalid):
                signing_in.sign_in(session, alice.email, "not the password", CHEAP)
            session.commit()
        with pytest.raises(signing_in.Invalid):
            signing_in.sign_in(session, alice.email, PASSWORD, CHEAP)


@pytest.fixture(scope="module")
def empty(servers: Servers, worker_id: str) -> Iterator[Servers]:
    """A database in which nothing has ever stood."""
    made = Servers.prepare(servers.admin_url, servers.redis_url, f"{worker_id}_empty")
    yield made
    made.clear()


SCANS = "-c enable_indexscan=off -c enable_bitmapscan=off -c enable_indexonlyscan=off"
"""An index asks for its key at once, and so would raise; to look at an empty table row by row never asks."""
_GRANTED = """
SELECT t.relname, quote_ident(c.attname), has_column_privilege(%(role)s, t.oid, c.attnum, 'SELECT'),
    has_column_privilege(%(role)s, t.oid, c.attnum, 'UPDATE'), has_table_privilege(%(role)s, t.oid, 'DELETE'),
    c.attgenerated <> ''
FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
WHERE t.relnamespace = 'app'::regnamespace AND t.relkind IN ('r', 'p')
"""


def granted(empty: Servers, role: str) -> list[str]:
    """A statement for each column of each table that `role` may read or write, and for each that it may empty."""
    said: dict[str, None] = {}
    with empty.administrator() as catalogue:
        for table, column, reads, writes, deletes, made in catalogue.execute(_GRANTED, {"role": role}):
            if reads:
                said[f"SELECT {column} FROM app.{table}"] = None
                said[f"SELECT {column} FROM app.{table} ORDER BY {column} LIMIT 1"] = None
                if not made:
                    said[f"COPY app.{table} ({column}) TO STDOUT"] = None
                said[f"EXPLAIN SELECT {column} FROM app.{table}"] = None
            if writes:
                said[f"UPDATE app.{table} SET {column} = DEFAULT"] = None
            if deletes:
                said[f"DELETE FROM app.{table}"] = None
    return list(said)


@pytest.mark.parametrize("role", ENTERED)
def test_an_empty_table_raises_without_a_context(empty: Servers, role: str) -> None:
    statements = granted(empty, role)
    assert len(statements) > 80
    with psycopg.connect(empty.urls[role], autocommit=True, options=SCANS) as connection:
        answered = [one for one in statements if not refused(connection, one)]
    assert answered == []


def test_without_the_policy_an_empty_table_would_answer(empty: Servers) -> None:
    policy: Callable[[str], str] = "ALTER POLICY context ON app.clients USING ({})".format
    with psycopg.connect(empty.admin_url, dbname=empty.database, options=SCANS) as staging:
        staging.execute(policy("(SELECT sec.org()) IS NOT NULL"))  # type: ignore[arg-type]
        staging.execute("SET LOCAL ROLE spean_web")
        assert staging.execute("SELECT id FROM app.clients").fetchall() == []
        staging.rollback()


def test_the_session_is_seen_again_after_half_an_hour_of_work(network: Network) -> None:
    """What keeps a session alive is use: 31 minutes in two steps, with a request between them."""
    alice = manager(network)
    for _ in range(2):
        with network.servers.administrator() as staging:
            staging.execute(
                "UPDATE sec.sessions SET seen_at = seen_at - %s WHERE staff_id = %s",
                (timedelta(minutes=16), alice.staff_id),
            )
        with alice.transaction():
            pass
