"""Statements that no process has any business sending, tried under each role with the context that it can have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

import psycopg
import pytest
from psycopg.rows import TupleRow

from app.core.provision import LOGINS
from tests.cast import Cast, cast
from tests.network import Network

Connection = psycopg.Connection[TupleRow]

DENIED = "42501"
BROKEN_RULE = "23514"

CATALOGUE = (
    "ALTER TABLE app.staff DISABLE ROW LEVEL SECURITY",
    "ALTER TABLE app.clients NO FORCE ROW LEVEL SECURITY",
    "ALTER TABLE app.clients ALTER area SET STATISTICS 100",
    "CREATE POLICY mine ON app.clients USING (true)",
    "ALTER POLICY own ON app.clients USING (true)",
    "DROP POLICY context ON app.clients",
    "DROP TABLE app.audit_log",
    "CREATE TABLE app.mine (a int)",
    "CREATE TABLE public.mine (a int)",
    "CREATE TEMP TABLE mine (a int)",
    "CREATE SCHEMA mine",
    "CREATE VIEW app.mine AS SELECT 1",
    "CREATE INDEX ON app.staff (email)",
    "CREATE FUNCTION app.mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
    "CREATE OR REPLACE FUNCTION sec.org() RETURNS uuid LANGUAGE sql AS 'SELECT NULL::uuid'",
    "ALTER FUNCTION sec.context() RESET ALL",
    "DROP FUNCTION sec.check_consent() CASCADE",
    "CREATE TRIGGER mine BEFORE INSERT ON app.clients EXECUTE FUNCTION sec.check_client()",
    "ALTER TABLE app.referrals DISABLE TRIGGER ALL",
    "CREATE RULE mine AS ON INSERT TO app.audit_log DO INSTEAD NOTHING",
    "CREATE STATISTICS mine ON area, org_id FROM app.clients",
    "CREATE PUBLICATION mine FOR TABLE app.clients",
    "CREATE ROLE mine",
    "ALTER ROLE CURRENT_USER BYPASSRLS",
    "ALTER ROLE spean_owner LOGIN",
    "GRANT spean_owner TO spean_web",
    "COMMENT ON TABLE app.clients IS 'mine'",
    "REINDEX TABLE app.clients",
    "SELECT lo_create(0)",
    "SELECT lo_from_bytea(0, '')",
)
ROWS = (
    "TRUNCATE app.audit_log",
    "DELETE FROM app.audit_log",
    "UPDATE app.audit_log SET action = 'nothing'",
    "DELETE FROM app.clients",
    "DELETE FROM app.referrals",
    "DELETE FROM app.referral_events",
    "UPDATE app.referral_events SET kind = 'sent'",
    "UPDATE app.referrals SET consent_id = id",
    "UPDATE app.referrals SET receiver_org_id = sender_org_id",
    "UPDATE app.packet_keys SET holder = 'receiver'",
    "UPDATE app.packet_parts SET part = 'triage'",
    "UPDATE app.consents SET expires_at = 'infinity'",
    "DELETE FROM app.consents",
    "UPDATE app.org_keys SET data_key = ''",
    "UPDATE app.organisations SET public_key = ''",
    "DELETE FROM app.organisations",
    "UPDATE app.staff SET org_id = id",
    "UPDATE app.uptake_releases SET tree = '{}'",
    "LOCK TABLE app.clients IN ACCESS EXCLUSIVE MODE",
    "INSERT INTO meta.alembic_version VALUES ('9999')",
    "INSERT INTO sec.sessions (token_hash, id) VALUES (sha256('x'), gen_random_uuid())",
    "UPDATE sec.credentials SET verifier = sha256('x')",
    "DELETE FROM sec.sessions",
    "UPDATE sec.seal_key SET key = 'x'",
)
SERVER = (
    "COPY app.areas TO PROGRAM 'cat'",
    "COPY app.areas TO '/tmp/areas'",
    "COPY app.areas FROM '/etc/passwd'",
    "SELECT pg_read_file('/etc/passwd')",
    "SELECT pg_ls_dir('.')",
    "SELECT lo_import('/etc/passwd')",
    "SELECT * FROM pg_authid",
    "SELECT * FROM pg_statistic",
    "SELECT * FROM pg_user_mapping",
    "SET SESSION AUTHORIZATION postgres",
    "SET ROLE postgres",
    "SET session_replication_role = replica",
    "SET log_min_duration_statement = 0",
    "SELECT pg_reload_conf()",
    "SELECT pg_create_physical_replication_slot('mine')",
)
ALONE = ("CREATE DATABASE mine", "ALTER SYSTEM SET log_statement = 'all'", "DROP DATABASE postgres")
"""Such as PostgreSQL takes in no transaction."""
WALLS = (
    "SELECT sec.put_context(gen_random_uuid(), 'ngo', NULL, 'staff')",
    "SELECT sec.sealed('x')",
    "SELECT sec.context()",
    "SELECT sec.move_places(gen_random_uuid(), gen_random_uuid(), 1, now())",
    "SELECT sec.tell_place(gen_random_uuid(), gen_random_uuid(), 1, now())",
    "SELECT sec.places_held(gen_random_uuid(), gen_random_uuid())",
    "SELECT sec.note_uptake(r, 'completed', now()) FROM app.referrals r",
    "UPDATE app.referral_counts SET sent = 0",
    "UPDATE app.caseload_referrals SET worker_id = worker_id",
    "DELETE FROM app.caseload_referrals",
)
SECRETS = (
    *(f"SELECT * FROM sec.{table}" for table in ("seal_key", "credentials", "sessions")),
    "GRANT SELECT ON sec.sessions TO spean_web",
)
OWNERS = (
    "SET ROLE spean_owner",
    "SET ROLE spean_sec",
    "ALTER DEFAULT PRIVILEGES FOR ROLE spean_owner GRANT SELECT ON TABLES TO spean_web",
)
WORKERS = ("SELECT sec.claim_jobs(1, '1 second')", "SELECT sec.due_referrals(1)", "SELECT sec.sweep(1)")
SETUP = ("SELECT sec.first_steward(gen_random_uuid(), 'AA', 'x', 'x', '', 1, '', '', gen_random_uuid(), '', true)",)
CASES = tuple(
    f"SELECT 1 FROM app.{table}"
    for table in ("clients", "client_keys", "client_notes", "episodes", "consents", "drafts", "packet_parts",
                  "packet_keys", "slips", "messages", "org_keys", "idempotency_keys", "invites", "outbox", "audit_log",
                  "caseload_referrals", "over_capacity")
)  # fmt: skip
FACTS = ("SELECT 1 FROM app.uptake_facts",)
ONLY_PUBLISHED = tuple(
    f"SELECT 1 FROM app.{table}" for table in ("organisations", "staff", "programmes", "referrals", "notifications")
)
COMMON = CATALOGUE + ROWS + SERVER + WALLS
KEEPERS_WORK = {"UPDATE app.org_keys SET data_key = ''", "UPDATE app.organisations SET public_key = ''"}
"""What nobody else may: new keys for the organisation that it entered."""

FORBIDDEN: dict[str, tuple[str, ...]] = {
    "spean_web": COMMON + SECRETS + OWNERS + WORKERS + SETUP + FACTS + ("SELECT 1 FROM app.outbox",),
    "spean_public": COMMON + SECRETS + OWNERS + WORKERS + SETUP + FACTS + CASES + (
        "SELECT 1 FROM app.referrals", "SELECT taken FROM app.programmes", "SELECT capacity FROM app.programmes",
        "SELECT 1 FROM app.notifications", "SELECT sec.withdraw(gen_random_uuid(), gen_random_uuid())",
        "UPDATE app.staff SET roles = ARRAY['manager']", "INSERT INTO app.staff (org_id, id) VALUES (NULL, NULL)",
    ),
    "spean_worker": COMMON + SECRETS + OWNERS + SETUP + FACTS + CASES + (
        "SELECT client_id FROM app.referral_clients", "SELECT pseudonym FROM app.referral_clients",
        "SELECT consent_id FROM app.referrals", "UPDATE app.staff SET active = false",
        "SELECT * FROM sec.enter('x')", "SELECT * FROM sec.sign_in('x', 'x', 'x')",
        "SELECT sec.make_token('x', 'x', 1)",
    ),
    "spean_publisher": COMMON + SECRETS + OWNERS + SETUP + WORKERS + CASES + ONLY_PUBLISHED + (
        "DELETE FROM app.uptake_facts", "UPDATE app.uptake_facts SET khan = '1201'", "SELECT * FROM sec.enter('x')",
        "UPDATE app.network_settings SET release_kind = 'month'",
    ),
    # The backup reads everything, as it must, and writes nothing.
    "spean_backup": COMMON + OWNERS + WORKERS + SETUP + (
        "INSERT INTO app.areas VALUES ('13', NULL, 'x', 'x')", "UPDATE app.staff SET active = false",
        "SELECT sec.org()", "SELECT * FROM sec.enter('x')",
    ),
    # The keeper inside an organisation, which it may enter: sealed values and versions, and nothing that they are of.
    "spean_keeper": tuple(one for one in COMMON if one not in KEEPERS_WORK) + SECRETS + OWNERS + WORKERS + SETUP + (
        "SELECT alias FROM app.clients WHERE code = 'x'", "SELECT code FROM app.clients", "SELECT at FROM app.messages",
        "UPDATE app.clients SET area = NULL", "INSERT INTO app.clients (org_id, id) VALUES (NULL, NULL)",
        "SELECT name FROM app.staff", "SELECT state FROM app.referrals", "SELECT 1 FROM app.consents",
        "SELECT 1 FROM app.audit_log", "SELECT 1 FROM app.outbox", "SELECT 1 FROM app.uptake_facts",
        "DELETE FROM app.packet_keys", "UPDATE app.client_keys SET client_id = org_id",
        "SELECT * FROM sec.enter('x')", "SELECT sec.make_token('x', 'x', 1)",
        "SELECT sec.withdraw(gen_random_uuid(), gen_random_uuid())",
        "SELECT sec.erase_client(gen_random_uuid(), 'asked')",
    ),
    # The migrator before it takes an owner's part, which is what it is for.
    "spean_migrator": COMMON + SECRETS + WORKERS + FACTS + CASES + ONLY_PUBLISHED + (
        "SELECT * FROM sec.enter('x')", "DELETE FROM app.areas",
    ),
}  # fmt: skip


@dataclass
class Try:
    """One connection under one role, inside whatever context that role can have."""

    connection: Connection
    answered: list[str] = field(default_factory=list)

    def state(self, statement: str) -> str:
        """The SQLSTATE of the refusal, or an empty string; nothing of it stays."""
        self.connection.execute("SAVEPOINT try")
        try:
            self.connection.execute(statement)  # type: ignore[arg-type]
        except psycopg.Error as error:
            return str(error.sqlstate)
        else:
            return ""
        finally:
            self.connection.execute("ROLLBACK TO try")


@contextmanager
def trying(network: Network, role: str, team: Cast) -> Iterator[Try]:
    with psycopg.connect(network.servers.urls[role], prepare_threshold=None) as connection:
        if role == "spean_web":
            connection.execute("SELECT * FROM sec.enter(%s)", (team.nurse.token,))
        elif role == "spean_public":
            official = network.organisation("commune").person("official")
            connection.execute("SELECT * FROM sec.enter(%s)", (official.token,))
        elif role == "spean_worker":
            _enter_job(connection, team.clinic.id)
        elif role == "spean_keeper":
            connection.execute("SELECT sec.enter_keys(%s)", (team.ngo.id,))
        yield Try(connection)
        connection.rollback()


def _enter_job(connection: Connection, org_id: UUID) -> None:
    jobs = connection.execute("SELECT job_id FROM sec.claim_jobs(1000, interval '5 minutes')").fetchall()
    for (job,) in jobs:
        if connection.execute("SELECT org_id FROM sec.enter_job(%s)", (job,)).fetchone() == (org_id,):
            return
    raise AssertionError("no job for the organisation")


@pytest.fixture(scope="module")
def team(network: Network) -> Cast:
    made = cast(network)
    made.send()
    return made


def test_no_role_is_left_out() -> None:
    assert FORBIDDEN.keys() == set(LOGINS)


@pytest.mark.parametrize("role", FORBIDDEN)
def test_it_is_denied(network: Network, team: Cast, role: str) -> None:
    others = tuple(f"SET ROLE {other}" for other in LOGINS if other != role)
    with trying(network, role, team) as attempt:
        got = {statement: attempt.state(statement) for statement in FORBIDDEN[role] + others}
    assert len(got) > 80
    assert {statement: state for statement, state in got.items() if state != DENIED} == {}


@pytest.mark.parametrize("role", FORBIDDEN)
def test_the_server_is_not_its_to_change(network: Network, role: str) -> None:
    with psycopg.connect(network.servers.urls[role], autocommit=True) as connection:
        for statement in ALONE:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)  # type: ignore[call-overload]


@pytest.mark.parametrize("role", FORBIDDEN)
def test_what_it_may_do_is_not_denied(network: Network, team: Cast, role: str) -> None:
    """A role that could do nothing at all would pass the test above."""
    allowed = {
        "spean_web": "SELECT id FROM app.clients",
        "spean_public": "SELECT id FROM app.programmes",
        "spean_worker": "SELECT email FROM app.staff",
        "spean_publisher": "SELECT id FROM app.uptake_facts",
        "spean_backup": "SELECT * FROM app.clients",
        "spean_migrator": "SELECT code FROM app.areas",
        "spean_keeper": "SELECT wrapped FROM app.client_keys",
    }
    with trying(network, role, team) as attempt:
        assert attempt.state(allowed[role]) == ""


TODAY = "(now() AT TIME ZONE 'Asia/Phnom_Penh')::date"
ACROSS = {
    "a client in another's house": """
        INSERT INTO app.clients (org_id, id, code, alias, facts, heard_from, worker_id, created_at, updated_at)
        SELECT %(other)s, gen_random_uuid(), 'XX-1', 'x', '', 'self', %(staff)s, now(), now()
    """,
    "keys for another": "INSERT INTO app.org_keys SELECT %(other)s, 1, 1, '', '', now()",
    "a programme of another": """
        INSERT INTO app.programmes (org_id, id, service, name_km, name_en, response_minutes, created_at)
        SELECT %(other)s, gen_random_uuid(), 'detox', 'x', 'x', 60, now()
    """,
    "an audit row of another": """
        INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject)
        SELECT %(other)s, gen_random_uuid(), now(), %(staff)s, 'x', 'x'
    """,
    "counting for another": f"""
        INSERT INTO app.uptake_facts (org_id, id, day, measure, pseudonym)
        SELECT %(other)s, gen_random_uuid(), {TODAY}, 'heard', ''
    """,
    "telling whom it does not concern": """
        INSERT INTO app.outbox (org_id, id, from_org_id, event_id, referral_id, sender_org_id, kind, ref, at, next_at)
        SELECT %(other)s, gen_random_uuid(), %(own)s, gen_random_uuid(), r.id, r.sender_org_id, 'sent', r.ref, now(),
            now() FROM app.referrals r
    """,
}
OUT_OF_STEP = {
    "accepting for the receiver": "UPDATE app.referrals SET state = 'arrived'",
    "reading for longer": "UPDATE app.referrals SET readable_until = readable_until + interval '1 day'",
}


@pytest.mark.parametrize("deed", ACROSS | OUT_OF_STEP)
def test_staff_of_one_organisation_do_not_act_in_another(network: Network, team: Cast, deed: str) -> None:
    statement, state = (ACROSS[deed], DENIED) if deed in ACROSS else (OUT_OF_STEP[deed], BROKEN_RULE)
    other = network.organisation()
    values = {"other": other.id, "own": team.ngo.id, "staff": team.outreach.staff_id}
    with psycopg.connect(network.servers.urls["spean_web"]) as connection:
        connection.execute("SELECT * FROM sec.enter(%s)", (team.outreach.token,))
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(statement, values)  # type: ignore[call-overload]
        connection.rollback()
    assert refusal.value.sqlstate == state


@pytest.mark.parametrize("measure", ["referred", "accepted", "arrived", "completed"])
def test_staff_count_nothing_of_what_became_of_referrals(network: Network, team: Cast, measure: str) -> None:
    assert counting(network, team, measure, TODAY) == DENIED


@pytest.mark.parametrize("measure", ["heard", "walk_in"])
def test_staff_note_who_came_on_the_day_alone(network: Network, team: Cast, measure: str) -> None:
    assert counting(network, team, measure, f"{TODAY} - 2") == DENIED
    assert counting(network, team, measure, f"{TODAY} + 2") == DENIED
    assert counting(network, team, measure, TODAY) is None


def counting(network: Network, team: Cast, measure: str, day: str) -> str | None:
    """What the database says to a fact that somebody writes by hand for their own organisation; None when it is so."""
    statement = f"""
        INSERT INTO app.uptake_facts (org_id, id, day, measure, pseudonym)
        SELECT %s, gen_random_uuid(), {day}, %s, ''
    """
    with psycopg.connect(network.servers.urls["spean_web"]) as connection:
        connection.execute("SELECT * FROM sec.enter(%s)", (team.outreach.token,))
        try:
            connection.execute(statement, (team.ngo.id, measure))  # type: ignore[arg-type]
        except psycopg.Error as refusal:
            return refusal.sqlstate
        finally:
            connection.rollback()
    return None


def test_switching_row_security_off_shows_nothing(network: Network, team: Cast) -> None:
    with trying(network, "spean_web", team) as attempt:
        attempt.connection.execute("SET row_security = off")
        for table in ("clients", "staff", "referrals", "programmes"):
            assert attempt.state(f"SELECT 1 FROM app.{table}") == DENIED
