"""Every mail is a row until it is sent, and what could not be sent stays visible (ADR 0026).

What was kept of a mail was one word beside its notice, and retries belonged to the job of an event. A delivery has a
state, a reason, its own attempts and its own next try. Whether a channel works at all stands in `sec.channels`, where
every worker sees it: while a mail server is away, one delivery at a time is tried and the others are parked.
"""

from __future__ import annotations

from alembic import op

revision = "0030"
down_revision = "0029"

TABLE = """
CREATE TABLE app.deliveries (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    staff_id uuid NOT NULL,
    event_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    kind text NOT NULL,
    ref text NOT NULL,
    at timestamptz NOT NULL,
    channel text NOT NULL CHECK (channel IN ('email')),
    state text NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed', 'parked', 'dropped')),
    reason text CHECK (reason ~ '^[a-z_]{1,40}$'),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    leased_until timestamptz,
    changed_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, staff_id, event_id, channel),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX deliveries_waiting ON app.deliveries (channel, next_at) WHERE state IN ('queued', 'parked');
CREATE INDEX deliveries_referral ON app.deliveries (referral_id) WHERE state IN ('queued', 'parked');
CREATE INDEX deliveries_troubled ON app.deliveries (channel, changed_at)
    WHERE state IN ('queued', 'failed') AND reason IS NOT NULL;
CREATE INDEX deliveries_failed ON app.deliveries (org_id, changed_at DESC, id) WHERE state = 'failed';
CREATE INDEX deliveries_done ON app.deliveries (changed_at) WHERE state IN ('sent', 'dropped');

ALTER TABLE app.deliveries ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.deliveries FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.deliveries TO spean_worker;
-- A manager sees to whom and why. What the news was, and of which referral's step, stays with those who read cases.
GRANT SELECT (org_id, id, staff_id, ref, channel, state, reason, changed_at) ON app.deliveries TO spean_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.deliveries TO spean_sec;
CREATE POLICY told ON app.deliveries FOR SELECT TO spean_worker USING (org_id = (SELECT sec.org()));
CREATE POLICY told_make ON app.deliveries FOR INSERT TO spean_worker
    WITH CHECK (org_id = (SELECT sec.org()) AND state = 'queued');
CREATE POLICY failed ON app.deliveries FOR SELECT TO spean_web
    USING (org_id = (SELECT sec.org()) AND state = 'failed' AND (SELECT sec.manages()));
CREATE POLICY walls ON app.deliveries TO spean_sec USING (true) WITH CHECK (true);
"""

CHANNELS = """
-- down_since: the server was away or took nothing. doubted_at: since when nothing has been taken, though the server
-- answers. probe_at: when one delivery may try again.
CREATE TABLE sec.channels (
    channel text PRIMARY KEY,
    doubted_at timestamptz,
    down_since timestamptz,
    reason text CHECK (reason ~ '^[a-z_]{1,40}$'),
    probes integer NOT NULL DEFAULT 0,
    probe_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO sec.channels (channel) VALUES ('email');
"""

# A delivery keeps the id of its notice, so that a mail that is sent again bears the Message-ID that it had.
ROWS = """
INSERT INTO app.deliveries (org_id, id, staff_id, event_id, referral_id, kind, ref, at, channel, state, reason,
    changed_at)
SELECT n.org_id, n.id, n.staff_id, n.event_id, n.referral_id, n.kind, n.ref, n.at, 'email',
    CASE n.email WHEN 'waiting' THEN 'queued' ELSE n.email END, CASE n.email WHEN 'failed' THEN 'not_noted' END, n.at
FROM app.notifications n WHERE n.email <> 'off'
"""

OLD = """
DROP INDEX app.notifications_waiting;
ALTER TABLE app.notifications DROP COLUMN email;
"""

