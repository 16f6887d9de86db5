"""Filling a fresh database with a bench's past: rows made by two processes, copied in by the administrator.

Like restoring a backup, this is no work of the application: row security and triggers stand aside, keys and indexes
are built over the rows once they are there, and it only ever touches a database of the bench's own making.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from datetime import datetime
from random import Random
from uuid import UUID

import psycopg
from psycopg import sql

from app.bench.history import SEALED, Rows, Writer
from app.bench.network import Doors, Network
from app.bench.plan import SEED, STATES, Share, shares
from app.core.keys import PublicKey, keyring
from app.core.settings import Settings
from orgs.staff.queries import public_key

BATCH, PIECE = 2000, 20_000
HANDS = 2
COLUMNS = {
    "clients": ("org_id", "id", "code", *SEALED, "worker_id", "created_at", "updated_at"),
    "client_keys": ("org_id", "client_id", "generation", "key_version", "wrapped", "made_at"),
    "consents": (
        "org_id", "id", "client_id", "sitting_id", "rank", "receiver_org_id", "programme_id", "categories", "answers",
        "given_at", "expires_at", "how", "witness_id", "wording_version", "wording_language", "able", "withdrawn_at",
        "made_by",
    ),
    "referrals": (
        "sender_org_id", "id", "ref", "receiver_org_id", "programme_id", "consent_id", "service", "urgency", "khan",
        "state", "sent_at", "due_at", "half_at", "expires_at", "seen_at", "answered_at", "response_minutes",
        "accepted_at", "arrived_at", "ended_at", "readable_until", "appointment_at", "updated_at", "reminded",
    ),
    "referral_clients": ("sender_org_id", "referral_id", "client_id", "staff_id", "sitting_id", "pseudonym"),
    "caseload_referrals": (
        "sender_org_id", "referral_id", "worker_id", "programme_id", "urgency", "state", "due_at", "comes_by",
        "updated_at",
    ),
    "packet_parts": ("sender_org_id", "referral_id", "part", "receiver_org_id", "body"),
    "packet_keys": ("sender_org_id", "referral_id", "part", "holder_org_id", "holder", "key_version", "wrapped"),
    "disclosures": ("sender_org_id", "referral_id", "part", "receiver_org_id", "at"),
    "slips": ("sender_org_id", "referral_id", "receiver_org_id", "code_hash", "token_hash", "secrets", "dead_at"),
    "referral_events": (
        "sender_org_id", "id", "referral_id", "receiver_org_id", "kind", "at", "by_org_id", "by_staff_id",
    ),
    "uptake_facts": ("org_id", "id", "day", "khan", "service", "measure", "pseudonym"),
}  # fmt: skip
"""What is copied. Every other column keeps its default."""

_INDEXES = """
SELECT CASE WHEN k.oid IS NULL THEN format('DROP INDEX app.%%I', c.relname)
        ELSE format('ALTER TABLE app.%%I DROP CONSTRAINT %%I', t.relname, k.conname) END,
    CASE WHEN k.oid IS NULL THEN pg_get_indexdef(i.indexrelid)
        ELSE format('ALTER TABLE app.%%I ADD CONSTRAINT %%I %%s', t.relname, k.conname, pg_get_constraintdef(k.oid)) END
FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid JOIN pg_class t ON t.oid = i.indrelid
LEFT JOIN pg_constraint k ON k.conindid = i.indexrelid AND k.contype IN ('p', 'u')
WHERE t.relnamespace = 'app'::regnamespace AND t.relname = ANY (%(tables)s)
"""
_REFERENCES = """
SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', k.conrelid::regclass, k.conname),
    format('ALTER TABLE %%s ADD CONSTRAINT %%I %%s', k.conrelid::regclass, k.conname, pg_get_constraintdef(k.oid))
FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid JOIN pg_class f ON f.oid = k.confrelid
WHERE k.contype = 'f' AND t.relnamespace = 'app'::regnamespace
    AND (t.relname = ANY (%(tables)s) OR f.relname = ANY (%(tables)s))
