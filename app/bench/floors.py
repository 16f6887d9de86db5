"""What each case is compared with: the same rows, read or written by bare SQL on one kept connection.

Reading is measured on a copy of the referrals that stands behind no wall, under a role of its own. Writing goes to the
real tables, one commit for all rows of a step, with random bytes where the application seals.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.types.json import Json

from app.bench.crew import Crew
from app.bench.network import HOSPITAL, SENDER
from app.bench.store import Size
from app.core import clock, ids

_LIST = """
SELECT id, ref, state, urgency, programme_id, service, sent_at, due_at, expires_at, seen_at, appointment_at,
    window_from, window_to, missed, updated_at, version
FROM {table} WHERE receiver_org_id = %s ORDER BY updated_at DESC, id LIMIT 51
"""
PLAIN_LIST = _LIST.format(table="bench.referrals")
WALLED_LIST = _LIST.format(table="app.referrals")
_PLAIN = """
DROP SCHEMA IF EXISTS bench CASCADE;
CREATE SCHEMA bench;
CREATE TABLE bench.referrals AS SELECT * FROM app.referrals;
CREATE INDEX ON bench.referrals (receiver_org_id, updated_at DESC, id);
"""
_GRANTS = (
    "ALTER ROLE {role} PASSWORD {password}",
    "GRANT CONNECT ON DATABASE {database} TO {role}",
    "GRANT USAGE ON SCHEMA bench TO {role}",
    "GRANT SELECT ON bench.referrals TO {role}",
)

Floor = Callable[[], float]
"""Does it once; returns the seconds it took."""


def make_plain(size: Size) -> str:
    """The copy without walls, made anew for a run; returns the URL of the role that reads it."""
    role, password = f"spean_bench_{size.name}", ids.token()
    with psycopg.connect(size.admin_url, autocommit=True) as admin:
        names = {"role": sql.Identifier(role), "database": sql.Identifier(admin.info.dbname)}
        if not admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone():
            admin.execute(sql.SQL("CREATE ROLE {role} LOGIN").format(**names))
        admin.execute(_PLAIN)
        for one in _GRANTS:
            admin.execute(sql.SQL(one).format(**names, password=sql.Literal(password)))
        admin.execute("VACUUM (ANALYZE) bench.referrals")
    web = size.environ["SPEAN_WEB_URL"]
    return web.replace(web.partition("://")[2].partition("@")[0], f"{role}:{password}", 1)


@dataclass
class Floors:
    """Bare SQL beside one size's cases."""

    size: Size
    crew: Crew
    plain_url: str

    def __post_init__(self) -> None:
        self._plain = psycopg.connect(self.plain_url, autocommit=True)
        self._web = psycopg.connect(self.size.environ["SPEAN_WEB_URL"], autocommit=True)
        self._steps = Steps(self._web, self.crew.hospital)

    def close(self) -> None:
        self._plain.close()
        self._web.close()

    def read(self) -> float:
        """Fifty rows in a transaction, behind no wall."""
        begun = time.perf_counter()
        with self._plain.transaction():
            self._plain.execute(PLAIN_LIST, (self.crew.hospital,)).fetchall()
        return time.perf_counter() - begun

    def walled(self) -> float:
        """The same rows behind all walls: the context entered, row security asked."""
        token = self.crew.token(HOSPITAL, "nurse")
        begun = time.perf_counter()
        with self._web.transaction():
            self._web.execute("SELECT * FROM sec.enter(%s)", (token,)).fetchone()
            self._web.execute(WALLED_LIST, (self.crew.hospital,)).fetchall()
        return time.perf_counter() - begun

    def accept(self, referral: str) -> float:
        """Every row that accepting this one and answering writes."""
        token = self.crew.token(HOSPITAL, "nurse")
        begun = time.perf_counter()
        self._steps.accept(token, referral)
        return time.perf_counter() - begun

    def send(self, consent: str) -> float:
        """Every row that sending on this permission and answering writes."""
        token = self.crew.token(SENDER, "caseworker")
        begun = time.perf_counter()
        self._steps.send(token, consent)
        return time.perf_counter() - begun


