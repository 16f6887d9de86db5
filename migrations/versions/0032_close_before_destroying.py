"""Closing and destroying are two steps, and no clock alone takes the second one.

What runs out is closed at once and can be opened again. Its keys, rows and copies are destroyed when the worker has
then been running for 24 hours, which its heartbeats count. A clock that jumps stops both steps for the whole network.
"""

from __future__ import annotations

from alembic import op

revision = "0032"
down_revision = "0031"

TABLES = """
-- One row. `running`: for how many seconds a worker has been running, ever. `seen_at`: the time of the last heartbeat
-- whose clock was right. While the clock is stopped: since when (by the wrong clock), why, and by how many seconds.
CREATE TABLE sec.clock (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    running double precision NOT NULL DEFAULT 0,
    seen_at timestamptz,
    stopped_at timestamptz,
    why text CHECK (why IN ('ahead', 'behind')),
    off_by double precision,
    CHECK ((stopped_at IS NULL) = (why IS NULL))
);
INSERT INTO sec.clock DEFAULT VALUES;

-- What time it was when a machine's own clock, which never jumps, stood at `mono` seconds since it was started.
CREATE TABLE sec.clock_runs (
    boot text PRIMARY KEY CHECK (length(boot) <= 64),
    mono double precision NOT NULL,
    wall timestamptz NOT NULL
);

-- What time it was after so many seconds of running: one for each hour, for a little more than a day.
CREATE TABLE sec.clock_marks (
    running double precision PRIMARY KEY,
    wall timestamptz NOT NULL
);

-- What the schedule let run out, as it was before. It waits here to be destroyed, or to be opened again.
CREATE TABLE sec.closed (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    running double precision NOT NULL,
    closed_at timestamptz NOT NULL,
    was text NOT NULL,
    reason text,
    readable_until timestamptz NOT NULL,
    slip boolean NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id)
);
CREATE INDEX closed_running ON sec.closed (running);
"""

