"""The sealer: one unbroken chain however many seal, nobody waits for it, and the hashes are what Python says."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from app.core import audit
from app.core.audit_chain import Entry, commitment, framed, genesis, link, row_hash
from tests.audit.conftest import House
from tests.pages import client_for, site
from tests.running import a_day_runs
from worker import periodic
from worker.config import SEAL, WITNESS
from worker.schedule import SCHEDULE

WORDS = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), max_size=12)
MOMENTS = st.datetimes(datetime(1969, 1, 1), datetime(2200, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
DETAILS = st.dictionaries(WORDS, st.one_of(WORDS, st.integers(), st.booleans(), st.none()), max_size=4)


def waiting(house: House) -> int:
    with house.attacker() as attacker:
        row = attacker.execute("SELECT entries FROM sec.audit_lag()").fetchone()
    assert row
    return int(row[0])


def write(house: House, count: int, *, org_id: UUID | None = None) -> None:
    """So many entries at once, as if each had been written by a use case."""
    with house.attacker() as attacker:
        attacker.execute(
            "INSERT INTO app.audit_log (org_id, id, at, action, subject)"
            " SELECT %s, gen_random_uuid(), now(), 'client.read', 'client' FROM generate_series(1, %s)",
            (org_id or house.team.ngo.id, count),
        )


@contextmanager
def sealing(house: House) -> Iterator[psycopg.Connection]:
    """A sealer that has sealed and holds its locks."""
    with psycopg.connect(house.servers.urls["spean_worker"]) as worker:
        worker.execute("SELECT sec.seal_audit(1000)")
        yield worker
        worker.rollback()


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    at=MOMENTS, staff_id=st.none() | st.uuids(), action=WORDS, subject=WORDS, subject_id=st.none() | st.uuids(),
    ref=st.none() | WORDS, outcome=st.sampled_from(["done", "denied"]), detail=DETAILS,
)  # fmt: skip
def test_python_and_the_database_hash_an_entry_alike(scratch: House, **columns: object) -> None:
    values = {**columns, "org_id": scratch.team.ngo.id, "id": uuid4()}
    with scratch.attacker() as attacker:
        attacker.execute("ALTER TABLE app.audit_log DISABLE TRIGGER USER")
        attacker.execute(
            "INSERT INTO app.audit_log VALUES (%(org_id)s, %(id)s, %(at)s, %(staff_id)s, %(action)s, %(subject)s,"
            " %(subject_id)s, %(ref)s, %(outcome)s, %(detail)s)",
            {**values, "detail": Jsonb(values["detail"])},
        )
        row = attacker.execute(
            "SELECT detail::text, sec.audit_row_hash(l) FROM app.audit_log l WHERE id = %s", (values["id"],)
        ).fetchone()
        attacker.rollback()
    assert row
    assert row_hash(Entry(**{**values, "detail": row[0]})) == row[1]  # type: ignore[arg-type]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    org=st.uuids(), seq=st.integers(1, 2**63 - 1), one=st.binary(min_size=32, max_size=32), other=st.binary(max_size=40)
)
def test_python_and_the_database_link_alike(scratch: House, org: UUID, seq: int, one: bytes, other: bytes) -> None:
    with scratch.attacker() as attacker:
        row = attacker.execute(
            "SELECT sec.audit_genesis(%(org)s), sec.audit_link(%(one)s, %(seq)s, %(other)s),"
            " sec.audit_commitment(%(org)s, %(seq)s, %(one)s, %(other)s)",
            {"org": org, "seq": seq, "one": one, "other": other},
        ).fetchone()
    assert row == (genesis(org), link(one, seq, other), commitment(org, seq, one, other))


@given(first=st.lists(st.binary(max_size=9) | st.none()), second=st.lists(st.binary(max_size=9) | st.none()))
def test_no_two_lists_of_columns_give_the_same_bytes(first: list[bytes | None], second: list[bytes | None]) -> None:
    joined = [b"".join(map(framed, one)) for one in (first, second)]
    assert (joined[0] == joined[1]) == (first == second)


def test_the_hashes_of_today_stay_those_of_tomorrow() -> None:
    org, one = UUID(int=1), UUID(int=2)
    entry = Entry(
        org_id=org, id=one, at=datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=UTC), staff_id=None, action="client.read",
        subject="client", subject_id=UUID(int=3), ref="R-7F3QX2M", outcome="done", detail='{"count": 1}',
    )  # fmt: skip
    assert row_hash(entry).hex() == "09dd36551cbbfda6b264dca78994eb85b7f99c2a207734f20ade27abc665dcc4"
    assert (
        link(genesis(org), 1, row_hash(entry)).hex()
        == "97d0137e5fae7823e99f7b6660a18d921d75d98561991b9da06729515e40eccc"
    )


def test_entries_are_sealed_by_the_schedule_within_seconds_of_being_written(house: House) -> None:
    assert SCHEDULE["chain the audit's entries"]["task"] == SEAL
    assert SCHEDULE["chain the audit's entries"]["schedule"] <= 10
    with house.team.outreach.transaction() as (session, actor):
        audit.record(session, actor, "client.read", subject="client")
    assert waiting(house) == 1
    assert "1 wait to be sealed" in house.command("audit-lag").stdout
    assert periodic.seal_audit(house.workshop) == 1
    assert waiting(house) == 0
    assert house.verify("--quiet").exit_code == 0


def test_sealers_at_once_make_one_unbroken_chain(house: House) -> None:
    orgs = [house.team.ngo.id, house.team.clinic.id, house.network.steward.org_id]
    stop, sealed = threading.Event(), [0] * 4

    def keep_sealing(number: int) -> None:
        with psycopg.connect(house.servers.urls["spean_worker"], autocommit=True) as worker:
            while not stop.is_set():
                row = worker.execute("SELECT sec.seal_audit(7)").fetchone()
                assert row
                sealed[number] += row[0]

    sealers = [threading.Thread(target=keep_sealing, args=(number,)) for number in range(4)]
    for sealer in sealers:
        sealer.start()
    for _ in range(20):
        for org in orgs:
            write(house, 10, org_id=org)
    deadline = time.monotonic() + 30
    while waiting(house) and time.monotonic() < deadline:
        time.sleep(0.02)
    stop.set()
    for sealer in sealers:
        sealer.join()
    assert sum(sealed) == 600
    assert house.verify().exit_code == 0


def test_what_commits_late_is_sealed_late(house: House) -> None:
    with house.attacker() as slow:
        slow.execute(
            "INSERT INTO app.audit_log (org_id, id, at, action, subject)"
            " VALUES (%s, gen_random_uuid(), now(), 'client.read', 'client')",
            (house.team.ngo.id,),
        )
        write(house, 3)
        assert periodic.seal_audit(house.workshop) == 3
        slow.commit()
    assert periodic.seal_audit(house.workshop) == 1
    assert house.verify("--quiet").exit_code == 0


def test_whoever_reads_or_writes_never_waits_for_a_sealer(house: House) -> None:
    write(house, 50)
    browser = client_for(site(house.network), house.team.outreach)
    with sealing(house), house.team.outreach.transaction() as (session, actor):
        session.connection().exec_driver_sql("SET LOCAL lock_timeout = '200ms'")
        audit.record(session, actor, "client.read", subject="client")  # would raise if it had to wait
        assert session.query(audit.AuditRow).count() > 50
        assert browser.get("/clients").status_code == 200
        with sealing(house):  # nor does another sealer
            pass
    assert house.verify("--quiet").exit_code == 0


def test_a_sealer_that_dies_has_sealed_nothing(house: House) -> None:
    write(house, 5)
    with sealing(house):
        pass
    assert waiting(house) == 5
    assert periodic.seal_audit(house.workshop) == 5


def test_partners_witness_each_other_once_a_day_and_learn_nothing(house: House) -> None:
    assert SCHEDULE["let partners witness each other's audit"]["task"] == WITNESS
    assert periodic.witness_audit(house.workshop) == 0  # today was done
    with house.attacker() as admin:
        rows = admin.execute("SELECT * FROM app.audit_log WHERE action = 'audit.witness'").fetchall()
        assert rows
        admin.execute("UPDATE sec.audit_openings SET day = day - 1")
    assert periodic.witness_audit(house.workshop) == len(rows)
    with house.team.nurse.transaction() as (session, _actor):
        held = session.query(audit.AuditRow).filter_by(action="audit.witness", subject_id=house.team.ngo.id).all()
    assert len(held) == 2
    assert all(set(row.detail) == {"head"} and len(row.detail["head"]) == 64 for row in held)
    periodic.seal_audit(house.workshop)
    assert house.verify("--quiet").exit_code == 0


def test_nothing_new_looks_to_a_partner_like_something_new(house: House) -> None:
    """The same head, witnessed on two days, gives two commitments."""
    with house.attacker() as admin:
        admin.execute("UPDATE sec.audit_openings SET day = day - 1")
        admin.execute("TRUNCATE sec.audit_waiting")
    with psycopg.connect(house.servers.urls["spean_worker"]) as worker:
        worker.execute("SELECT sec.witness_audit()")
    with house.attacker() as admin:
        found = admin.execute(
            "SELECT count(*), count(DISTINCT detail ->> 'head') FROM app.audit_log WHERE action = 'audit.witness'"
        ).fetchone()
    assert found
    assert found[0] == found[1]


def test_after_seven_years_entries_go_and_the_rest_still_holds(house: House) -> None:
    org = house.team.ngo.id
    assert periodic.prune_audit(house.workshop) == 0
    house.tamper(
        (
            "UPDATE app.audit_log l SET at = l.at - interval '8 years' FROM sec.audit_seals s"
            " WHERE s.audit_id = l.id AND s.org_id = %(org)s AND s.seq <= 4"
        ),
        "UPDATE sec.audit_seals SET sealed_at = sealed_at - interval '8 years' WHERE org_id = %(org)s AND seq <= 4",
        org=org,
    )
    assert periodic.prune_audit(house.workshop) == 0
    a_day_runs(house.network)
    assert periodic.prune_audit(house.workshop) == 4
    assert house.verify("--quiet").exit_code == 0
    house.tamper("DELETE FROM app.audit_log WHERE action = 'audit.prune'")
    assert "the entry was removed" in house.verify().stderr


def test_pruning_cannot_be_feigned(house: House) -> None:
    house.tamper(
        (
            "DELETE FROM app.audit_log l USING sec.audit_seals s"
            " WHERE s.audit_id = l.id AND s.org_id = %(org)s AND s.seq <= 4"
        ),
        (
            "UPDATE sec.audit_heads h SET pruned_seq = 4, pruned_chain = s.chain FROM sec.audit_seals s"
            " WHERE s.org_id = h.org_id AND s.seq = 4 AND h.org_id = %(org)s"
        ),
        "DELETE FROM sec.audit_seals WHERE org_id = %(org)s AND seq <= 4",
        org=house.team.ngo.id,
    )  # fmt: skip
    assert "nothing says that earlier entries were pruned" in house.verify().stderr


@pytest.mark.parametrize("role", ["spean_web", "spean_public", "spean_worker", "spean_publisher"])
def test_the_chain_is_in_nobodys_reach(house: House, role: str) -> None:
    tables = ("audit_heads", "audit_seals", "audit_waiting", "audit_openings")
    statements = [f"SELECT 1 FROM sec.{table}" for table in tables] + [f"DELETE FROM sec.{table}" for table in tables]
    statements += ["SELECT sec.audit_links(gen_random_uuid(), 0, 1)", "SELECT * FROM sec.audit_opened()"]
    if role != "spean_worker":
        statements += ["SELECT sec.seal_audit(1)", "SELECT sec.witness_audit()", "SELECT sec.prune_audit(1)"]
    with psycopg.connect(house.servers.urls[role], autocommit=True) as connection:
        for statement in statements:
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement)