CLAIMING = """
-- One delivery that is due, for so long. While the channel is down: one in an interval, in turn, to see if it works
-- again. A delivery that is being sent is locked and is skipped, however long that takes.
CREATE FUNCTION sec.claim_delivery(channel text, lease interval) RETURNS TABLE (org_id uuid, delivery_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM sec.channels c WHERE c.channel = $1 AND c.down_since IS NOT NULL) THEN
        UPDATE sec.channels c SET probe_at = now() + $2 WHERE c.channel = (
            SELECT x.channel FROM sec.channels x
            WHERE x.channel = $1 AND x.down_since IS NOT NULL AND x.probe_at <= now() FOR UPDATE SKIP LOCKED);
        IF NOT FOUND THEN RETURN; END IF;
    END IF;
    RETURN QUERY UPDATE app.deliveries d
        SET leased_until = now() + $2, next_at = now() + $2, attempts = d.attempts + 1
        FROM (SELECT x.org_id, x.id FROM app.deliveries x
              WHERE x.channel = $1 AND x.state IN ('queued', 'parked') AND x.next_at <= now()
              ORDER BY x.next_at LIMIT 1 FOR UPDATE SKIP LOCKED) w
        WHERE d.org_id = w.org_id AND d.id = w.id
        RETURNING d.org_id, d.id;
END $$;

-- Becomes the organisation of one leased delivery for one transaction, and holds the delivery's row meanwhile.
CREATE FUNCTION sec.enter_delivery(org uuid, delivery uuid)
RETURNS TABLE (staff_id uuid, event_id uuid, referral_id uuid, kind text, ref text, at timestamptz, attempts integer,
    notice_id uuid, referral_state text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp SET lock_timeout = '1s' AS $$
DECLARE
    d app.deliveries;
BEGIN
    -- Another claim may lock for a moment what was just leased, and pass over it. Only a sending holds it for longer.
    SELECT * INTO d FROM app.deliveries x WHERE x.org_id = $1 AND x.id = $2 AND x.state IN ('queued', 'parked')
        AND x.leased_until > now() FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    PERFORM sec.put_context(d.org_id, '', NULL, 'job');
    RETURN QUERY SELECT d.staff_id, d.event_id, d.referral_id, d.kind, d.ref, d.at, d.attempts,
        (SELECT n.id FROM app.notifications n
            WHERE n.org_id = d.org_id AND n.staff_id = d.staff_id AND n.event_id = d.event_id),
        coalesce(
            (SELECT r.state FROM app.referrals r WHERE r.sender_org_id = d.org_id AND r.id = d.referral_id),
            (SELECT r.state FROM app.referrals r WHERE r.receiver_org_id = d.org_id AND r.id = d.referral_id));
EXCEPTION WHEN lock_not_available THEN RETURN;
END $$;
"""

