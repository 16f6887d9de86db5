"""Each scheduled task leaves a heartbeat, and each unforeseen error is counted: what has stopped is told by the web.

No row is about an organisation or a person, except in `sec.alerts`: which steward gets a mail about which incident.
"""

from __future__ import annotations

from alembic import op

revision = "0029"
down_revision = "0028"

# `off` is how long nothing ran since the last success (or since the task is expected): it does not count against it.
TABLES = """
CREATE TABLE sec.heartbeats (
    task text PRIMARY KEY CHECK (task ~ '^spean[.][a-z_]{1,40}$'),
    expected_at timestamptz NOT NULL DEFAULT now(),
    started_at timestamptz,
    succeeded_at timestamptz,
    failed_at timestamptz,
    failure text NOT NULL DEFAULT '' CHECK (length(failure) <= 200),
    failed integer NOT NULL DEFAULT 0 CHECK (failed >= 0),
    tried integer NOT NULL DEFAULT 0 CHECK (tried >= failed),
    failures integer NOT NULL DEFAULT 0,
    off interval NOT NULL DEFAULT '0'
) WITH (fillfactor = 50);

CREATE TABLE sec.watch (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    looked_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE sec.incidents (
    id uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    opened_at timestamptz NOT NULL DEFAULT now(),
    tasks text[] NOT NULL CHECK (cardinality(tasks) BETWEEN 1 AND 100),
    well_at timestamptz,
    closed_at timestamptz
);
CREATE UNIQUE INDEX incidents_open ON sec.incidents ((true)) WHERE closed_at IS NULL;

CREATE TABLE sec.alerts (
    org_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    what text NOT NULL CHECK (what IN ('late', 'well')),
    state text NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'sent', 'failed', 'dropped')),
    attempts integer NOT NULL DEFAULT 0,
    next_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (org_id, staff_id, incident_id, what)
);

CREATE TABLE sec.errors (
    id text PRIMARY KEY CHECK (id ~ '^E-[2-9A-HJ-KM-NP-TV-Z]{6}$'),
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL CHECK (kind ~ '^[A-Za-z0-9_.]{1,120}$'),
    endpoint text NOT NULL CHECK (endpoint ~ '^[A-Za-z0-9_.-]{1,120}$')
);
CREATE INDEX errors_at ON sec.errors (at);
"""

# What a task notes of itself. A heartbeat that a crash of the server takes away is no loss, so none waits for the disk.
NOTES = """
CREATE FUNCTION sec.note_task_started(task text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO sec.heartbeats AS h (task, started_at) VALUES ($1, now())
    ON CONFLICT ON CONSTRAINT heartbeats_pkey DO UPDATE SET started_at = now();
END $$;

CREATE FUNCTION sec.note_task_succeeded(task text, took interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO sec.heartbeats AS h (task, started_at, succeeded_at) VALUES ($1, now() - $2, now())
    ON CONFLICT ON CONSTRAINT heartbeats_pkey DO UPDATE SET
        started_at = now() - $2, succeeded_at = now(), failures = 0, off = '0';
END $$;

CREATE FUNCTION sec.note_task_failed(task text, what text, failed integer DEFAULT 0, tried integer DEFAULT 0,
    took interval DEFAULT '0') RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM set_config('synchronous_commit', 'off', true);
    INSERT INTO sec.heartbeats AS h (task, started_at, failed_at, failure, failed, tried, failures)
    VALUES ($1, now() - $5, now(), left($2, 200), $3, $4, 1)
    ON CONFLICT ON CONSTRAINT heartbeats_pkey DO UPDATE SET
        started_at = now() - $5, failed_at = now(), failure = left($2, 200), failed = $3, tried = $4,
        failures = h.failures + 1;
END $$;

GRANT EXECUTE ON FUNCTION sec.note_task_started(text), sec.note_task_succeeded(text, interval),
    sec.note_task_failed(text, text, integer, integer, interval) TO spean_worker, spean_publisher;
"""

# For how long a task has not succeeded although Spean ran.
QUIET = """
CREATE FUNCTION sec.quiet(h sec.heartbeats) RETURNS interval
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT greatest(now() - coalesce(h.succeeded_at, h.expected_at) - h.off, '0')
$$;
"""

