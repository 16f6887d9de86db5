"""Telling many at once: a worker sees which jobs were tried before, and finds the mails that wait by their own index.

Whether mails of an event wait was looked up among all notices that its organisation ever had.
"""

from __future__ import annotations

from alembic import op

revision = "0025"
down_revision = "0024"

WAITING = "CREATE INDEX notifications_waiting ON app.notifications (org_id, event_id) WHERE email = 'waiting'"
CLAIM = """
DROP FUNCTION sec.claim_jobs(integer, interval);
CREATE FUNCTION sec.claim_jobs(most integer, lease interval)
RETURNS TABLE (job_id uuid, kind text, ref text, attempts integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.outbox o SET leased_until = now() + $2, next_at = now() + $2, attempts = o.attempts + 1
    FROM (SELECT x.org_id, x.id FROM app.outbox x WHERE x.done_at IS NULL AND x.next_at <= now()
          ORDER BY x.next_at LIMIT $1 FOR UPDATE SKIP LOCKED) c
    WHERE o.org_id = c.org_id AND o.id = c.id
    RETURNING o.id, o.kind, o.ref, o.attempts
$$;
GRANT EXECUTE ON FUNCTION sec.claim_jobs(integer, interval) TO spean_worker;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(WAITING)
    op.execute("SET ROLE spean_sec")
    op.execute(CLAIM)
    op.execute("SET ROLE spean_owner")
