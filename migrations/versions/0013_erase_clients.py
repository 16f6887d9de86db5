"""Erasing: a client on their word, and by itself whatever has been kept long enough.

Erasing destroys the client's key and every packet key of theirs, and empties what those keys sealed. What stays names
nobody: a random code, dates, states, the fact of a permission. One table says how long each kind of record is kept;
the preview and the sweep are made from the same conditions, so that they cannot disagree.
"""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"

TABLES = """
ALTER TABLE app.clients ADD COLUMN erased_at timestamptz;
ALTER TABLE app.clients DROP CONSTRAINT clients_check;
ALTER TABLE app.clients ADD CONSTRAINT clients_check
    CHECK (erased_at IS NOT NULL OR alias IS NOT NULL OR name IS NOT NULL);
CREATE INDEX clients_archived ON app.clients (archived_at) WHERE archived_at IS NOT NULL AND erased_at IS NULL;

-- How many years an organisation keeps an archived client of whom nothing more was written. No row: the default.
CREATE TABLE app.retention_choices (
    org_id uuid PRIMARY KEY REFERENCES app.organisations (id),
    client_years integer NOT NULL CHECK (client_years BETWEEN 1 AND 15),
    version integer NOT NULL DEFAULT 1
);

-- A destroyed key leaves the table's pages soon: every dead row is reason enough to vacuum.
ALTER TABLE app.client_keys SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1,
    autovacuum_vacuum_cost_delay = 0);
ALTER TABLE app.packet_keys SET (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1,
    autovacuum_vacuum_cost_delay = 0);
"""

WALLS = """
ALTER TABLE app.retention_choices ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.retention_choices FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, UPDATE (client_years, version) ON app.retention_choices TO spean_web;
GRANT SELECT ON app.retention_choices TO spean_sec;
CREATE POLICY own ON app.retention_choices FOR SELECT TO spean_web
    USING (org_id = (SELECT sec.org()));
CREATE POLICY own_make ON app.retention_choices FOR INSERT TO spean_web
    WITH CHECK (org_id = (SELECT sec.org()) AND (SELECT sec.manages()));
CREATE POLICY own_edit ON app.retention_choices FOR UPDATE TO spean_web
    USING (org_id = (SELECT sec.org()) AND (SELECT sec.manages()))
    WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.retention_choices FOR SELECT TO spean_sec USING (true);

GRANT SELECT, UPDATE ON app.clients, app.episodes, app.packet_parts, app.messages TO spean_sec;
GRANT SELECT, DELETE ON app.client_keys, app.client_notes, app.drafts, app.invites, app.idempotency_keys TO spean_sec;
GRANT UPDATE (guardian, answers) ON app.consents TO spean_sec;
CREATE POLICY walls ON app.clients TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.episodes TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.packet_parts TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.messages TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.client_keys TO spean_sec USING (true);
CREATE POLICY walls ON app.client_notes TO spean_sec USING (true);
CREATE POLICY walls ON app.drafts TO spean_sec USING (true);
"""

