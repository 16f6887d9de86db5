"""Telling people: the outbox that the worker leases, and the notices that it writes.

The worker's password alone reads job references. To read who is to be told it must enter one leased job, and for
periodic work one referral that is due.
"""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"

TABLES = """
CREATE TABLE app.outbox (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    from_org_id uuid NOT NULL,
    event_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    sender_org_id uuid NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    at timestamptz NOT NULL,
    next_at timestamptz NOT NULL,
    attempts integer NOT NULL DEFAULT 0,
    leased_until timestamptz,
    done_at timestamptz,
    outcome text,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX outbox_waiting ON app.outbox (next_at) WHERE done_at IS NULL;
CREATE INDEX outbox_id ON app.outbox (id) WHERE done_at IS NULL;

CREATE TABLE app.notifications (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    event_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    at timestamptz NOT NULL,
    read_at timestamptz,
    email text NOT NULL DEFAULT 'off' CHECK (email IN ('off', 'waiting', 'sent', 'failed')),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, staff_id, event_id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX notifications_staff ON app.notifications (org_id, staff_id, at DESC, id);
CREATE INDEX notifications_unread ON app.notifications (org_id, staff_id) WHERE read_at IS NULL;

ALTER TABLE app.outbox ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.outbox FORCE ROW LEVEL SECURITY;
GRANT INSERT ON app.outbox TO spean_web, spean_worker;
GRANT SELECT, UPDATE, DELETE ON app.outbox TO spean_sec;
CREATE POLICY tell ON app.outbox FOR INSERT TO spean_web, spean_worker
    WITH CHECK (from_org_id = (SELECT sec.org()) AND EXISTS (
        SELECT 1 FROM app.referrals r
        WHERE r.sender_org_id = outbox.sender_org_id AND r.id = outbox.referral_id AND r.ref = outbox.ref
          AND outbox.org_id IN (r.sender_org_id, r.receiver_org_id)));
CREATE POLICY walls ON app.outbox TO spean_sec USING (true) WITH CHECK (true);

ALTER TABLE app.notifications ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notifications FORCE ROW LEVEL SECURITY;
GRANT SELECT, UPDATE (read_at) ON app.notifications TO spean_web;
GRANT SELECT, INSERT, UPDATE (email) ON app.notifications TO spean_worker;
GRANT SELECT, DELETE ON app.notifications TO spean_sec;
CREATE POLICY own ON app.notifications TO spean_web
    USING (org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()))
    WITH CHECK (org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()));
CREATE POLICY told ON app.notifications TO spean_worker
    USING (org_id = (SELECT sec.org()))
    WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.notifications TO spean_sec USING (true);
"""