# `ran` is how long the asking process has been running since it last looked (or began). A longer gap is time in which
# the machine was off or asleep, or its clock was put forward. Who comes while another looks has nothing to do.
LOOK = """
CREATE FUNCTION sec.look_at_tasks(expected text[], ran interval) RETURNS TABLE (task text, quiet interval)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gap interval;
BEGIN
    INSERT INTO sec.watch DEFAULT VALUES ON CONFLICT DO NOTHING;  -- a backup does not hold it
    SELECT now() - w.looked_at INTO gap FROM sec.watch w FOR UPDATE SKIP LOCKED;
    IF gap IS NULL THEN RETURN; END IF;
    IF gap > '5 minutes' AND gap > ran THEN
        UPDATE sec.heartbeats h SET off = least(h.off + (gap - ran), now() - coalesce(h.succeeded_at, h.expected_at));
    ELSIF gap < '-1 minute' THEN  -- the clock was put back: what stands in the future is of now
        UPDATE sec.heartbeats h SET off = '0', expected_at = least(h.expected_at, now()),
            started_at = least(h.started_at, now()), succeeded_at = least(h.succeeded_at, now()),
            failed_at = least(h.failed_at, now());
    END IF;
    INSERT INTO sec.heartbeats (task) SELECT unnest(expected) ON CONFLICT DO NOTHING;
    UPDATE sec.watch SET looked_at = now();
    RETURN QUERY SELECT h.task, sec.quiet(h) FROM sec.heartbeats h WHERE h.task = ANY (expected);
END $$;
GRANT EXECUTE ON FUNCTION sec.look_at_tasks(text[], interval) TO spean_web;
"""

# One incident at a time, from the first task that is late until all have been well for five minutes. Each steward who
# takes mail is told once that it began, and once that it is over.
INCIDENTS = """
CREATE FUNCTION sec.note_late(late text[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i sec.incidents;
    made uuid := gen_random_uuid();
BEGIN
    PERFORM 1 FROM sec.watch FOR UPDATE;
    SELECT * INTO i FROM sec.incidents x WHERE x.closed_at IS NULL;
    IF cardinality(late) > 0 AND i.id IS NULL THEN
        INSERT INTO sec.incidents (id, tasks) VALUES (made, late);
        INSERT INTO sec.alerts (org_id, staff_id, incident_id, what)
        SELECT p.org_id, p.id, made, 'late' FROM app.staff p JOIN app.organisations o ON o.id = p.org_id
        WHERE o.kind = 'steward' AND o.active AND p.active AND p.notify_email AND 'steward' = ANY (p.roles);
    ELSIF cardinality(late) > 0 THEN
        UPDATE sec.incidents x SET well_at = NULL,
            tasks = x.tasks || ARRAY(SELECT t FROM unnest(late) t WHERE t <> ALL (x.tasks))
        WHERE x.id = i.id AND (x.well_at IS NOT NULL OR NOT late <@ x.tasks);
    ELSIF i.id IS NOT NULL AND i.well_at IS NULL THEN
        UPDATE sec.incidents x SET well_at = now() WHERE x.id = i.id;
    ELSIF i.id IS NOT NULL AND i.well_at <= now() - interval '5 minutes' THEN
        UPDATE sec.incidents x SET closed_at = now() WHERE x.id = i.id;
        UPDATE sec.alerts a SET state = 'dropped' WHERE a.incident_id = i.id AND a.state = 'waiting';
        INSERT INTO sec.alerts (org_id, staff_id, incident_id, what)
        SELECT a.org_id, a.staff_id, a.incident_id, 'well' FROM sec.alerts a
        WHERE a.incident_id = i.id AND a.what = 'late' AND a.state = 'sent';
    END IF;
END $$;

-- A mail is taken by one process, for two minutes; what could not be sent waits longer each time, up to half an hour.
CREATE FUNCTION sec.claim_alerts()
RETURNS TABLE (incident_id uuid, staff_id uuid, what text, email text, language text, tasks text[],
    opened_at timestamptz, closed_at timestamptz)
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH taken AS (
        UPDATE sec.alerts a SET attempts = a.attempts + 1,
            next_at = now() + least(interval '2 minutes' * (a.attempts + 1), interval '30 minutes')
        FROM (SELECT x.org_id, x.staff_id, x.incident_id, x.what FROM sec.alerts x
              WHERE x.state = 'waiting' AND x.next_at <= now() ORDER BY x.next_at LIMIT 3 FOR UPDATE SKIP LOCKED) c
        WHERE (a.org_id, a.staff_id, a.incident_id, a.what) = (c.org_id, c.staff_id, c.incident_id, c.what)
        RETURNING a.*)
    SELECT t.incident_id, t.staff_id, t.what, p.email, p.language, i.tasks, i.opened_at, i.closed_at
    FROM taken t JOIN sec.incidents i ON i.id = t.incident_id
    JOIN app.staff p ON p.org_id = t.org_id AND p.id = t.staff_id
    WHERE p.active AND p.notify_email
$$;

CREATE FUNCTION sec.note_alert(incident uuid, staff uuid, what text, state text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sec.alerts a SET state = $4
    WHERE a.incident_id = $1 AND a.staff_id = $2 AND a.what = $3 AND a.state = 'waiting'
$$;

GRANT EXECUTE ON FUNCTION sec.note_late(text[]), sec.claim_alerts(), sec.note_alert(uuid, uuid, text, text)
    TO spean_web;
"""