CLOCK = """
-- By how many seconds the time differs from what it should be; never NULL. `known_wall`, `known_mono`: what was known
-- of this machine since it was started. A machine of which nothing is known has been off, for however long: its time is
-- believed unless it lies before the last heartbeat, or after a jump ahead that nobody has mended yet.
CREATE FUNCTION sec.clock_off(known_mono double precision, known_wall timestamptz, mono double precision,
    wall timestamptz, seen_at timestamptz, ahead_since timestamptz) RETURNS double precision
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT extract(epoch FROM CASE
        WHEN $1 IS NOT NULL THEN $4 - ($2 + make_interval(secs => $3 - $1))
        WHEN $4 < $5 - interval '5 minutes' OR $4 >= $6 - interval '5 minutes' THEN $4 - $5
        ELSE interval '0' END)::double precision
$$;

-- A heartbeat: the machine that was started as `boot` has been so for `mono` seconds. Running time grows by what both
-- clocks say has gone by, and by a minute at most. A clock that runs a little fast or slow is followed, by a hundredth
-- of the time that went by: several small jumps make a large one. Answers right, noticed (it stops now), stopped, or
-- resumed (it goes on now).
CREATE FUNCTION sec.beat_clock(boot text, mono double precision) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c sec.clock;
    known sec.clock_runs;
    moment timestamptz;
    off double precision;
    went double precision;
BEGIN
    SELECT * INTO STRICT c FROM sec.clock x FOR UPDATE;
    moment := clock_timestamp();
    SELECT * INTO known FROM sec.clock_runs x WHERE x.boot = $1;
    off := sec.clock_off(known.mono, known.wall, $2, moment, c.seen_at,
        CASE WHEN c.why = 'ahead' THEN c.stopped_at END);
    IF off NOT BETWEEN -300 AND 300 THEN
        UPDATE sec.clock x SET stopped_at = coalesce(x.stopped_at, moment), off_by = off,
            why = coalesce(x.why, CASE WHEN off > 0 THEN 'ahead' ELSE 'behind' END);
        RETURN CASE WHEN c.stopped_at IS NULL THEN 'noticed' ELSE 'stopped' END;
    END IF;
    went := greatest(coalesce($2 - known.mono, 0), 0);
    INSERT INTO sec.clock_runs AS r VALUES ($1, $2, moment) ON CONFLICT ON CONSTRAINT clock_runs_pkey DO UPDATE
        SET mono = r.mono + went,
            wall = r.wall + make_interval(secs => went + greatest(least(off, went / 100), -went / 100));
    -- Machines that were started while the clock was wrong are as unknown as before. Those of long ago stay: by a clock
    -- that jumped, the one that knows better would be of long ago.
    DELETE FROM sec.clock_runs r WHERE r.boot <> $1 AND r.wall > moment + interval '5 minutes';
    c.running := c.running + greatest(least(went, extract(epoch FROM moment - c.seen_at), 60), 0);
    UPDATE sec.clock x SET running = c.running, seen_at = moment, stopped_at = NULL, why = NULL, off_by = NULL;
    INSERT INTO sec.clock_marks SELECT c.running, moment
        WHERE NOT EXISTS (SELECT 1 FROM sec.clock_marks m WHERE m.running > c.running - 3600);
    DELETE FROM sec.clock_marks m WHERE m.running < (
        SELECT max(n.running) FROM sec.clock_marks n WHERE n.running <= c.running - 86400);
    RETURN CASE WHEN c.stopped_at IS NULL THEN 'right' ELSE 'resumed' END;
END $$;

-- Whether time may decide: a heartbeat of the last five minutes found the clock right. Asked for each single thing that
-- is closed, so that a jump is noticed by the next of them, before any heartbeat.
CREATE FUNCTION sec.clock_right() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT sec.rehearsing() OR EXISTS (SELECT 1 FROM sec.clock c WHERE c.stopped_at IS NULL
        AND now() BETWEEN c.seen_at - interval '5 minutes' AND c.seen_at + interval '5 minutes')
$$;

-- What had outlived its time at this moment is destroyed: it was closed for 24 hours of running time since. NULL: not
-- now. The lesser of what was and what is, in case the clock was put right in between.
CREATE FUNCTION sec.destroying_at() RETURNS timestamptz
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN sec.rehearsing() THEN now() WHEN sec.clock_right() THEN (
        SELECT least(f.wall, now()) FROM (
            SELECT min(m.wall) AS wall FROM sec.clock_marks m WHERE m.running >= (
                SELECT max(n.running) FROM sec.clock_marks n, sec.clock c WHERE n.running <= c.running - 86400)) f
        WHERE f.wall IS NOT NULL) END
$$;

-- For the worker, the operator and the steward. `too_early`: how much ran out whose time has not come.
CREATE FUNCTION sec.clock_state() RETURNS TABLE (running double precision, seen_at timestamptz, stopped_at timestamptz,
    why text, off_by double precision, too_early bigint)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user IN ('spean_web', 'spean_public') AND sec.kind() <> 'steward' THEN RETURN; END IF;
    RETURN QUERY SELECT c.running, c.seen_at, c.stopped_at, c.why, c.off_by,
        (SELECT count(*) FROM sec.closed x JOIN app.referrals r ON r.sender_org_id = x.sender_org_id
            AND r.id = x.referral_id WHERE r.state = 'expired' AND r.expires_at > now())
    FROM sec.clock c;
END $$;

-- A person says that the clock is right as it is. Answers whether it was stopped.
CREATE FUNCTION sec.continue_clock() RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    person uuid;
BEGIN
    IF session_user <> 'spean_migrator' THEN
        IF sec.kind() <> 'steward' OR NOT sec.manages() THEN
            RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
        END IF;
        person := sec.staff();
    END IF;
    UPDATE sec.clock c SET stopped_at = NULL, why = NULL, off_by = NULL, seen_at = clock_timestamp()
        WHERE c.stopped_at IS NOT NULL;
    IF NOT FOUND THEN RETURN false; END IF;
    DELETE FROM sec.clock_runs;
    INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject)
    SELECT o.id, gen_random_uuid(), clock_timestamp(), person, 'clock.continue', 'network'
    FROM app.organisations o WHERE o.kind = 'steward';
    RETURN true;
END $$;

GRANT EXECUTE ON FUNCTION sec.beat_clock(text, double precision) TO spean_worker;
GRANT EXECUTE ON FUNCTION sec.clock_right() TO spean_publisher;
GRANT EXECUTE ON FUNCTION sec.clock_state() TO spean_web, spean_worker, spean_migrator;
GRANT EXECUTE ON FUNCTION sec.continue_clock() TO spean_web, spean_migrator;
"""