@dataclass(frozen=True)
class Steps:
    """The rows of a step, written in one commit on a connection of the web's role."""

    web: psycopg.Connection
    hospital: UUID

    def accept(self, token: str, referral: str) -> None:
        """As whoever has this session."""
        with self.web.transaction():
            self._accept(*self._enter(token), referral)

    def send(self, token: str, consent: str) -> None:
        """As whoever has this session."""
        with self.web.transaction():
            self._send(*self._enter(token), consent)

    def _enter(self, token: str) -> tuple[object, object]:
        row = self.web.execute("SELECT org_id, staff_id FROM sec.enter(%s)", (token,)).fetchone()
        return row or (None, None)

    def _accept(self, org: object, staff: object, referral: str) -> None:
        now, event = clock.now(), ids.ordered_id()
        row = self.web.execute(
            "UPDATE app.referrals SET state = 'accepted', answered_at = %s, accepted_at = %s, response_minutes = 1,"
            " appointment_at = %s, expires_at = %s, updated_at = %s, version = version + 1"
            " WHERE receiver_org_id = %s AND id = %s RETURNING sender_org_id, ref",
            (now, now, now + timedelta(days=2), now + timedelta(days=9), now, org, referral),
        ).fetchone()
        sender, ref = row or (None, None)
        self._happened(sender, referral, org, org, staff, event, "accepted", to=sender, ref=ref)
        for part in ("triage", "identity"):
            disclosed = "INSERT INTO app.disclosures (sender_org_id, referral_id, part, receiver_org_id, at)"
            self.web.execute(
                f"{disclosed} VALUES (%s, %s, %s, %s, %s)",
                (sender, referral, part, org, now),
            )
        self._audit(org, staff, referral, ref, "referral.accepted", "packet.read")

    def _send(self, org: object, staff: object, consent: str) -> None:
        now, referral, ref, receiver = clock.now(), str(ids.ordered_id()), ids.reference(), self.hospital
        self.web.execute(
            "INSERT INTO app.referrals (sender_org_id, id, ref, receiver_org_id, programme_id, consent_id, service,"
            " urgency, khan, state, sent_at, due_at, half_at, expires_at, readable_until, updated_at)"
            " SELECT %s, %s, %s, %s, programme_id, id, 'drop_in', 'soon', '1201', 'sent', %s, %s, %s, %s, %s, %s"
            " FROM app.consents WHERE org_id = %s AND id = %s",
            (org, referral, ref, receiver, now, now + timedelta(hours=4), now + timedelta(hours=2),
             now + timedelta(days=14), now + timedelta(days=80), now, org, consent),
        )  # fmt: skip
        self.web.execute(
            "INSERT INTO app.referral_clients (sender_org_id, referral_id, client_id, staff_id, sitting_id, pseudonym)"
            " SELECT org_id, %s, client_id, %s, sitting_id, %s FROM app.consents WHERE org_id = %s AND id = %s",
            (referral, staff, os.urandom(32), org, consent),
        )
        for part in ("triage", "identity"):
            body = "INSERT INTO app.packet_parts (sender_org_id, referral_id, part, receiver_org_id, body)"
            self.web.execute(f"{body} VALUES (%s, %s, %s, %s, %s)", (org, referral, part, receiver, os.urandom(221)))
            for holder, whose in (("sender", org), ("receiver", receiver)):
                self.web.execute(
                    "INSERT INTO app.packet_keys (sender_org_id, referral_id, part, holder_org_id, holder, key_version,"
                    " wrapped) VALUES (%s, %s, %s, %s, %s, 1, %s)",
                    (org, referral, part, whose, holder, os.urandom(125)),
                )
        self.web.execute(
            "INSERT INTO app.slips (sender_org_id, referral_id, receiver_org_id, code_hash, token_hash, secrets)"
            " VALUES (%s, %s, %s, %s, %s, %s)",
            (org, referral, receiver, os.urandom(32), os.urandom(32), b"\x02\x00\x00\x00\x01" + os.urandom(93)),
        )
        self._happened(org, referral, receiver, org, staff, ids.ordered_id(), "sent", to=receiver, ref=ref)
        self._audit(org, staff, referral, ref, "client.read", "referral.sent", "packet.read")

    def _happened(
        self, sender: object, referral: str, receiver: object, by: object, staff: object, event: object, kind: str,
        *, to: object, ref: object,
    ) -> None:  # fmt: skip
        now = clock.now()
        self.web.execute(
            "INSERT INTO app.referral_events (sender_org_id, id, referral_id, receiver_org_id, kind, at, by_org_id,"
            " by_staff_id) VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (sender, event, referral, receiver, kind, now, by, staff),
        )
        self.web.execute(
            "INSERT INTO app.outbox (org_id, id, from_org_id, event_id, referral_id, sender_org_id, kind, ref, at,"
            " next_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            (to, ids.ordered_id(), by, event, referral, sender, kind, ref, now, now),
        )

    def _audit(self, org: object, staff: object, referral: str, ref: object, *actions: str) -> None:
        for action in actions:
            self.web.execute(
                "INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, ref, outcome,"
                " detail) VALUES (%s, %s, %s, %s, %s, 'referral', %s, %s, 'done', %s)",
                (org, ids.ordered_id(), clock.now(), staff, action, referral, ref, Json({})),
            )