# Five thousand a day are enough to see that something is broken; a flood of them must not fill the disk.
ERRORS = """
CREATE FUNCTION sec.note_error(id text, kind text, endpoint text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF (SELECT count(*) FROM (SELECT 1 FROM sec.errors e WHERE e.at > now() - interval '1 day' LIMIT 5000) x) < 5000
    THEN
        INSERT INTO sec.errors (id, kind, endpoint) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING;
        RETURN FOUND;
    END IF;
    RETURN false;
END $$;
GRANT EXECUTE ON FUNCTION sec.note_error(text, text, text) TO spean_web;

CREATE FUNCTION sec.sweep_errors(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    errors integer;
    incidents integer;
BEGIN
    DELETE FROM sec.errors e WHERE e.id IN (
        SELECT x.id FROM sec.errors x WHERE x.at < now() - interval '30 days' ORDER BY x.at LIMIT $1);
    GET DIAGNOSTICS errors = ROW_COUNT;
    WITH gone AS (
        DELETE FROM sec.incidents i WHERE i.id IN (
            SELECT x.id FROM sec.incidents x WHERE x.closed_at < now() - interval '90 days' LIMIT $1)
        RETURNING i.id),
    unsaid AS (DELETE FROM sec.alerts a USING gone WHERE a.incident_id = gone.id)
    SELECT count(*) INTO incidents FROM gone;
    RETURN errors + incidents;
END $$;
GRANT EXECUTE ON FUNCTION sec.sweep_errors(integer) TO spean_worker;
"""

# What the steward's page shows. Whoever else asks is refused.
STEWARD = """
CREATE FUNCTION sec.check_steward() RETURNS void
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF sec.who() <> 'staff' OR sec.kind() <> 'steward' OR NOT EXISTS (SELECT 1 FROM app.staff p
            WHERE p.org_id = sec.org() AND p.id = sec.staff() AND p.active AND 'steward' = ANY (p.roles)) THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
END $$;

CREATE FUNCTION sec.task_heartbeats()
RETURNS TABLE (task text, started_at timestamptz, succeeded_at timestamptz, failed_at timestamptz, failure text,
    failed integer, tried integer, quiet interval)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.check_steward();
    RETURN QUERY SELECT h.task, h.started_at, h.succeeded_at, h.failed_at, h.failure, h.failed, h.tried, sec.quiet(h)
        FROM sec.heartbeats h;
END $$;

CREATE FUNCTION sec.recent_incidents(most integer)
RETURNS TABLE (opened_at timestamptz, closed_at timestamptz, tasks text[])
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.check_steward();
    RETURN QUERY SELECT i.opened_at, i.closed_at, i.tasks FROM sec.incidents i ORDER BY i.opened_at DESC LIMIT $1;
END $$;

CREATE FUNCTION sec.open_incidents() RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.check_steward();
    RETURN (SELECT count(*) FROM sec.incidents i WHERE i.closed_at IS NULL);
END $$;

CREATE FUNCTION sec.error_counts()
RETURNS TABLE (endpoint text, kind text, today integer, week integer, last_at timestamptz, last_id text)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.check_steward();
    RETURN QUERY SELECT e.endpoint, e.kind,
        (count(*) FILTER (WHERE e.at >= date_trunc('day', now() AT TIME ZONE 'Asia/Phnom_Penh')
            AT TIME ZONE 'Asia/Phnom_Penh'))::integer,
        count(*)::integer, max(e.at), (array_agg(e.id ORDER BY e.at DESC))[1]
        FROM sec.errors e WHERE e.at > now() - interval '7 days'
        GROUP BY e.endpoint, e.kind ORDER BY 5 DESC;
END $$;

GRANT EXECUTE ON FUNCTION sec.task_heartbeats(), sec.recent_incidents(integer), sec.open_incidents(),
    sec.error_counts() TO spean_web;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    for part in (TABLES, NOTES, QUIET, LOOK, INCIDENTS, ERRORS, STEWARD):
        op.execute(part)
    op.execute("SET ROLE spean_owner")