# As before, only while the clock is right.
CLOSING = """
CREATE OR REPLACE FUNCTION sec.due_referrals(most integer)
RETURNS TABLE (sender_org_id uuid, referral_id uuid, what text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    (SELECT r.sender_org_id, r.id, 'expire' FROM app.referrals r
        WHERE r.state IN ('sent', 'waitlisted', 'accepted') AND r.expires_at <= now() AND (SELECT sec.clock_right())
        ORDER BY r.expires_at LIMIT $1)
    UNION ALL
    (SELECT r.sender_org_id, r.id, CASE WHEN r.due_at <= now() THEN 'overdue' ELSE 'half' END FROM app.referrals r
        WHERE r.state = 'sent' AND r.reminded <> 'overdue' AND r.half_at <= now() AND r.expires_at > now()
          AND (r.reminded = 'no' OR r.due_at <= now()) AND (SELECT sec.clock_right()) ORDER BY r.half_at LIMIT $1)
$$;

CREATE OR REPLACE FUNCTION sec.enter_due(sender uuid, referral uuid) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    due text;
BEGIN
    SELECT CASE WHEN r.expires_at <= now() THEN 'expire' WHEN r.due_at <= now() THEN 'overdue' ELSE 'half' END
    INTO due FROM app.referrals r
    WHERE sec.clock_right() AND r.sender_org_id = $1 AND r.id = $2 AND (
        r.state IN ('sent', 'waitlisted', 'accepted') AND r.expires_at <= now()
        OR r.state = 'sent' AND r.reminded <> 'overdue' AND r.half_at <= now()
           AND (r.reminded = 'no' OR r.due_at <= now()));
    IF due IS NOT NULL THEN PERFORM sec.put_context($1, '', NULL, 'system'); END IF;
    RETURN due;
END $$;

-- What a person ends is destroyed at once. What time ends is noted, with all that opening it again would need.
CREATE OR REPLACE FUNCTION sec.follow_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state = 'expired' THEN
        INSERT INTO sec.closed (sender_org_id, referral_id, running, closed_at, was, reason, readable_until, slip)
        SELECT NEW.sender_org_id, NEW.id, c.running, now(), OLD.state, OLD.reason, OLD.readable_until,
            EXISTS (SELECT 1 FROM app.slips s WHERE s.sender_org_id = NEW.sender_org_id AND s.referral_id = NEW.id
                AND s.dead_at IS NULL)
        FROM sec.clock c;
    ELSIF NEW.state IN ('declined', 'released', 'cancelled', 'withdrawn') THEN
        DELETE FROM app.packet_keys k WHERE k.sender_org_id = NEW.sender_org_id AND k.referral_id = NEW.id
            AND k.holder = 'receiver';
    END IF;
    IF NEW.state IN ('declined', 'released', 'cancelled', 'withdrawn', 'expired') THEN
        UPDATE app.slips s SET dead_at = now() WHERE s.sender_org_id = NEW.sender_org_id
            AND s.referral_id = NEW.id AND s.dead_at IS NULL;
    END IF;
    RETURN NULL;
END $$;
"""

