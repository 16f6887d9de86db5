"""What each role's password is worth to a thief who has nobody's session: every table and every function is tried.

A new table or function fails these tests until somebody writes down here what it gives away.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import psycopg
import pytest
from psycopg.rows import TupleRow

from app.core import ids
from orgs.clients.use_cases.notes import add_note
from orgs.clients.use_cases.records import create_client
from orgs.facts import Detail
from tests.cast import SOKHA, Cast, cast
from tests.network import Network
from tests.walls.reviewed import EXECUTE

Connection = psycopg.Connection[TupleRow]

EVERYTHING = frozenset({"*"})
READABLE: dict[str, frozenset[str]] = {
    "spean_web": frozenset(),
    "spean_public": frozenset(),
    "spean_worker": frozenset(),
    # Nothing before it enters an organisation, which it may without anybody's word; then sealed values and no others.
    "spean_keeper": frozenset(),
    # Counting is what it is for: days, areas, services, and pseudonyms that only an organisation's key could match.
    "spean_publisher": frozenset({"app.areas", "app.network_settings", "app.uptake_facts", "app.uptake_releases"}),
    # Names of areas. By taking an owner's part it can change every table, and so read what is not encrypted.
    "spean_migrator": frozenset({"app.areas"}),
    # All rows, encrypted as they are, with the seal's key: that is what a backup is.
    "spean_backup": EVERYTHING,
}
NOTHING = "nothing"
"""It raises, or answers with no row, NULL, false, or the words for a link that is used up."""

NOBODY = "gen_random_uuid()"
CALLS: dict[str, tuple[str, str]] = {
    "sec.org()": ("SELECT sec.org()", NOTHING),
    "sec.kind()": ("SELECT sec.kind()", NOTHING),
    "sec.staff()": ("SELECT sec.staff()", NOTHING),
    "sec.who()": ("SELECT sec.who()", NOTHING),
    "sec.enter(text)": ("SELECT * FROM sec.enter('a guess')", NOTHING),
    "sec.salt(text)": ("SELECT sec.salt(%(email)s)", "16 bytes, as for a name that nobody has"),
    "sec.sign_in(text,bytea,bytea)": ("SELECT * FROM sec.sign_in(%(email)s, 'a guess', sha256('x'))", NOTHING),
    "sec.sign_out(text)": ("SELECT sec.sign_out('a guess')", NOTHING),
    "sec.open_invite(text)": ("SELECT * FROM sec.open_invite('a guess')", NOTHING),
    "sec.accept_invite(text,uuid,text,text,text,bytea,bytea)": (
        f"SELECT nullif(sec.accept_invite('a guess', {NOBODY}, %(email)s, 'x', 'km', 'x', 'x'), 'gone')", NOTHING,
    ),
    "sec.reset_password(text,bytea,bytea)": ("SELECT sec.reset_password('a guess', 'x', 'x')", NOTHING),
    "sec.change_password(bytea,bytea,bytea)": ("SELECT sec.change_password('x', 'x', 'x')", NOTHING),
    "sec.my_login()": ("SELECT sec.my_login()", NOTHING),
    "sec.my_sessions()": ("SELECT * FROM sec.my_sessions()", NOTHING),
    "sec.revoke_session(uuid)": (f"SELECT sec.revoke_session({NOBODY})", NOTHING),
    "sec.manages()": ("SELECT sec.manages()", NOTHING),
    "sec.make_token(bytea,text,integer)": ("SELECT sec.make_token(sha256('x'), 'x', 1)", NOTHING),
    "sec.revoke_staff(uuid)": ("SELECT sec.revoke_staff(%(staff)s)", NOTHING),
    "sec.end_officials(uuid)": ("SELECT sec.end_officials(%(org)s)", NOTHING),
    "sec.is_today(date)": ("SELECT nullif(sec.is_today('2000-01-01'), false)", NOTHING),
    "sec.withdraw(uuid,uuid)": ("SELECT sec.withdraw(%(org)s, %(referral)s)", NOTHING),
    "sec.hold_places(uuid)": (f"SELECT * FROM sec.hold_places({NOBODY})", NOTHING),
    "sec.claim_jobs(integer,interval)": (
        "SELECT * FROM sec.claim_jobs(1000, '1 second')", "job references: id, kind, R-… and how often each was tried",
    ),
    "sec.enter_job(uuid)": (f"SELECT * FROM sec.enter_job({NOBODY})", NOTHING),
    "sec.finish_job(uuid,text)": (f"SELECT sec.finish_job({NOBODY}, 'x')", NOTHING),
    "sec.claim_delivery(text,interval)": (
        "SELECT * FROM sec.claim_delivery('email', '1 second')", "ids of a mail that is due, and of its organisation",
    ),
    "sec.enter_delivery(uuid,uuid)": (f"SELECT * FROM sec.enter_delivery(%(org)s, {NOBODY})", NOTHING),
    "sec.keep_sent(uuid)": (f"SELECT nullif(sec.keep_sent({NOBODY})::text, '')", NOTHING),
    "sec.keep_dropped(uuid,text)": (f"SELECT nullif(sec.keep_dropped({NOBODY}, 'x')::text, '')", NOTHING),
    "sec.keep_parked(uuid,text,interval)": (
        f"SELECT nullif(sec.keep_parked({NOBODY}, 'x', '1 second')::text, '')", NOTHING,
    ),
    "sec.keep_refused(uuid,text,interval,boolean,interval)": (
        f"SELECT sec.keep_refused({NOBODY}, 'x', NULL, true, '1 second')", NOTHING,
    ),
    "sec.sweep_deliveries(integer)": ("SELECT sec.sweep_deliveries(1)", "how many old deliveries left"),
    "sec.settle_failed(uuid,boolean)": (f"SELECT sec.settle_failed({NOBODY}, true)", NOTHING),
    "sec.delivery_counts()": ("SELECT * FROM sec.delivery_counts()", NOTHING),
    "sec.retry_deliveries(text,text)": ("SELECT sec.retry_deliveries('email', NULL)", NOTHING),
    "sec.due_referrals(integer)": ("SELECT * FROM sec.due_referrals(1000)", "ids of referrals that are due, and why"),
    "sec.enter_due(uuid,uuid)": ("SELECT sec.enter_due(%(org)s, %(referral)s)", NOTHING),
    "sec.looks_after(uuid)": ("SELECT sec.looks_after(%(referral)s)", NOTHING),
    "sec.refresh_records()": ("SELECT sec.refresh_records()", "how many programmes have a record"),
    "sec.close_lapsed(integer)": ("SELECT sec.close_lapsed(1)", "how many keys of lapsed packets left"),
    "sec.destroy_closed(integer)": ("SELECT sec.destroy_closed(1)", "how many packets' keys left"),
    "sec.beat_clock(text,double precision)": ("SELECT sec.beat_clock('a guess', 1)", "whether the clock is right"),
    "sec.clock_right()": ("SELECT sec.clock_right()", "whether the clock is right"),
    "sec.clock_state()": ("SELECT * FROM sec.clock_state()", "how the clock stands"),
    "sec.continue_clock()": ("SELECT nullif(sec.continue_clock(), false)", NOTHING),
    "sec.reopen_closed(timestamp with time zone)": ("SELECT * FROM sec.reopen_closed('infinity')", NOTHING),
    "sec.sweep(integer)": ("SELECT sec.sweep(1)", "how many old rows left"),
    "sec.due_clients(integer)": ("SELECT sec.due_clients(1)", "ids of clients whose time has come"),
    "sec.enter_due_client(uuid,uuid)": (f"SELECT nullif(sec.enter_due_client({NOBODY}, {NOBODY}), false)", NOTHING),
    "sec.erase_client(uuid,text)": (f"SELECT sec.erase_client({NOBODY}, 'asked')", NOTHING),
    "sec.own_retention(integer)": ("SELECT * FROM sec.own_retention(30)", NOTHING),
    "sec.retention_preview(integer)": ("SELECT * FROM sec.retention_preview(30)", "counts over the whole network"),
    "sec.set_retention(text,integer)": ("SELECT nullif(sec.set_retention('x', 1), false)", NOTHING),
    "sec.erase_keyless()": ("SELECT sec.erase_keyless()", "how many clients without a key were emptied"),
    "sec.seal_audit(integer)": ("SELECT sec.seal_audit(1)", "how many entries were sealed"),
    "sec.witness_audit()": ("SELECT sec.witness_audit()", "how many chains were witnessed"),
    "sec.prune_audit(integer)": ("SELECT sec.prune_audit(1)", "how many old entries left"),
    "sec.audit_lag()": ("SELECT * FROM sec.audit_lag()", "how many entries wait for their seal, and for how long"),
    "sec.audit_chains()": ("SELECT * FROM sec.audit_chains()", "each organisation's id, and hashes of its chain"),
    "sec.audit_links(uuid,bigint,integer)": (
        "SELECT * FROM sec.audit_links(%(org)s, 0, 1000)",
        "the audit itself: who did what and when, by ids and references",
    ),
    "sec.audit_strays(uuid,integer)": ("SELECT * FROM sec.audit_strays(%(org)s, 1000)", "ids of entries"),
    "sec.audit_opened()": ("SELECT * FROM sec.audit_opened()", "organisations' ids, and hashes that they witnessed"),
    "sec.note_task_started(text)": ("SELECT nullif(sec.note_task_started('spean.x')::text, '')", NOTHING),
    "sec.note_task_succeeded(text,interval)": (
        "SELECT nullif(sec.note_task_succeeded('spean.x', '1 second')::text, '')", NOTHING,
    ),
    "sec.note_task_failed(text,text,integer,integer,interval)": (
        "SELECT nullif(sec.note_task_failed('spean.x', 'x', 1, 1, '1 second')::text, '')", NOTHING,
    ),
    "sec.sweep_errors(integer)": ("SELECT sec.sweep_errors(1)", "how many counted errors left"),
    "sec.look_at_tasks(text[],interval)": (
        "SELECT * FROM sec.look_at_tasks('{spean.x}', '1 second')", "how long ago each scheduled task succeeded",
    ),
    "sec.note_late(text[])": ("SELECT nullif(sec.note_late('{spean.x}')::text, '')", NOTHING),
    "sec.claim_alerts()": (
        "SELECT sec.note_late('{spean.x}')::text, x.* FROM sec.claim_alerts() x",
        "the stewards' mail addresses while an alarm is to be sent, which the web's password may also raise",
    ),
    "sec.note_alert(uuid,uuid,text,text)": (
        f"SELECT nullif(sec.note_alert({NOBODY}, {NOBODY}, 'late', 'sent')::text, '')", NOTHING,
    ),
    "sec.note_error(text,text,text)": ("SELECT sec.note_error('E-222222', 'x', 'x')", "that an error was counted"),
    "sec.task_heartbeats()": ("SELECT * FROM sec.task_heartbeats()", NOTHING),
    "sec.recent_incidents(integer)": ("SELECT * FROM sec.recent_incidents(9)", NOTHING),
    "sec.open_incidents()": ("SELECT sec.open_incidents()", NOTHING),
    "sec.error_counts()": ("SELECT * FROM sec.error_counts()", NOTHING),
    "sec.first_steward(uuid,text,text,text,bytea,integer,bytea,bytea,uuid,bytea,boolean)": (
        f"SELECT sec.first_steward({NOBODY}, 'AA', 'x', 'x', 'x', 1, 'x', 'x', {NOBODY}, sha256('x'), true)",
        "an invitation as a steward, who never sees a case",
    ),
    "sec.is_empty()": ("SELECT sec.is_empty()", NOTHING),
    "sec.begin_rehearsal(bytea)": ("SELECT sec.begin_rehearsal(sha256('x'))", NOTHING),
    "sec.end_rehearsal()": ("SELECT nullif(sec.end_rehearsal()::text, '')", NOTHING),
    "sec.keks_in_use()": ("SELECT * FROM sec.keks_in_use()", "versions, and check values that tell nothing"),
    "sec.note_kek(integer,bytea)": ("SELECT nullif(sec.note_kek(9, 'x')::text, '')", NOTHING),
    "sec.drop_old_keks()": ("SELECT nullif(sec.drop_old_keks(), 0)", NOTHING),
    "sec.key_holders()": ("SELECT * FROM sec.key_holders()", "organisations' ids"),
    "sec.enter_keys(uuid)": ("SELECT sec.enter_keys(%(org)s)", "an organisation's sealed values, to read and to write"),
    "sec.begin_keys(text)": ("SELECT sec.begin_keys('x')", "when a change of keys began"),
    "sec.end_keys(text)": ("SELECT nullif(sec.end_keys('x')::text, '')", NOTHING),
    "sec.note_rotation(text,integer)": ("SELECT sec.note_rotation('x', 1)", NOTHING),
    "sec.rotate_seal()": ("SELECT nullif(sec.rotate_seal()::text, '')", "an end to every transaction under way"),
    "sec.sealed_version(bytea)": ("SELECT sec.sealed_version('x')", NOTHING),
}  # fmt: skip

IN_A_JOB = {
    "areas", "deliveries", "notifications", "organisations", "programme_team", "programmes", "referral_clients",
    "referral_events", "referrals", "staff",
}  # fmt: skip
"""What the worker reads of the one organisation that a waiting job tells: its staff's names and addresses, its
notices and what became of each mail, its referrals' states, and of whose client a referral is only which colleague
sent it and which one looks after the person."""


@pytest.fixture(scope="module")
def team(network: Network) -> Cast:
    """Something of everything stands in the tables."""
    return cast(network)


@contextmanager
def thief(network: Network, role: str) -> Iterator[Connection]:
    """A connection by the password alone. Nothing of what it did stays."""
    with (
        psycopg.connect(network.servers.urls[role], prepare_threshold=None) as connection,
        connection.transaction(force_rollback=True),
    ):
        yield connection


def tables(network: Network) -> list[tuple[str, list[str]]]:
    """Every table there is, with its columns."""
    with network.servers.administrator() as catalogue:
        return catalogue.execute(
            "SELECT t.oid::regclass::text, array_agg(quote_ident(c.attname) ORDER BY c.attnum) FROM pg_class t"
            " JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped"
            " WHERE t.relkind IN ('r', 'p', 'v', 'm', 'f')"
            " AND t.relnamespace::regnamespace::text IN ('app', 'sec', 'meta', 'public') GROUP BY t.oid"
        ).fetchall()  # type: ignore[return-value]


def answers(connection: Connection, query: str, values: dict[str, object] | None = None) -> list[TupleRow] | None:
    """The rows, or None when the database refuses."""
    try:
        with connection.transaction():
            return connection.execute(query, values).fetchall()  # type: ignore[arg-type]
    except psycopg.errors.InsufficientPrivilege:
        return None


@pytest.mark.parametrize("role", READABLE)
def test_the_tables_that_a_password_alone_opens(network: Network, team: Cast, role: str) -> None:
    every = tables(network)
    with thief(network, role) as connection:
        opened = {
            table
            for table, columns in every
            if any(answers(connection, f"SELECT {column} FROM {table} LIMIT 1") is not None for column in columns)
        }
    assert opened == ({table for table, _columns in every} if READABLE[role] is EVERYTHING else READABLE[role])


@pytest.mark.parametrize("role", READABLE)
def test_what_a_password_alone_may_call(network: Network, team: Cast, role: str) -> None:
    with network.servers.administrator() as catalogue:
        rows = catalogue.execute(
            "SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'sec'::regnamespace"
            " AND has_function_privilege(%s, oid, 'EXECUTE')",
            (role,),
        ).fetchall()
    assert {name for (name,) in rows} == {name for name, roles in EXECUTE.items() if role in roles}
    values = {
        "email": team.nurse.email,
        "staff": team.nurse.staff_id,
        "org": team.ngo.id,
        "referral": team.send(),
    }
    with thief(network, role) as connection:
        for (name,) in rows:
            query, worth = CALLS[name]
            with connection.transaction(force_rollback=True):  # what one call opens is not left open for the next
                got = answers(connection, query, values)
            something = any(value not in (None, "", False) for row in got or () for value in row)
            if worth == NOTHING:
                assert not something, name


def test_every_call_is_weighed() -> None:
    triggers = {name for name, roles in EXECUTE.items() if roles == ("spean_owner",)}
    assert CALLS.keys() == EXECUTE.keys() - triggers


def test_a_salt_tells_nobody_who_has_a_name_here(network: Network, team: Cast) -> None:
    with thief(network, "spean_web") as connection:
        for name in (team.nurse.email, "nobody@example.org"):
            first, again = (answers(connection, "SELECT sec.salt(%(name)s)", {"name": name}) for _ in range(2))
            assert first == again
            assert first
            assert len(first[0][0]) == 16


def test_the_workers_password_reads_references_and_by_a_waiting_job_one_organisations_news(
    network: Network, team: Cast
) -> None:
    referral_id = team.send()
    with thief(network, "spean_worker") as connection:
        jobs = connection.execute("SELECT * FROM sec.claim_jobs(1000, interval '1 minute')")
        assert [column.name for column in jobs.description or ()] == ["job_id", "kind", "ref", "attempts"]
        due = connection.execute("SELECT * FROM sec.due_referrals(1)")
        assert [column.name for column in due.description or ()] == ["sender_org_id", "referral_id", "what"]
        found = next(job for job, *_ in jobs.fetchall() if _told(connection, job) == team.clinic.id)
        assert _told(connection, found) == team.clinic.id
        opened = {
            table.removeprefix("app.")
            for table, columns in tables(network)
            if any(answers(connection, f"SELECT {column} FROM {table} LIMIT 1") is not None for column in columns)
        }
        assert opened == IN_A_JOB
        staff = connection.execute("SELECT DISTINCT org_id FROM app.staff").fetchall()
        assert staff == [(team.clinic.id,)]
        carer = connection.execute("SELECT sec.looks_after(%s)", (referral_id,)).fetchone()
        assert carer == (None,), "whoever looks after the person is a colleague of the sender's"


def _told(connection: Connection, job: object) -> object:
    row = connection.execute("SELECT org_id FROM sec.enter_job(%s)", (job,)).fetchone()
    return row[0] if row else None


def test_the_backups_password_reads_what_a_dump_holds_and_no_name_of_a_client(network: Network, team: Cast) -> None:
    """Names, notes and packets lie encrypted by keys whose own key is outside the database."""
    secret = ids.code(12)
    facts = replace(SOKHA.facts, contact_notes=secret, details={Detail.DRUG_USE: secret})
    with team.outreach.transaction() as (session, actor):
        record = replace(SOKHA, alias=secret, name=secret, safe_contact=secret, facts=facts)
        client_id = create_client(session, actor, record)
        add_note(session, actor, client_id, secret)
    replace(team, client_id=client_id).send()
    with thief(network, "spean_backup") as connection:
        assert _holding(connection, "app.organisations", "id", str(team.ngo.id)), "what is there is found"
        for table, columns in tables(network):
            for column in columns:
                assert not _holding(connection, table, column, secret), (table, column)


def _holding(connection: Connection, table: str, column: str, secret: str) -> bool:
    """Whether the column holds the words, as text or as bytes."""
    query = (
        f"SELECT 1 FROM {table} WHERE position(%(text)s in {column}::text) > 0"
        f" OR position(encode(convert_to(%(text)s, 'UTF8'), 'hex') in {column}::text) > 0 LIMIT 1"
    )
    return bool(connection.execute(query, {"text": secret}).fetchall())  # type: ignore[arg-type]


def test_the_migrators_password_is_the_owners_part(network: Network, team: Cast) -> None:
    """It can take row security away: keep it from every machine but the one that migrates."""
    with thief(network, "spean_migrator") as connection:
        connection.execute("SET ROLE spean_owner")
        assert answers(connection, "SELECT name FROM app.clients") == []
        connection.execute("ALTER TABLE app.clients NO FORCE ROW LEVEL SECURITY")
        assert answers(connection, "SELECT name FROM app.clients")