ERASING = """
-- A packet is closed to both sides for good: its keys go, and what they sealed is emptied.
CREATE FUNCTION sec.empty_packets(sender uuid, referral uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM app.packet_keys k WHERE k.sender_org_id = $1 AND k.referral_id = $2;
    UPDATE app.packet_parts p SET body = '' WHERE p.sender_org_id = $1 AND p.referral_id = $2;
    UPDATE app.messages m SET body = '' WHERE m.sender_org_id = $1 AND m.referral_id = $2 AND m.kind = 'free';
    UPDATE app.slips s SET secrets = '', code_hash = sha256(uuid_send(gen_random_uuid())),
        token_hash = sha256(uuid_send(gen_random_uuid())), dead_at = coalesce(s.dead_at, now())
        WHERE s.sender_org_id = $1 AND s.referral_id = $2;
$$;

CREATE FUNCTION sec.empty_client(org uuid, client uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM app.client_keys k WHERE k.org_id = $1 AND k.client_id = $2;
    UPDATE app.clients c SET erased_at = now(), archived_at = coalesce(c.archived_at, now()), updated_at = now(),
        alias = NULL, name = NULL, phone = NULL, phone_hash = NULL, reach = NULL, facts = '', area = NULL,
        version = c.version + 1
        WHERE c.org_id = $1 AND c.id = $2;
    DELETE FROM app.client_notes n WHERE n.org_id = $1 AND n.client_id = $2;
    DELETE FROM app.drafts d WHERE d.org_id = $1 AND d.client_id = $2;
    UPDATE app.episodes e SET ended_at = now(), outcome = 'other', version = e.version + 1
        WHERE e.org_id = $1 AND e.client_id = $2 AND e.ended_at IS NULL;
    UPDATE app.consents c SET guardian = NULL, answers = ARRAY[]::text[] WHERE c.org_id = $1 AND c.client_id = $2;
    UPDATE app.consents c SET withdrawn_at = now()
        WHERE c.org_id = $1 AND c.client_id = $2 AND c.withdrawn_at IS NULL;
    SELECT sec.empty_packets(l.sender_org_id, l.referral_id) FROM app.referral_clients l
        WHERE l.sender_org_id = $1 AND l.client_id = $2;
$$;

-- How long each kind of record is kept, in days; the operator may choose within bounds.
CREATE TABLE sec.retention (
    kind text PRIMARY KEY,
    days integer NOT NULL,
    at_least integer NOT NULL,
    at_most integer NOT NULL,
    CHECK (days BETWEEN at_least AND at_most)
);
INSERT INTO sec.retention (kind, days, at_least, at_most) VALUES
    ('requests', 2, 1, 30), ('jobs', 7, 1, 30), ('sessions', 30, 1, 365), ('invites', 30, 1, 365),
    ('drafts', 30, 1, 90), ('packets', 30, 0, 365), ('notices', 90, 7, 365), ('clients', 1825, 365, 5475);

-- Archived clients of whom nothing was written for as long as their organisation keeps such records.
CREATE FUNCTION sec.clients_past(at timestamptz) RETURNS TABLE (org_id uuid, client_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.org_id, c.id FROM (
        SELECT x.org_id, x.id, greatest(x.updated_at, x.archived_at) AS touched,
            $1 - coalesce(make_interval(years => o.client_years), make_interval(days => d.days)) AS cut
        FROM app.clients x CROSS JOIN sec.retention d LEFT JOIN app.retention_choices o ON o.org_id = x.org_id
        WHERE x.archived_at IS NOT NULL AND x.erased_at IS NULL AND d.kind = 'clients') c
    WHERE c.touched < c.cut
      AND NOT EXISTS (SELECT 1 FROM app.episodes e
        WHERE e.org_id = c.org_id AND e.client_id = c.id AND (e.ended_at IS NULL OR e.ended_at >= c.cut))
      AND NOT EXISTS (SELECT 1 FROM app.referral_clients l
        JOIN app.referrals r ON r.sender_org_id = l.sender_org_id AND r.id = l.referral_id
        WHERE l.sender_org_id = c.org_id AND l.client_id = c.id
          AND (r.state IN ('sent', 'waitlisted', 'accepted', 'arrived') OR r.updated_at >= c.cut))
$$;

-- Whoever works with the client says that it shall be, and why; the schedule only when it is time. What is under way
-- is withdrawn first, so that the other side is told. The audit entry is written here: no SQL erases without one.
CREATE FUNCTION sec.erase_client(client uuid, reason text) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    org uuid := sec.org();
    worker uuid;
BEGIN
    SELECT c.worker_id INTO worker FROM app.clients c
        WHERE c.org_id = org AND c.id = $1 AND c.erased_at IS NULL FOR UPDATE;
    IF NOT FOUND THEN RETURN false; END IF;
    IF (CASE sec.who()
        WHEN 'staff' THEN $2 NOT IN ('asked', 'mistake', 'duplicate') OR NOT EXISTS (SELECT 1 FROM app.staff p
            WHERE p.org_id = org AND p.id = sec.staff() AND p.active AND ('caseworker' = ANY (p.roles)
              OR p.id = worker AND p.roles && ARRAY['outreach', 'clinician']))
        WHEN 'system' THEN $2 <> 'retention' OR NOT EXISTS (SELECT 1 FROM sec.clients_past(now()) p
            WHERE p.org_id = org AND p.client_id = $1)
        ELSE true END) THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    IF EXISTS (SELECT 1 FROM app.referral_clients l
            JOIN app.referrals r ON r.sender_org_id = l.sender_org_id AND r.id = l.referral_id
            WHERE l.sender_org_id = org AND l.client_id = $1
              AND r.state IN ('sent', 'waitlisted', 'accepted', 'arrived')) THEN
        RAISE EXCEPTION 'a referral is under way' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM sec.empty_client(org, $1);
    INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, detail)
    VALUES (org, gen_random_uuid(), now(), sec.staff(), 'client.erase', 'client', $1,
        jsonb_build_object('reason', $2));
    RETURN true;
END $$;

-- A restored copy of the data may hold clients whose keys were destroyed since: they are erased again.
CREATE FUNCTION sec.erase_keyless() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c record;
    done integer := 0;
BEGIN
    FOR c IN SELECT x.org_id, x.id FROM app.clients x WHERE x.erased_at IS NULL AND NOT EXISTS (
            SELECT 1 FROM app.client_keys k WHERE k.org_id = x.org_id AND k.client_id = x.id) LOOP
        PERFORM sec.empty_client(c.org_id, c.id);
        done := done + 1;
    END LOOP;
    RETURN done;
END $$;

CREATE FUNCTION sec.due_clients(most integer) RETURNS TABLE (org_id uuid, client_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT p.org_id, p.client_id FROM sec.clients_past(now()) p LIMIT $1
$$;

-- Becomes the system in the organisation of one client whose time has come, for one transaction.
CREATE FUNCTION sec.enter_due_client(org uuid, client uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM sec.clients_past(now()) p WHERE p.org_id = $1 AND p.client_id = $2) THEN
        RETURN false;
    END IF;
    PERFORM sec.put_context($1, '', NULL, 'system');
    RETURN true;
END $$;

CREATE FUNCTION sec.set_retention(kind text, days integer) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH made AS (UPDATE sec.retention r SET days = $2
        WHERE r.kind = $1 AND $2 BETWEEN r.at_least AND r.at_most RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM made)
$$;

-- To an organisation: how long, and how many of its own clients would go within so many days. No names.
CREATE FUNCTION sec.own_retention(ahead integer) RETURNS TABLE (kind text, days integer, due bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT r.kind, r.days, CASE WHEN r.kind = 'clients' THEN (SELECT count(*)
        FROM sec.clients_past(now() + make_interval(days => $1)) p WHERE p.org_id = sec.org()) END
    FROM sec.retention r WHERE sec.who() = 'staff'
$$;
"""