DESTROYING = """
-- The receiver's keys to what ran out, 24 hours of running time ago.
CREATE FUNCTION sec.destroy_closed(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH past AS MATERIALIZED (
        SELECT x.sender_org_id, x.referral_id FROM sec.closed x, sec.clock c
        WHERE (SELECT sec.clock_right()) AND (x.running <= c.running - 86400 OR (SELECT sec.rehearsing()))
        LIMIT $1 FOR UPDATE OF x SKIP LOCKED),
    gone AS (
        DELETE FROM app.packet_keys k USING past p, app.referrals r
        WHERE k.sender_org_id = p.sender_org_id AND k.referral_id = p.referral_id AND k.holder = 'receiver'
          AND r.sender_org_id = p.sender_org_id AND r.id = p.referral_id AND r.state = 'expired'),
    done AS (DELETE FROM sec.closed x USING past p
        WHERE x.sender_org_id = p.sender_org_id AND x.referral_id = p.referral_id RETURNING 1)
    SELECT count(*)::integer FROM done
$$;
GRANT EXECUTE ON FUNCTION sec.destroy_closed(integer) TO spean_worker;

CREATE OR REPLACE FUNCTION sec.close_lapsed(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH past AS MATERIALIZED (
        SELECT k.sender_org_id, k.referral_id, k.part, k.holder FROM app.packet_keys k
        JOIN app.referrals r ON r.sender_org_id = k.sender_org_id AND r.id = k.referral_id
        WHERE k.holder = 'receiver' AND r.readable_until <= (SELECT sec.destroying_at()) AND NOT EXISTS (
            SELECT 1 FROM sec.closed x WHERE x.sender_org_id = r.sender_org_id AND x.referral_id = r.id)
        LIMIT $1),
    gone AS (
        DELETE FROM app.packet_keys k USING past p
        WHERE k.sender_org_id = p.sender_org_id AND k.referral_id = p.referral_id AND k.part = p.part
          AND k.holder = p.holder
        RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;

CREATE OR REPLACE FUNCTION sec.due_clients(most integer) RETURNS TABLE (org_id uuid, client_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.org_id, p.client_id FROM sec.clients_past(sec.destroying_at()) p LIMIT $1
$$;

CREATE OR REPLACE FUNCTION sec.enter_due_client(org uuid, client uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM sec.clients_past(sec.destroying_at()) p WHERE p.org_id = $1 AND p.client_id = $2) THEN
        RETURN false;
    END IF;
    PERFORM sec.put_context($1, '', NULL, 'system');
    RETURN true;
END $$;
"""

# Each function as it stands, with one moment exchanged: the present one for that up to which is destroyed.
BY_DESTROYING = {
    "sec.erase_client(uuid,text)": ("sec.clients_past(now())", "sec.clients_past(sec.destroying_at())"),
    "sec.prune_audit(integer)": ("now() - interval '7 years'", "sec.destroying_at() - interval '7 years'"),
}

# A request may be repeated for thirty days.
REQUESTS = "UPDATE sec.retention SET days = 30, at_least = 30, at_most = 90 WHERE kind = 'requests'"