SETTLING = """
-- The channel works: what was parked goes out.
CREATE FUNCTION sec.channel_works(channel text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    down boolean;
BEGIN
    SELECT c.down_since IS NOT NULL INTO down FROM sec.channels c
        WHERE c.channel = $1 AND (c.down_since IS NOT NULL OR c.doubted_at IS NOT NULL) FOR UPDATE;
    IF NOT FOUND THEN RETURN; END IF;
    UPDATE sec.channels c SET down_since = NULL, doubted_at = NULL, reason = NULL, probes = 0 WHERE c.channel = $1;
    IF down THEN
        UPDATE app.deliveries d SET state = 'queued', reason = NULL, next_at = now(), leased_until = NULL,
            changed_at = clock_timestamp()
        WHERE (d.org_id, d.id) IN (SELECT x.org_id, x.id FROM app.deliveries x
            WHERE x.channel = $1 AND x.state = 'parked' FOR UPDATE SKIP LOCKED);
    END IF;
END $$;

-- The channel does not work: what is due is parked, and one delivery tries after `wait`, then after twice that, up to
-- two minutes (or `wait`, where it is longer).
CREATE FUNCTION sec.channel_down(channel text, reason text, wait interval) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sec.channels c SET down_since = coalesce(c.down_since, now()), reason = $2, probes = c.probes + 1,
        probe_at = clock_timestamp() + least($3 * power(2, least(c.probes, 10)), greatest($3, interval '2 minutes'))
    WHERE c.channel = $1;
    UPDATE app.deliveries d SET state = 'parked', reason = $2, next_at = now(), changed_at = clock_timestamp()
    WHERE (d.org_id, d.id) IN (SELECT x.org_id, x.id FROM app.deliveries x
        WHERE x.channel = $1 AND x.state = 'queued' AND x.next_at <= now() FOR UPDATE SKIP LOCKED);
$$;

-- The functions below keep what became of a delivery of the entered organisation.

CREATE FUNCTION sec.keep_sent(delivery uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used text;
BEGIN
    UPDATE app.deliveries d SET state = 'sent', reason = NULL, leased_until = NULL, changed_at = clock_timestamp()
        WHERE d.org_id = sec.org() AND d.id = $1 AND d.state IN ('queued', 'parked') RETURNING d.channel INTO used;
    IF FOUND THEN PERFORM sec.channel_works(used); END IF;
END $$;

-- Nothing was tried: if this one was to show whether the channel works, another one does.
CREATE FUNCTION sec.keep_dropped(delivery uuid, reason text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used text;
BEGIN
    UPDATE app.deliveries d SET state = 'dropped', reason = $2, leased_until = NULL, changed_at = clock_timestamp()
        WHERE d.org_id = sec.org() AND d.id = $1 AND d.state IN ('queued', 'parked') RETURNING d.channel INTO used;
    UPDATE sec.channels c SET probe_at = now() WHERE c.channel = used AND c.down_since IS NOT NULL;
END $$;

-- The server is away or refuses us. It is no attempt of the delivery's own.
CREATE FUNCTION sec.keep_parked(delivery uuid, reason text, wait interval) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    used text;
BEGIN
    UPDATE app.deliveries d SET state = 'parked', reason = $2, leased_until = NULL, next_at = clock_timestamp(),
        attempts = greatest(d.attempts - 1, 0), changed_at = clock_timestamp()
        WHERE d.org_id = sec.org() AND d.id = $1 AND d.state IN ('queued', 'parked') RETURNING d.channel INTO used;
    IF FOUND THEN PERFORM sec.channel_down(used, $2, $3); END IF;
END $$;

-- The server refused this one (`again`: after how long it is tried again; NULL: never). Returns the state it has then.
-- doubtful: such an answer may as well mean that the server refuses everybody. It does, once three people in turn got
-- such answers and nobody a mail between, or when the attempts of one are used up with no mail taken meanwhile. Then
-- all of these are parked, and nobody is told that their address is wrong.
CREATE FUNCTION sec.keep_refused(delivery uuid, reason text, again interval, doubtful boolean, wait interval)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    d app.deliveries;
    c sec.channels;
    people integer;
BEGIN
    UPDATE app.deliveries x SET state = CASE WHEN $3 IS NULL THEN 'failed' ELSE 'queued' END, reason = $2,
        leased_until = NULL, next_at = now() + coalesce($3, interval '0'), changed_at = clock_timestamp()
        WHERE x.org_id = sec.org() AND x.id = $1 AND x.state IN ('queued', 'parked') RETURNING * INTO d;
    IF NOT FOUND THEN RETURN NULL; END IF;
    IF NOT $4 THEN  -- it said something of this recipient: so it works
        PERFORM sec.channel_works(d.channel);
        RETURN d.state;
    END IF;
    SELECT * INTO c FROM sec.channels x WHERE x.channel = d.channel FOR UPDATE;
    IF c.down_since IS NOT NULL AND c.reason <> 'refuses_all' THEN  -- it was away, and answers again
        PERFORM sec.channel_works(d.channel);
        c.down_since := NULL;
        c.doubted_at := NULL;
    END IF;
    IF c.doubted_at IS NULL THEN
        UPDATE sec.channels x SET doubted_at = d.changed_at WHERE x.channel = d.channel;
    END IF;
    SELECT count(DISTINCT x.staff_id) INTO people FROM app.deliveries x WHERE x.channel = d.channel
        AND x.state IN ('queued', 'failed') AND x.reason IS NOT NULL AND x.changed_at >= c.doubted_at;
    IF c.down_since IS NULL AND people < 3 AND NOT (c.doubted_at IS NOT NULL AND $2 = 'too_many_attempts') THEN
        RETURN d.state;
    END IF;
    WITH held AS (
        SELECT x.org_id, x.id, x.staff_id FROM app.deliveries x WHERE x.channel = d.channel
            AND x.state IN ('queued', 'failed') AND x.reason IS NOT NULL
            AND x.changed_at >= coalesce(c.doubted_at, d.changed_at) FOR UPDATE SKIP LOCKED),
    unsaid AS (
        DELETE FROM app.notifications n WHERE n.kind = 'mail_failed' AND n.read_at IS NULL
            AND (n.org_id, n.staff_id) IN (SELECT h.org_id, h.staff_id FROM held h)
            AND NOT EXISTS (SELECT 1 FROM app.deliveries x
                WHERE x.org_id = n.org_id AND x.staff_id = n.staff_id AND x.state = 'failed'
                  AND NOT EXISTS (SELECT 1 FROM held h WHERE h.org_id = x.org_id AND h.id = x.id)))
    UPDATE app.deliveries x SET state = 'parked', reason = 'refuses_all', leased_until = NULL,
        next_at = clock_timestamp(), attempts = greatest(x.attempts - 1, 0), changed_at = clock_timestamp()
        FROM held h WHERE x.org_id = h.org_id AND x.id = h.id;
    PERFORM sec.channel_down(d.channel, 'refuses_all', $5);
    RETURN 'parked';
END $$;
"""