"""
_COUNTED = """
INSERT INTO app.referral_counts (org_id, side, {columns})
SELECT o.org, o.side, {numbers}
FROM app.referrals r, LATERAL (VALUES (r.sender_org_id, 'sender'), (r.receiver_org_id, 'receiver')) AS o (org, side)
GROUP BY o.org, o.side
"""
_TAKEN = """
UPDATE app.programmes p SET taken = coalesce((SELECT count(*) FROM app.referrals r
    WHERE r.receiver_org_id = p.org_id AND r.programme_id = p.id AND r.state IN ('accepted', 'arrived')), 0)
    + (SELECT count(*) FROM app.episodes e
       WHERE e.org_id = p.org_id AND e.programme_id = p.id AND e.ended_at IS NULL AND e.referral_id IS NULL)
WHERE p.capacity IS NOT NULL
"""


@dataclass(frozen=True)
class Job:
    """What one process makes: all that one organisation sends."""

    admin_url: str
    settings: Settings
    migrator_url: str
    network: Network
    share: Share
    now: datetime
    first: int
    count: int
    """Which of the sender's referrals: a large sender's are made in several pieces."""


def fill(
    doors: Doors, admin_url: str, network: Network, total: int, now: datetime, say: Callable[[str], object]
) -> None:
    """Write `total` referrals and all that belongs to them, as of `now`."""
    with psycopg.connect(admin_url, autocommit=True) as admin:
        _tune(admin)
        tables = {"tables": list(COLUMNS)}
        references = admin.execute(_REFERENCES, tables).fetchall()
        indexes = admin.execute(_INDEXES, tables).fetchall()
        for drop, _ in (*references, *indexes):
            admin.execute(drop)
        jobs = [
            Job(admin_url, doors.settings, doors.migrator_url, network, share, now, first,
                min(PIECE, share.referrals - first))
            for share in shares(total) for first in range(0, share.referrals, PIECE)
        ]  # fmt: skip
        done = 0
        with ProcessPoolExecutor(HANDS, multiprocessing.get_context("spawn")) as hands:
            for finished in as_completed([hands.submit(_write, job) for job in jobs]):
                done += finished.result()
                say(f"{done:,} of {total:,} referrals are written")
        say(f"Building {len(indexes)} indexes and checking {len(references)} references")
        for _, make in (*indexes, *references):
            admin.execute(make)
        admin.execute(_TAKEN)
        admin.execute(_counted())
        say("Letting PostgreSQL count and tidy")
        admin.execute("VACUUM (ANALYZE)")
        admin.execute("CHECKPOINT")


def _counted() -> sql.Composed:
    """What the database counts by itself where triggers do not stand aside."""
    columns = sql.SQL(", ").join(map(sql.Identifier, STATES))
    number = sql.SQL("count(*) FILTER (WHERE r.state = {})")
    return sql.SQL(_COUNTED).format(columns=columns, numbers=sql.SQL(", ").join(map(number.format, STATES)))


def _tune(admin: psycopg.Connection) -> None:
    """For this connection alone."""
    admin.execute("SET maintenance_work_mem = '256MB'")
    admin.execute("SET synchronous_commit = off")


def _write(job: Job) -> int:
    """In a process of its own: make the rows of one sender and copy them in; returns how many referrals."""
    doors = Doors(job.settings, job.migrator_url)
    keys: dict[str, PublicKey] = {}
    with doors.acting(doors.sign_in(job.network, job.share.index, "manager")) as (session, _actor):
        ring = keyring(session)
        assert ring.newest  # noqa: S101 - opened now; nothing below asks the database
        for house in job.network.houses:
            keys[house.id] = public_key(session, UUID(house.id))
    doors.close()
    writer = Writer(job.share, job.network.houses, keys, ring, job.now, _dice(job))
    with psycopg.connect(job.admin_url) as admin:
        admin.execute("SET session_replication_role = replica")
        admin.execute("SET synchronous_commit = off")
        _copy(admin, writer.clients(known=job.first > 0))
        writer.dice = _dice(job, job.first)
        for begun in range(0, job.count, BATCH):
            _copy(admin, writer.referrals(job.first + begun, min(BATCH, job.count - begun)))
    return job.count


def _dice(job: Job, first: int | None = None) -> Random:
    """The same history from the same seed, whichever process throws."""
    return Random(f"{SEED} {job.share.index} {'people' if first is None else first}")


def _copy(admin: psycopg.Connection, rows: Rows) -> None:
    for table, made in rows.items():
        columns = sql.SQL(", ").join(map(sql.Identifier, COLUMNS[table]))
        command = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier("app", table), columns)
        with admin.cursor() as cursor, cursor.copy(command) as copy:
            for row in made:
                copy.write_row(row)