# Kind → the table, whose row `x` has outlived its time at the moment {at}, and what is then done with it.
DELETE = "DELETE FROM {table} x WHERE x.ctid IN (SELECT ctid FROM past) RETURNING 1"
EMPTY = "SELECT sec.empty_packets(x.sender_org_id, x.id) FROM app.referrals x WHERE x.ctid IN (SELECT ctid FROM past)"
KINDS = {
    "requests": ("app.idempotency_keys", "x.at < {at}", DELETE),
    "jobs": ("app.outbox", "x.done_at < {at}", DELETE),
    "sessions": ("sec.sessions", "coalesce(x.revoked_at, x.expires_at) < {at}", DELETE),
    "invites": ("app.invites", "coalesce(x.used_at, x.cancelled_at, x.expires_at) < {at}", DELETE),
    "notices": ("app.notifications", "x.at < {at}", DELETE),
    # What is kept for a sitting's alternatives goes when somebody was served or nothing can be sent on it any more.
    "drafts": (
        "app.drafts",
        """CASE WHEN x.sitting_id IS NULL THEN x.updated_at < {at} ELSE
            EXISTS (SELECT 1 FROM app.referral_clients l
                JOIN app.referrals r ON r.sender_org_id = l.sender_org_id AND r.id = l.referral_id
                WHERE l.sender_org_id = x.org_id AND l.sitting_id = x.sitting_id
                  AND r.state IN ('completed', 'stopped'))
            OR NOT EXISTS (SELECT 1 FROM app.consents c WHERE c.org_id = x.org_id AND c.sitting_id = x.sitting_id
                AND c.withdrawn_at IS NULL AND c.expires_at > upto) END""",
        DELETE,
    ),
    "packets": (
        "app.referrals",
        """x.ended_at IS NOT NULL AND x.readable_until < {at} AND EXISTS (SELECT 1 FROM app.packet_keys k
            WHERE k.sender_org_id = x.sender_org_id AND k.referral_id = x.id)""",
        EMPTY,
    ),
}
SWEEP = """
CREATE OR REPLACE FUNCTION sec.sweep(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    upto timestamptz := sec.destroying_at();
    gone integer := 0;
    went integer;
BEGIN
    IF upto IS NULL THEN RETURN 0; END IF;
{acts}
    RETURN gone;
END $$;
"""
ACT = """    WITH past AS MATERIALIZED (SELECT x.ctid FROM sec.retention r, {table} x
        WHERE r.kind = '{kind}' AND ({when}) LIMIT $1),
    done AS ({act})
    SELECT count(*) INTO went FROM done;
    gone := gone + went;"""

WALLS = """
GRANT UPDATE (state, ended_at, readable_until, reason, reminded, updated_at, version) ON app.referrals TO spean_sec;
GRANT INSERT ON app.referral_events, app.outbox TO spean_sec;
CREATE POLICY reopening ON app.referrals FOR UPDATE TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY reopening ON app.referral_events FOR INSERT TO spean_sec WITH CHECK (kind = 'reopened');
"""

REOPENING = """
-- What the schedule let run out before its time goes back to what it was, and both sides are told. Once keys are
-- destroyed, a permission is taken back or another referral rests on it, it stays closed. `since`: only what was closed
-- later, by the clock as it was then. Reminders that came too early are given again when it is time. What is over
-- capacity now is named a second time.
CREATE FUNCTION sec.reopen_closed(since timestamptz) RETURNS TABLE (ref text, outcome text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    x sec.closed;
    r app.referrals;
    event uuid;
    held app.referrals[];
BEGIN
    IF EXISTS (SELECT 1 FROM sec.clock c WHERE c.stopped_at IS NOT NULL) THEN
        RAISE EXCEPTION 'the clock is stopped' USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    FOR x IN SELECT c.* FROM sec.closed c WHERE c.closed_at >= $1 ORDER BY c.sender_org_id, c.referral_id LOOP
        SELECT * INTO r FROM app.referrals y WHERE y.sender_org_id = x.sender_org_id AND y.id = x.referral_id
            AND y.state = 'expired' AND y.expires_at > now() FOR UPDATE;
        CONTINUE WHEN NOT FOUND;
        PERFORM 1 FROM sec.closed c WHERE c.sender_org_id = r.sender_org_id AND c.referral_id = r.id FOR UPDATE;
        CONTINUE WHEN NOT FOUND;  -- destroyed meanwhile
        ref := r.ref;
        outcome := CASE
            WHEN EXISTS (SELECT 1 FROM app.consents c WHERE c.org_id = r.sender_org_id AND c.id = r.consent_id
                AND c.withdrawn_at IS NOT NULL) THEN 'withdrawn'
            WHEN NOT EXISTS (SELECT 1 FROM app.packet_keys k WHERE k.sender_org_id = r.sender_org_id
                AND k.referral_id = r.id AND k.holder = 'receiver') THEN 'destroyed'
            WHEN EXISTS (SELECT 1 FROM app.referrals o WHERE o.sender_org_id = r.sender_org_id
                AND o.consent_id = r.consent_id AND o.id <> r.id
                AND o.state IN ('sent', 'waitlisted', 'accepted', 'arrived', 'completed', 'stopped')) THEN 'replaced'
            ELSE x.was END;
        IF outcome = x.was THEN
            PERFORM sec.put_context(r.sender_org_id, '', NULL, 'reopen');
            UPDATE app.referrals y SET state = x.was, ended_at = NULL, readable_until = x.readable_until,
                reason = x.reason, updated_at = now(), version = y.version + 1
                WHERE y.sender_org_id = r.sender_org_id AND y.id = r.id;
            UPDATE app.slips s SET dead_at = NULL
                WHERE x.slip AND s.sender_org_id = r.sender_org_id AND s.referral_id = r.id;
            DELETE FROM sec.closed c WHERE c.sender_org_id = r.sender_org_id AND c.referral_id = r.id;
            event := gen_random_uuid();
            INSERT INTO app.referral_events (sender_org_id, id, referral_id, receiver_org_id, kind, at)
            VALUES (r.sender_org_id, event, r.id, r.receiver_org_id, 'reopened', now());
            INSERT INTO app.outbox (org_id, id, from_org_id, event_id, referral_id, sender_org_id, kind, ref, at,
                next_at)
            SELECT o.org, gen_random_uuid(), r.sender_org_id, event, r.id, r.sender_org_id, 'reopened', r.ref, now(),
                now() FROM unnest(ARRAY[r.sender_org_id, r.receiver_org_id]) AS o (org);
            INSERT INTO app.audit_log (org_id, id, at, action, subject, subject_id, ref)
            SELECT o.org, gen_random_uuid(), clock_timestamp(), 'referral.reopened', 'referral', r.id, r.ref
            FROM unnest(ARRAY[r.sender_org_id, r.receiver_org_id]) AS o (org);
            IF x.was = 'accepted' THEN held := held || r; END IF;
        END IF;
        RETURN NEXT;
    END LOOP;
    UPDATE app.referrals y SET reminded = CASE WHEN y.half_at > now() THEN 'no' ELSE 'half' END
        WHERE y.state = 'sent' AND (y.reminded = 'overdue' AND y.due_at > now()
            OR y.reminded = 'half' AND y.half_at > now());
    RETURN QUERY SELECT o.ref, 'over_capacity' FROM sec.note_reopened(held) o;
END $$;
GRANT EXECUTE ON FUNCTION sec.reopen_closed(timestamptz) TO spean_migrator;
"""