# Kind → the table, whose row `x` has outlived its time at the moment {at}, and what is then done with it.
DELETE = "DELETE FROM {table} x WHERE x.ctid IN (SELECT ctid FROM past)"
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
                AND c.withdrawn_at IS NULL AND c.expires_at > now()) END""",
        DELETE,
    ),
    "packets": (
        "app.referrals",
        """x.ended_at IS NOT NULL AND x.readable_until < {at} AND EXISTS (SELECT 1 FROM app.packet_keys k
            WHERE k.sender_org_id = x.sender_org_id AND k.referral_id = x.id)""",
        "SELECT sec.empty_packets(x.sender_org_id, x.id) FROM app.referrals x WHERE x.ctid IN (SELECT ctid FROM past)",
    ),
}

PREVIEW = """
CREATE FUNCTION sec.retention_preview(ahead integer) RETURNS TABLE (kind text, days integer, due bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
{counts}
    UNION ALL SELECT r.kind, r.days, (SELECT count(*) FROM sec.clients_past(now() + make_interval(days => $1)))
    FROM sec.retention r WHERE r.kind = 'clients'
$$;
"""
COUNT = """    SELECT r.kind, r.days, (SELECT count(*) FROM {table} x WHERE {when})
    FROM sec.retention r WHERE r.kind = '{kind}'"""

SWEEP = """
DROP FUNCTION sec.sweep();
-- At most so many rows of each kind, so that no transaction is long; returns how many went.
CREATE FUNCTION sec.sweep(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    gone integer := 0;
    went integer;
BEGIN
{acts}
    RETURN gone;
END $$;
"""
ACT = """    WITH past AS MATERIALIZED (SELECT x.ctid FROM sec.retention r, {table} x
        WHERE r.kind = '{kind}' AND ({when}) LIMIT $1),
    done AS ({act})
    SELECT count(*) INTO went FROM done;
    gone := gone + went;"""

GRANTS = """
GRANT EXECUTE ON FUNCTION sec.erase_client(uuid, text) TO spean_web, spean_worker;
GRANT EXECUTE ON FUNCTION sec.own_retention(integer) TO spean_web;
GRANT EXECUTE ON FUNCTION sec.sweep(integer), sec.due_clients(integer), sec.enter_due_client(uuid, uuid)
    TO spean_worker;
GRANT EXECUTE ON FUNCTION sec.retention_preview(integer), sec.set_retention(text, integer), sec.erase_keyless()
    TO spean_migrator;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute(WALLS)
    op.execute("SET ROLE spean_sec")
    op.execute(ERASING)
    op.execute(_preview())
    op.execute(_sweep())
    op.execute(GRANTS)
    op.execute("SET ROLE spean_owner")


def _preview() -> str:
    at = "now() + make_interval(days => $1 - r.days)"
    counts = [
        COUNT.format(kind=kind, table=table, when=when.format(at=at)) for kind, (table, when, _act) in KINDS.items()
    ]
    return PREVIEW.format(counts="\n    UNION ALL\n".join(counts))


def _sweep() -> str:
    at = "now() - make_interval(days => r.days)"
    acts = [
        ACT.format(kind=kind, table=table, when=when.format(at=at), act=_returning(act.format(table=table)))
        for kind, (table, when, act) in KINDS.items()
    ]
    return SWEEP.format(acts="\n".join(acts))


def _returning(act: str) -> str:
    return f"{act} RETURNING 1" if act.startswith("DELETE") else act