KEEPING = """
-- The client takes the permission back, on either side's word: keys and slip die with it (sec.follow_consent), and
-- what was about to be told. A mail that is being handed over at this moment is not waited for.
CREATE OR REPLACE FUNCTION sec.withdraw(sender uuid, referral uuid) RETURNS boolean
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
    PERFORM sec.hush(ARRAY[$2], 'withdrawn');
    RETURN true;
END $$;

CREATE FUNCTION sec.hush(referrals uuid[], reason text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.deliveries d SET state = 'dropped', reason = $2, leased_until = NULL, changed_at = now()
    WHERE (d.org_id, d.id) IN (SELECT x.org_id, x.id FROM app.deliveries x
        WHERE x.referral_id = ANY ($1) AND x.state IN ('queued', 'parked') FOR UPDATE SKIP LOCKED)
$$;

-- Nothing more is told of an erased client's referrals.
CREATE FUNCTION sec.hush_erased() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.hush(array_agg(l.referral_id), 'erased') FROM app.referral_clients l
        WHERE l.sender_org_id = NEW.org_id AND l.client_id = NEW.id;
    RETURN NULL;
END $$;

-- A manager has one that failed tried again, or drops it. Returns the reference, or NULL where there is none.
CREATE FUNCTION sec.settle_failed(delivery uuid, again boolean) RETURNS text
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.deliveries d SET state = CASE WHEN $2 THEN 'queued' ELSE 'dropped' END,
        reason = CASE WHEN $2 THEN NULL ELSE 'by_manager' END, attempts = 0, next_at = now(), leased_until = NULL,
        changed_at = now()
    WHERE d.org_id = sec.org() AND d.id = $1 AND d.state = 'failed' AND sec.manages()
    RETURNING d.ref
$$;

CREATE FUNCTION sec.is_steward() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.kind() = 'steward' AND EXISTS (SELECT 1 FROM app.staff p
        WHERE p.org_id = sec.org() AND p.id = sec.staff() AND p.active AND 'steward' = ANY (p.roles))
$$;

-- To the steward: how many over all organisations, and since when the oldest of them stands so. What is done is
-- counted for a day. A bell that could not be rung is a job that was given up.
CREATE FUNCTION sec.delivery_counts()
RETURNS TABLE (channel text, state text, reason text, deliveries bigint, since timestamptz)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT sec.is_steward() THEN RETURN; END IF;
    RETURN QUERY SELECT d.channel, d.state, coalesce(d.reason, ''), count(*), min(d.changed_at) FROM app.deliveries d
        WHERE d.state IN ('queued', 'parked') OR d.state = 'failed'
           OR (d.state IN ('sent', 'dropped') AND d.changed_at > now() - interval '1 day')
        GROUP BY 1, 2, 3
    UNION ALL SELECT 'bell', 'failed', 'gave_up', count(*), min(o.done_at) FROM app.outbox o
        WHERE o.outcome = 'gave_up' HAVING count(*) > 0;
END $$;

-- The steward has all tried again that failed for a reason (NULL: any). What is parked needs no telling: one of it is
-- tried at once, and the others follow if the server takes it. Returns how many are tried again.
CREATE FUNCTION sec.retry_deliveries(channel text, reason text) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    failed integer;
    parked integer;
BEGIN
    IF NOT sec.is_steward() THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF $1 = 'bell' THEN
        UPDATE app.outbox o SET done_at = NULL, outcome = NULL, attempts = 0, next_at = now()
            WHERE o.outcome = 'gave_up';
        GET DIAGNOSTICS failed = ROW_COUNT;
        RETURN failed;
    END IF;
    UPDATE app.deliveries d SET state = 'queued', reason = NULL, attempts = 0, next_at = now(), leased_until = NULL,
        changed_at = now() WHERE d.channel = $1 AND d.state = 'failed' AND ($2 IS NULL OR d.reason = $2);
    GET DIAGNOSTICS failed = ROW_COUNT;
    UPDATE sec.channels c SET probe_at = now(), probes = 0 WHERE c.channel = $1 AND c.down_since IS NOT NULL;
    SELECT count(*) INTO parked FROM app.deliveries d
        WHERE d.channel = $1 AND d.state = 'parked' AND ($2 IS NULL OR d.reason = $2);
    RETURN failed + parked;
END $$;

-- What is done is kept for thirty days, what failed for ninety. Returns how many left, `most` at once.
CREATE FUNCTION sec.sweep_deliveries(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (DELETE FROM app.deliveries d WHERE (d.org_id, d.id) IN (
        SELECT x.org_id, x.id FROM app.deliveries x
        WHERE x.state IN ('sent', 'dropped') AND x.changed_at < now() - interval '30 days'
           OR x.state = 'failed' AND x.changed_at < now() - interval '90 days'
        LIMIT $1) RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;
"""