# Somebody may have been given the place meanwhile. The person was promised it: it is over capacity, with this reason,
# which no member of staff may give.
OVER = """
ALTER TABLE app.over_capacity ALTER staff_id DROP NOT NULL, DROP CONSTRAINT over_capacity_reason_check,
    ADD CONSTRAINT over_capacity_reason_check CHECK (CASE WHEN staff_id IS NULL THEN reason = 'reopened'
        ELSE reason IN ('emergency', 'pregnant', 'under_18', 'released_from_detention', 'left_hospital', 'not_safe',
            'agreed', 'other') END);
GRANT INSERT ON app.over_capacity TO spean_sec;
CREATE POLICY reopening ON app.over_capacity FOR INSERT TO spean_sec
    WITH CHECK (reason = 'reopened' AND staff_id IS NULL);
SET ROLE spean_sec;

-- Of what this transaction opened again, all of it `accepted`: notes what is over capacity, the last accepted first,
-- and answers it. Programmes are locked in the order of their ids, and after all referrals, as everywhere.
CREATE FUNCTION sec.note_reopened(held app.referrals[]) RETURNS TABLE (ref text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    one record;
    beyond integer;
BEGIN
    FOR one IN SELECT DISTINCT h.programme_id AS id, h.receiver_org_id AS org FROM unnest($1) h ORDER BY 1, 2 LOOP
        SELECT p.taken + sec.uncounted(p.id) - p.capacity INTO beyond FROM app.programmes p
            WHERE p.org_id = one.org AND p.id = one.id AND p.capacity IS NOT NULL FOR NO KEY UPDATE;
        FOR ref IN SELECT h.ref FROM unnest($1) h WHERE h.receiver_org_id = one.org AND h.programme_id = one.id
            ORDER BY h.accepted_at DESC, h.id LIMIT greatest(beyond, 0)
        LOOP
            INSERT INTO app.over_capacity (org_id, id, programme_id, at, reason, ref)
            VALUES (one.org, gen_random_uuid(), one.id, now(), 'reopened', ref);
            RETURN NEXT;
        END LOOP;
    END LOOP;
END $$;
"""

