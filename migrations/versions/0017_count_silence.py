"""A programme's response record counts what it never answered.

The share in time was a share of the answers alone: whoever answered one referral in ten, and that one quickly, looked
perfect, and whoever answered nothing had no record at all. Now it is a share of all referrals whose promised time is
over, except those that the sender or the client took back before.
"""

from __future__ import annotations

from alembic import op

revision = "0017"
down_revision = "0016"

FUNCTION = """
CREATE OR REPLACE FUNCTION sec.refresh_records() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH fresh AS (
        SELECT r.receiver_org_id AS org_id, r.programme_id, count(*)::integer AS asked,
            count(r.response_minutes)::integer AS answered,
            count(*) FILTER (WHERE r.answered_at <= r.due_at)::integer AS in_time,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY r.response_minutes)::integer AS median_minutes
        FROM app.referrals r
        WHERE r.due_at BETWEEN now() - interval '180 days' AND now()
          AND (r.response_minutes IS NOT NULL OR r.due_at <= coalesce(r.ended_at, now()))
        GROUP BY 1, 2 HAVING count(*) >= 10),
    gone AS (
        DELETE FROM app.programme_records p WHERE NOT EXISTS (
            SELECT 1 FROM fresh f WHERE f.org_id = p.org_id AND f.programme_id = p.programme_id) RETURNING 1),
    made AS (
        INSERT INTO app.programme_records (org_id, programme_id, asked, answered, in_time, median_minutes, made_at)
        SELECT f.org_id, f.programme_id, f.asked, f.answered, f.in_time, f.median_minutes, now() FROM fresh f
        ON CONFLICT (org_id, programme_id) DO UPDATE SET asked = excluded.asked, answered = excluded.answered,
            in_time = excluded.in_time, median_minutes = excluded.median_minutes, made_at = excluded.made_at
        RETURNING 1)
    SELECT count(*)::integer FROM made
$$;
"""


def upgrade() -> None:
    op.execute("ALTER TABLE app.programme_records ADD asked integer NOT NULL DEFAULT 0")
    op.execute("ALTER TABLE app.programme_records ALTER median_minutes DROP NOT NULL")
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTION)
    op.execute("SELECT sec.refresh_records()")
    op.execute("SET ROLE spean_owner")
    op.execute("ALTER TABLE app.programme_records ALTER asked DROP DEFAULT")
