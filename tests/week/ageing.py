"""Time that goes by in a moment: rows of a running Spean are aged, which only an administrator can do."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

import psycopg

PICK = """
SELECT r.sender_org_id, r.id, r.ref, r.receiver_org_id, r.programme_id FROM app.referrals r
WHERE r.state = %(state)s AND r.expires_at > now() + interval '1 day' AND r.readable_until > now() + interval '1 day'
  AND r.due_at > now() + CASE WHEN r.state = 'sent' THEN interval '5 minutes' ELSE interval '-1 year' END
  AND NOT EXISTS (SELECT 1 FROM app.outbox o WHERE o.referral_id = r.id AND o.done_at IS NULL)
ORDER BY r.half_at DESC, r.id LIMIT %(most)s
"""


@dataclass(frozen=True)
class Aged:
    """A referral whose time has come, and what should be told of it."""

    sender_org_id: UUID
    id: UUID
    ref: str
    receiver_org_id: UUID
    programme_id: UUID
    kind: str


@dataclass(frozen=True)
class Ageing:
    """Connections of the administrator, on which no trigger looks at what is written."""

    url: str

    def connect(self) -> psycopg.Connection:
        """One transaction's connection; use it with `with`."""
        connection = psycopg.connect(self.url)
        connection.execute("SET session_replication_role = replica")
        return connection

    def referrals(self) -> list[Aged]:
        """Some of each kind of wait: half of the promised time gone, all of it, nobody answered, nobody came."""
        with self.connect() as staging:
            sent = self._some(staging, "sent", ["half_time"] * 2 + ["overdue"] * 2 + ["expired"] * 2)
            moved = [
                *sent,
                *self._some(staging, "accepted", ["expired"] * 2),
                *self._some(staging, "waitlisted", ["expired"]),
            ]
            for one in moved:
                staging.execute(f"UPDATE app.referrals SET {_CHANGES[one.kind]} WHERE id = %s", [one.id])
        return moved

    def lapse(self) -> list[UUID]:
        """Permissions that run out while the person is still with the programme."""
        query = """UPDATE app.referrals SET readable_until = now() - interval '1 minute' WHERE id IN (
            SELECT r.id FROM app.referrals r WHERE r.state = 'arrived' AND r.readable_until > now() AND EXISTS (
                SELECT 1 FROM app.packet_keys k WHERE k.referral_id = r.id AND k.holder = 'receiver')
            ORDER BY r.id LIMIT 2) RETURNING id"""
        return self._ids(query)

    def packets(self) -> list[UUID]:
        """Referrals that ended long ago, whose copies should go."""
        query = """UPDATE app.referrals SET ended_at = now() - interval '70 days', updated_at = now() - interval
            '70 days', readable_until = now() - interval '40 days' WHERE id IN (
                SELECT r.id FROM app.referrals r WHERE r.state = 'completed' AND EXISTS (
                    SELECT 1 FROM app.packet_keys k WHERE k.referral_id = r.id) ORDER BY r.id LIMIT 2) RETURNING id"""
        return self._ids(query)

    def jobs(self) -> int:
        """Finished work of two months ago; how much of it."""
        with self.connect() as staging:
            query = "UPDATE app.outbox SET done_at = now() - interval '60 days' WHERE done_at IS NOT NULL"
            return staging.execute(query).rowcount

    def client(self) -> UUID:
        """A client who was archived six years ago, and of whom nothing was written since."""
        with self.connect() as staging:
            found = staging.execute(
                """SELECT c.id FROM app.clients c WHERE c.erased_at IS NULL AND NOT EXISTS (
                    SELECT 1 FROM app.referral_clients l WHERE l.client_id = c.id) AND NOT EXISTS (
                    SELECT 1 FROM app.episodes e WHERE e.client_id = c.id) ORDER BY c.id LIMIT 1"""
            ).fetchone()
            assert found is not None
            long_ago = "now() - interval '6 years'"
            staging.execute(
                f"UPDATE app.clients SET archived_at = {long_ago}, updated_at = {long_ago} WHERE id = %s", found
            )
            return UUID(str(found[0]))

    def audit(self) -> UUID:
        """An organisation whose first entries are older than seven years, and sealed so."""
        with self.connect() as staging:
            found = staging.execute(
                "SELECT org_id FROM sec.audit_seals GROUP BY 1 HAVING count(*) > 60 ORDER BY count(*) LIMIT 1"
            ).fetchone()
            assert found is not None
            first = "(SELECT audit_id FROM sec.audit_seals WHERE org_id = %(org)s AND seq <= 50)"
            org, gone = {"org": found[0]}, "interval '8 years'"
            staging.execute(f"UPDATE app.audit_log SET at = at - {gone} WHERE org_id = %(org)s AND id IN {first}", org)
            staging.execute(
                f"UPDATE sec.audit_seals SET sealed_at = sealed_at - {gone} WHERE org_id = %(org)s AND seq <= 50", org
            )
            return UUID(str(found[0]))

    def unpublish(self) -> str:
        """Take the newest release away, as if its period had closed just now; its name."""
        with self.connect() as staging:
            query = """DELETE FROM app.uptake_releases WHERE starts = (
                SELECT max(starts) FROM app.uptake_releases) RETURNING period"""
            found = staging.execute(query).fetchone()
            assert found is not None
            return str(found[0])

    def a_day_runs(self) -> None:
        """The worker has been running for 24 hours since now."""
        with self.connect() as staging:
            staging.execute(
                "INSERT INTO sec.clock_marks SELECT running, now() FROM sec.clock"
                " ON CONFLICT (running) DO UPDATE SET wall = excluded.wall"
            )
            staging.execute("DELETE FROM sec.clock_marks m USING sec.clock c WHERE m.running < c.running")
            staging.execute("UPDATE sec.clock SET running = running + 86401")

    def forget_records(self) -> int:
        """Take the programmes' records away; how many there were."""
        with self.connect() as staging:
            return staging.execute("DELETE FROM app.programme_records").rowcount

    def _some(self, staging: psycopg.Connection, state: str, kinds: list[str]) -> list[Aged]:
        rows = staging.execute(PICK, {"state": state, "most": len(kinds)}).fetchall()
        assert len(rows) == len(kinds), (state, len(rows))
        return [Aged(*row, kind) for row, kind in zip(rows, kinds, strict=True)]

    def _ids(self, query: str) -> list[UUID]:
        with self.connect() as staging:
            found = [row[0] for row in staging.execute(query).fetchall()]
        assert found
        return found


_CHANGES = {
    "half_time": "reminded = 'no', half_at = now() - interval '1 minute', due_at = now() + interval '2 hours'",
    "overdue": "reminded = 'half', half_at = now() - interval '1 hour', due_at = now() - interval '1 minute'",
    "expired": "expires_at = now() - interval '1 minute'",
}