# A job is rung in milliseconds, so its lease is short and whoever was killed with one is soon followed. One that fails
# three times waits longer each time, up to an hour.
JOBS = """
DROP FUNCTION sec.retry_job(uuid, interval);
CREATE OR REPLACE FUNCTION sec.claim_jobs(most integer, lease interval)
RETURNS TABLE (job_id uuid, kind text, ref text, attempts integer)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.outbox o SET leased_until = now() + $2,
        next_at = now() + least($2 * power(2, greatest(least(o.attempts, 20) - 2, 0)), greatest($2, interval '1 hour')),
        attempts = o.attempts + 1
    FROM (SELECT x.org_id, x.id FROM app.outbox x WHERE x.done_at IS NULL AND x.next_at <= now()
          ORDER BY x.next_at LIMIT $1 FOR UPDATE SKIP LOCKED) c
    WHERE o.org_id = c.org_id AND o.id = c.id
    RETURNING o.id, o.kind, o.ref, o.attempts
$$;
"""

GRANTS = """
GRANT EXECUTE ON FUNCTION sec.claim_delivery(text, interval), sec.enter_delivery(uuid, uuid), sec.keep_sent(uuid),
    sec.keep_dropped(uuid, text), sec.keep_parked(uuid, text, interval),
    sec.keep_refused(uuid, text, interval, boolean, interval), sec.sweep_deliveries(integer) TO spean_worker;
GRANT EXECUTE ON FUNCTION sec.settle_failed(uuid, boolean), sec.delivery_counts(), sec.retry_deliveries(text, text)
    TO spean_web;
GRANT EXECUTE ON FUNCTION sec.hush_erased() TO spean_owner;
"""

TRIGGER = """
CREATE TRIGGER hush AFTER UPDATE OF erased_at ON app.clients
    FOR EACH ROW WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION sec.hush_erased();
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(TABLE)
    op.execute("SET ROLE spean_sec")
    op.execute(CHANNELS)
    op.execute(ROWS)
    for part in (CLAIMING, SETTLING, KEEPING, JOBS, GRANTS):
        op.execute(part)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGER)
    op.execute(OLD)
