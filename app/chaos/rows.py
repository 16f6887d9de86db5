"""What the invariants must know of the whole network, as SQL. All of it that depends on the schema stands here.

Read with the backup's role, which may read every row as it is stored and write nothing (docs/adr/0030). Everything else
is asked through the API, by the people who may know it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import psycopg
from psycopg.rows import dict_row

from app.chaos.history import Entry, Event, Final, Job, Notice, Place, Referral

_REFERRALS = """
SELECT id::text, sender_org_id::text AS sender_org, receiver_org_id::text AS receiver_org,
    programme_id::text AS programme, consent_id::text AS consent, state, version
FROM app.referrals ORDER BY id
"""
_EVENTS = """
SELECT id::text, referral_id::text AS referral, kind, at, by_org_id::text AS by_org, by_staff_id::text AS by_staff,
    detail
FROM app.referral_events ORDER BY at, id
"""
_JOBS = "SELECT event_id::text AS event, org_id::text AS org, done_at IS NOT NULL AS done FROM app.outbox"
_NOTICES = """
SELECT n.id::text, n.org_id::text AS org, n.staff_id::text AS staff, n.event_id::text AS event,
    coalesce(d.state, 'off') AS mail
FROM app.notifications n LEFT JOIN app.deliveries d
    ON d.org_id = n.org_id AND d.staff_id = n.staff_id AND d.event_id = n.event_id AND d.channel = 'email'
"""
"""`mail`: off, sent, failed, parked or dropped where it is settled; any other word while it is under way."""
_CONSENTS = "SELECT id::text FROM app.consents"
_CLIENTS = "SELECT id::text FROM app.clients"
_ENTRIES = """
SELECT action, subject_id::text AS subject, staff_id::text AS staff, count(*) AS times FROM app.audit_log
WHERE outcome = 'done' AND subject_id IS NOT NULL GROUP BY 1, 2, 3
"""
_PLACES = """
SELECT p.id::text AS programme, p.capacity,
    (SELECT count(*) FROM app.referrals r
        WHERE r.receiver_org_id = p.org_id AND r.programme_id = p.id AND r.state IN ('accepted', 'arrived'))
    + (SELECT count(*) FROM app.episodes e
        WHERE e.org_id = p.org_id AND e.programme_id = p.id AND e.ended_at IS NULL AND e.referral_id IS NULL) AS taken,
    (SELECT count(*) FROM app.over_capacity o WHERE o.org_id = p.org_id AND o.programme_id = p.id
        AND (o.ref IS NULL OR EXISTS (SELECT 1 FROM app.referrals r
            WHERE r.receiver_org_id = o.org_id AND r.ref = o.ref AND r.state IN ('accepted', 'arrived')))) AS over
FROM app.programmes p WHERE p.capacity IS NOT NULL
"""
"""`over`: how many of the places taken were given beyond the capacity, with a reason. Nobody who walked in has left."""
_OPEN = """
SELECT (SELECT count(*) FROM app.outbox WHERE done_at IS NULL)
    + (SELECT count(*) FROM app.deliveries WHERE state IN ('queued', 'parked'))
"""
_HELD = "SELECT 1 FROM app.outbox WHERE done_at IS NULL AND leased_until > now() LIMIT 1"


def read(backup_url: str) -> Final:
    """Everything that is read here, in one snapshot; the rest of the Final is empty."""
    with psycopg.connect(backup_url, row_factory=dict_row) as connection:
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")

        def all_of(statement: str) -> list[Mapping[str, Any]]:
            return list(connection.execute(statement))

        return Final(
            referrals=[Referral(**row) for row in all_of(_REFERRALS)],
            events=[Event(**row) for row in all_of(_EVENTS)],
            jobs=[Job(**row) for row in all_of(_JOBS)],
            notices=[Notice(**row) for row in all_of(_NOTICES)],
            written=frozenset(row["id"] for row in all_of(_CLIENTS)),
            consents=frozenset(row["id"] for row in all_of(_CONSENTS)),
            entries=[Entry(**row) for row in all_of(_ENTRIES)],
            places=[Place(**row) for row in all_of(_PLACES)],
        )


def under_way(backup_url: str) -> int:
    """How many jobs and mails are neither delivered nor parked."""
    with psycopg.connect(backup_url) as connection:
        row = connection.execute(_OPEN).fetchone()
    return int(row[0]) if row else 0


@contextmanager
def watching(backup_url: str) -> Iterator[Callable[[], bool]]:
    """Gives a quick question: whether workers have jobs in their hands just now."""
    with psycopg.connect(backup_url, autocommit=True, connect_timeout=5) as connection:
        yield lambda: connection.execute(_HELD).fetchone() is not None


def followed_up(backup_url: str, referral: str, kind: str) -> bool:
    """Whether this has happened to the referral."""
    with psycopg.connect(backup_url) as connection:
        asked = "SELECT 1 FROM app.referral_events WHERE referral_id = %s AND kind = %s"
        return connection.execute(asked, (referral, kind)).fetchone() is not None