# What the two triggers over a referral's steps let through besides: exactly what was noted when it was closed.
REOPENED = {
    "sec.check_step()": (
        ("NEW.readable_until > OLD.readable_until THEN",
         """NEW.readable_until > OLD.readable_until AND NOT (sec.who() = 'reopen' AND EXISTS (
            SELECT 1 FROM sec.closed c WHERE c.sender_org_id = NEW.sender_org_id AND c.referral_id = NEW.id
              AND c.readable_until = NEW.readable_until)) THEN"""),
        ("        ELSE false END;",
         """        WHEN 'reopen' THEN OLD.state = 'expired' AND EXISTS (
            SELECT 1 FROM sec.closed c WHERE c.sender_org_id = NEW.sender_org_id AND c.referral_id = NEW.id
              AND c.was = NEW.state)
        ELSE false END;"""),
    ),
    "sec.check_moments()": (
        ("        IF after[i] IS DISTINCT FROM",
         """        CONTINUE WHEN i = 5 AND OLD.state = 'expired' AND after[i] IS NULL AND before[i] IS NOT NULL
            AND sec.who() = 'reopen';
        IF after[i] IS DISTINCT FROM"""),
    ),
    # Where nobody of the staff gave the place, every manager is told.
    "sec.tell_over_capacity()": (("s.id <> NEW.staff_id", "s.id IS DISTINCT FROM NEW.staff_id"),),
}  # fmt: skip

# The person's own transaction says what time it is, so that no other clock decides.
ENTER = """
DROP FUNCTION sec.enter(text);
CREATE FUNCTION sec.enter(token text)
RETURNS TABLE (org_id uuid, org_kind text, staff_id uuid, roles text[], language text, session_id uuid, person text,
    org_km text, org_en text, now timestamptz)
{body}
GRANT EXECUTE ON FUNCTION sec.enter(text) TO spean_web, spean_public;
"""
ENTERED = ("f.name_km, f.name_en;", "f.name_km, f.name_en, pg_catalog.now();")


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(WALLS)
    op.execute(OVER)
    op.execute("SET ROLE spean_sec")
    for part in (TABLES, CLOCK, CLOSING, DESTROYING, REQUESTS, _sweep(), REOPENING):
        op.execute(part)
    for signature, change in BY_DESTROYING.items():
        op.execute(_changed(signature, change))
    for signature in ("sec.sweep_deliveries(integer)", "sec.sweep_errors(integer)"):
        ages = [f"interval '{days} days'" for days in (30, 90)]
        op.execute(_changed(signature, *((f"now() - {age}", f"sec.destroying_at() - {age}") for age in ages)))
    for signature, changes in REOPENED.items():
        op.execute(_changed(signature, *changes))
    _, _, body = _changed("sec.enter(text)", ENTERED).partition("\n LANGUAGE")
    op.execute(ENTER.format(body=f" LANGUAGE{body};"))
    op.execute("SET ROLE spean_owner")


def _sweep() -> str:
    at = "upto - make_interval(days => r.days)"
    return SWEEP.format(
        acts="\n".join(
            ACT.format(kind=kind, table=table, when=when.format(at=at), act=act.format(table=table))
            for kind, (table, when, act) in KINDS.items()
        )
    )


def _changed(signature: str, *changes: tuple[str, str]) -> str:
    """A function's definition as it stands, each `old`, which must stand there once, exchanged for `new`."""
    found = op.get_bind().exec_driver_sql(f"SELECT pg_get_functiondef('{signature}'::regprocedure)")
    definition = str(found.scalar_one())
    for old, new in changes:
        if definition.count(old) != 1:
            raise ValueError(f"{signature} is not as this migration knows it: {old!r}")
        definition = definition.replace(old, new)
    return definition