FUNCTIONS = """
CREATE FUNCTION sec.claim_jobs(most integer, lease interval)
RETURNS TABLE (job_id uuid, kind text, ref text)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.outbox o SET leased_until = now() + $2, next_at = now() + $2, attempts = o.attempts + 1
    FROM (SELECT x.org_id, x.id FROM app.outbox x WHERE x.done_at IS NULL AND x.next_at <= now()
          ORDER BY x.next_at LIMIT $1 FOR UPDATE SKIP LOCKED) c
    WHERE o.org_id = c.org_id AND o.id = c.id
    RETURNING o.id, o.kind, o.ref
$$;

-- Becomes the organisation to be told, for one leased job and one transaction.
CREATE FUNCTION sec.enter_job(job uuid)
RETURNS TABLE (org_id uuid, event_id uuid, sender_org_id uuid, referral_id uuid, kind text, ref text,
    attempts integer, at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    j app.outbox;
BEGIN
    SELECT * INTO j FROM app.outbox x WHERE x.id = $1 AND x.done_at IS NULL AND x.leased_until > now();
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM sec.put_context(j.org_id, '', NULL, 'job');
    RETURN QUERY SELECT j.org_id, j.event_id, j.sender_org_id, j.referral_id, j.kind, j.ref, j.attempts, j.at;
END $$;

CREATE FUNCTION sec.finish_job(job uuid, outcome text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.outbox o SET done_at = now(), leased_until = NULL, outcome = $2 WHERE o.id = $1 AND o.done_at IS NULL
$$;

CREATE FUNCTION sec.retry_job(job uuid, after interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.outbox o SET leased_until = NULL, next_at = now() + $2 WHERE o.id = $1 AND o.done_at IS NULL
$$;

-- The client takes the permission back, on either side's word: keys and slip die with it (sec.follow_consent), and
-- what was about to be told.
CREATE FUNCTION sec.withdraw(sender uuid, referral uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r app.referrals;
BEGIN
    SELECT * INTO r FROM app.referrals x WHERE x.sender_org_id = $1 AND x.id = $2
        AND sec.org() IN (x.sender_org_id, x.receiver_org_id);
    IF NOT FOUND THEN RETURN false; END IF;
    UPDATE app.consents c SET withdrawn_at = now()
        WHERE c.org_id = $1 AND c.id = r.consent_id AND c.withdrawn_at IS NULL;
    UPDATE app.outbox o SET done_at = now(), outcome = 'withdrawn'
        WHERE o.sender_org_id = $1 AND o.referral_id = $2 AND o.done_at IS NULL;
    RETURN true;
END $$;

-- What is due at a moment, by reference only. expire: nobody answered or nobody came; half, overdue: a reminder.
CREATE FUNCTION sec.due_referrals(most integer) RETURNS TABLE (sender_org_id uuid, referral_id uuid, what text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT r.sender_org_id, r.id, 'expire' FROM app.referrals r
        WHERE r.state IN ('sent', 'waitlisted', 'accepted') AND r.expires_at <= now() ORDER BY r.expires_at LIMIT $1)
    UNION ALL
    (SELECT r.sender_org_id, r.id, CASE WHEN r.due_at <= now() THEN 'overdue' ELSE 'half' END FROM app.referrals r
        WHERE r.state = 'sent' AND r.reminded <> 'overdue' AND r.half_at <= now() AND r.expires_at > now()
          AND (r.reminded = 'no' OR r.due_at <= now()) ORDER BY r.half_at LIMIT $1)
$$;

CREATE FUNCTION sec.enter_due(sender uuid, referral uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due text;
BEGIN
    SELECT CASE WHEN r.expires_at <= now() THEN 'expire' WHEN r.due_at <= now() THEN 'overdue' ELSE 'half' END
    INTO due FROM app.referrals r
    WHERE r.sender_org_id = $1 AND r.id = $2 AND (
        r.state IN ('sent', 'waitlisted', 'accepted') AND r.expires_at <= now()
        OR r.state = 'sent' AND r.reminded <> 'overdue' AND r.half_at <= now()
           AND (r.reminded = 'no' OR r.due_at <= now()));
    IF due IS NOT NULL THEN PERFORM sec.put_context($1, '', NULL, 'system'); END IF;
    RETURN due;
END $$;

-- Answers of the last 180 days; a programme with fewer than ten has no record to show.
CREATE FUNCTION sec.refresh_records() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH fresh AS (
        SELECT r.receiver_org_id AS org_id, r.programme_id, count(*)::integer AS answered,
            count(*) FILTER (WHERE r.answered_at <= r.due_at)::integer AS in_time,
            percentile_disc(0.5) WITHIN GROUP (ORDER BY r.response_minutes)::integer AS median_minutes
        FROM app.referrals r
        WHERE r.due_at BETWEEN now() - interval '180 days' AND now()
          AND r.response_minutes IS NOT NULL
        GROUP BY 1, 2 HAVING count(*) >= 10),
    gone AS (
        DELETE FROM app.programme_records p WHERE NOT EXISTS (
            SELECT 1 FROM fresh f WHERE f.org_id = p.org_id AND f.programme_id = p.programme_id) RETURNING 1),
    made AS (
        INSERT INTO app.programme_records (org_id, programme_id, answered, in_time, median_minutes, made_at)
        SELECT f.org_id, f.programme_id, f.answered, f.in_time, f.median_minutes, now() FROM fresh f
        ON CONFLICT (org_id, programme_id) DO UPDATE SET answered = excluded.answered, in_time = excluded.in_time,
            median_minutes = excluded.median_minutes, made_at = excluded.made_at
        RETURNING 1)
    SELECT count(*)::integer FROM made
$$;

-- Old work leaves: finished jobs after a week, read or stale notices after ninety days, ended sessions after a month,
-- keys of repeated requests after two days.
CREATE FUNCTION sec.sweep() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH jobs AS (DELETE FROM app.outbox o WHERE o.done_at < now() - interval '7 days' RETURNING 1),
    notices AS (DELETE FROM app.notifications n WHERE n.at < now() - interval '90 days' RETURNING 1),
    ended AS (DELETE FROM sec.sessions s WHERE coalesce(s.revoked_at, s.expires_at) < now() - interval '30 days'
        RETURNING 1),
    keys AS (DELETE FROM app.idempotency_keys k WHERE k.at < now() - interval '2 days' RETURNING 1)
    SELECT ((SELECT count(*) FROM jobs) + (SELECT count(*) FROM notices) + (SELECT count(*) FROM ended)
        + (SELECT count(*) FROM keys))::integer
$$;

GRANT EXECUTE ON FUNCTION sec.claim_jobs(integer, interval), sec.enter_job(uuid), sec.finish_job(uuid, text),
    sec.retry_job(uuid, interval), sec.due_referrals(integer), sec.enter_due(uuid, uuid), sec.refresh_records(),
    sec.sweep() TO spean_worker;
GRANT EXECUTE ON FUNCTION sec.withdraw(uuid, uuid) TO spean_web;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
