"""The walls come first: organisations, staff, sessions, and the sealed context every policy asks.

`sec` belongs to a role that nobody signs in as. Its functions are the only way to a context, and a context is
sealed with a key that no runtime role can read, so SQL that sets the setting itself is found out.
"""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None

TABLES = """
CREATE SCHEMA app;
REVOKE ALL ON SCHEMA app FROM PUBLIC;
GRANT USAGE ON SCHEMA app TO spean_sec, spean_web, spean_public, spean_worker, spean_publisher, spean_migrator,
    spean_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE spean_owner IN SCHEMA app GRANT SELECT ON TABLES TO spean_backup;

CREATE TABLE app.organisations (
    id uuid PRIMARY KEY,
    kind text NOT NULL CHECK (kind IN
        ('ngo', 'health_centre', 'hospital', 'training_provider', 'commune', 'steward')),
    prefix text NOT NULL CHECK (prefix ~ '^[A-Z]{2,3}$'),
    name_km text NOT NULL CHECK (name_km <> ''),
    name_en text NOT NULL CHECK (name_en <> ''),
    area text,
    active boolean NOT NULL DEFAULT true,
    public_key bytea NOT NULL,
    key_version integer NOT NULL DEFAULT 1,
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1
);

CREATE TABLE app.org_keys (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    version integer NOT NULL,
    kek_version integer NOT NULL,
    data_key bytea NOT NULL,
    private_key bytea NOT NULL,
    created_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, version)
);

CREATE TABLE app.staff (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    name text NOT NULL CHECK (name <> ''),
    email text NOT NULL,
    roles text[] NOT NULL CHECK (roles <@ ARRAY
        ['outreach', 'caseworker', 'clinician', 'manager', 'official', 'steward'] AND cardinality(roles) > 0),
    language text NOT NULL DEFAULT 'km' CHECK (language IN ('km', 'en')),
    notify_email boolean NOT NULL DEFAULT true,
    active boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, id),
    CHECK (NOT 'official' = ANY (roles) OR cardinality(roles) = 1)
);

CREATE TABLE app.invites (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    token_hash bytea NOT NULL,
    roles text[] NOT NULL CHECK (cardinality(roles) > 0),
    staff_id uuid,
    made_by uuid NOT NULL,
    made_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    cancelled_at timestamptz,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX invites_token ON app.invites (token_hash);

CREATE TABLE app.audit_log (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    staff_id uuid,
    action text NOT NULL,
    subject text NOT NULL,
    subject_id uuid,
    ref text,
    outcome text NOT NULL DEFAULT 'done' CHECK (outcome IN ('done', 'denied')),
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (org_id, id)
);
CREATE INDEX audit_log_at ON app.audit_log (org_id, at DESC, id);
CREATE INDEX audit_log_subject ON app.audit_log (org_id, subject_id, at DESC);
"""

SEC = """
CREATE SCHEMA sec;
REVOKE ALL ON SCHEMA sec FROM PUBLIC;
GRANT USAGE ON SCHEMA sec TO spean_owner, spean_web, spean_public, spean_worker, spean_publisher, spean_migrator,
    spean_backup;
ALTER DEFAULT PRIVILEGES FOR ROLE spean_sec REVOKE EXECUTE ON FUNCTIONS FROM PUBLIC;
ALTER DEFAULT PRIVILEGES FOR ROLE spean_sec IN SCHEMA sec GRANT SELECT ON TABLES TO spean_backup;

CREATE TABLE sec.seal_key (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    key bytea NOT NULL
);
INSERT INTO sec.seal_key (key)
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));

CREATE TABLE sec.credentials (
    staff_id uuid PRIMARY KEY,
    org_id uuid NOT NULL,
    login text NOT NULL UNIQUE CHECK (login = lower(login)),
    salt bytea NOT NULL CHECK (length(salt) = 16),
    verifier bytea NOT NULL CHECK (length(verifier) = 32),
    failures integer NOT NULL DEFAULT 0,
    locked_until timestamptz
);

CREATE TABLE sec.sessions (
    token_hash bytea PRIMARY KEY CHECK (length(token_hash) = 32),
    id uuid NOT NULL,
    org_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('browser', 'api')),
    label text NOT NULL DEFAULT '',
    made_at timestamptz NOT NULL DEFAULT now(),
    seen_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    revoked_at timestamptz
);
CREATE INDEX sessions_staff ON sec.sessions (staff_id);
"""

FUNCTIONS = r"""
CREATE FUNCTION sec.sealed(body text) RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT encode(sha256(k.key || sha256(k.key || convert_to(body, 'UTF8'))), 'hex') FROM sec.seal_key k
$$;

-- The transaction is named by its backend and its start: a seal from another one does not fit.
CREATE FUNCTION sec.this_transaction() RETURNS text
LANGUAGE sql STABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT pg_backend_pid()::text || ' ' || extract(epoch FROM transaction_timestamp())::text
$$;

-- Parts: 1 transaction, 2 organisation, 3 its kind, 4 staff member or empty, 5 who acts (staff, system, job).
CREATE FUNCTION sec.context() RETURNS text[]
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    held text := nullif(current_setting('spean.context', true), '');
    body text := substr(held, 66);
    parts text[] := string_to_array(body, '|');
BEGIN
    IF held IS NULL OR left(held, 64) IS DISTINCT FROM sec.sealed(body)
        OR parts[1] IS DISTINCT FROM sec.this_transaction() THEN
        RAISE EXCEPTION 'no context' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN parts;
END $$;

-- Cheap to the planner: a policy asks once for a statement, however many rows it reads (see app.core.walls).
CREATE FUNCTION sec.org() RETURNS uuid
LANGUAGE sql STABLE COST 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT (sec.context())[2]::uuid $$;

CREATE FUNCTION sec.kind() RETURNS text
LANGUAGE sql STABLE COST 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT (sec.context())[3] $$;

CREATE FUNCTION sec.staff() RETURNS uuid
LANGUAGE sql STABLE COST 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS
$$ SELECT nullif((sec.context())[4], '')::uuid $$;

CREATE FUNCTION sec.who() RETURNS text
LANGUAGE sql STABLE COST 1 SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ SELECT (sec.context())[5] $$;

CREATE FUNCTION sec.put_context(org uuid, kind text, staff uuid, who text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    body text := concat_ws('|', sec.this_transaction(), org, kind, coalesce(staff::text, ''), who);
BEGIN
    PERFORM set_config('spean.context', sec.sealed(body) || ' ' || body, true);
END $$;

-- Officials live on their own connection role and nobody else does, so a session of one kind opens nothing on
-- the other kind's connections.
CREATE FUNCTION sec.enter(token text)
RETURNS TABLE (org_id uuid, org_kind text, staff_id uuid, roles text[], language text, session_id uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    s sec.sessions;
    p app.staff;
    o app.organisations;
BEGIN
    SELECT * INTO s FROM sec.sessions x WHERE x.token_hash = sha256(convert_to(token, 'UTF8'))
        AND x.revoked_at IS NULL AND x.expires_at > now()
        AND (x.kind = 'api' OR x.seen_at > now() - interval '30 minutes');
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO p FROM app.staff x WHERE x.org_id = s.org_id AND x.id = s.staff_id AND x.active;
    IF NOT FOUND THEN RETURN; END IF;
    SELECT * INTO o FROM app.organisations x WHERE x.id = s.org_id AND x.active;
    IF NOT FOUND OR ((o.kind = 'commune') <> (session_user = 'spean_public')) THEN RETURN; END IF;
    IF s.seen_at < now() - interval '1 minute' THEN
        UPDATE sec.sessions x SET seen_at = now() WHERE x.token_hash = s.token_hash;
    END IF;
    PERFORM sec.put_context(s.org_id, o.kind, s.staff_id, 'staff');
    RETURN QUERY SELECT s.org_id, o.kind, s.staff_id, p.roles, p.language, s.id;
END $$;

-- An unknown sign-in name has a salt too, always the same one, so that asking tells nothing.
CREATE FUNCTION sec.salt(login text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT c.salt FROM sec.credentials c WHERE c.login = lower($1)),
        (SELECT substr(sha256(k.key || convert_to('salt ' || lower($1), 'UTF8')), 1, 16) FROM sec.seal_key k))
$$;

CREATE FUNCTION sec.sign_in(login text, derived bytea, token_hash bytea)
RETURNS TABLE (session_id uuid, org_kind text, language text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    c sec.credentials;
    made uuid := gen_random_uuid();
BEGIN
    SELECT * INTO c FROM sec.credentials x WHERE x.login = lower($1) FOR UPDATE;
    IF NOT FOUND THEN
        -- A failure that is counted makes the commit wait for the disk; one that is not must wait as long.
        PERFORM pg_logical_emit_message(true, 'spean', repeat(' ', 300));
        RETURN;
    END IF;
    IF c.locked_until > now() THEN
        INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, outcome, detail)
        VALUES (c.org_id, gen_random_uuid(), now(), c.staff_id, 'session.refused', 'staff', c.staff_id, 'denied',
            '{"locked": true}');
        RETURN;
    END IF;
    IF c.verifier IS DISTINCT FROM sha256(derived) THEN
        UPDATE sec.credentials x SET failures = x.failures + 1, locked_until =
            CASE WHEN x.failures >= 9 THEN now() + interval '15 minutes' END WHERE x.staff_id = c.staff_id;
        RETURN;
    END IF;
    UPDATE sec.credentials x SET failures = 0, locked_until = NULL
        WHERE x.staff_id = c.staff_id AND (x.failures > 0 OR x.locked_until IS NOT NULL);
    RETURN QUERY
        WITH made_session AS (
            INSERT INTO sec.sessions (token_hash, id, org_id, staff_id, kind, expires_at)
            SELECT $3, made, c.org_id, c.staff_id, 'browser', now() + interval '12 hours'
            FROM app.staff p JOIN app.organisations o ON o.id = p.org_id
            WHERE p.org_id = c.org_id AND p.id = c.staff_id AND p.active AND o.active
            RETURNING id)
        SELECT m.id, o.kind, p.language FROM made_session m, app.staff p, app.organisations o
        WHERE p.org_id = c.org_id AND p.id = c.staff_id AND o.id = c.org_id;
END $$;

CREATE FUNCTION sec.sign_out(token text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sec.sessions SET revoked_at = now()
    WHERE token_hash = sha256(convert_to(token, 'UTF8')) AND revoked_at IS NULL
$$;

CREATE FUNCTION sec.make_token(token_hash bytea, label text, days integer) RETURNS uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    made uuid := gen_random_uuid();
BEGIN
    IF sec.who() <> 'staff' OR days NOT BETWEEN 1 AND 365 THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    INSERT INTO sec.sessions (token_hash, id, org_id, staff_id, kind, label, expires_at)
    VALUES ($1, made, sec.org(), sec.staff(), 'api', left($2, 60), now() + make_interval(days => $3));
    RETURN made;
END $$;

CREATE FUNCTION sec.my_sessions()
RETURNS TABLE (id uuid, kind text, label text, made_at timestamptz, seen_at timestamptz, expires_at timestamptz)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.id, s.kind, s.label, s.made_at, s.seen_at, s.expires_at FROM sec.sessions s
    WHERE s.staff_id = sec.staff() AND s.revoked_at IS NULL AND s.expires_at > now() ORDER BY s.made_at DESC
$$;

CREATE FUNCTION sec.revoke_session(session_id uuid) RETURNS boolean
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH gone AS (UPDATE sec.sessions s SET revoked_at = now()
        WHERE s.id = $1 AND s.staff_id = sec.staff() AND s.revoked_at IS NULL RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM gone)
$$;

-- Whether whoever acts may say who works here and what they may do.
CREATE FUNCTION sec.manages() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM app.staff p WHERE p.org_id = sec.org() AND p.id = sec.staff() AND p.active
        AND p.roles && ARRAY['manager', 'steward'])
$$;

-- Roles and access are a manager's to change, whatever SQL a session is brought to run.
CREATE FUNCTION sec.check_staff() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF current_user IN ('spean_web', 'spean_public') AND NOT sec.manages() THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN NEW;
END $$;

-- A manager ends a colleague's sessions when the colleague leaves.
CREATE FUNCTION sec.revoke_staff(staff uuid) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sec.sessions s SET revoked_at = now()
    WHERE s.staff_id = $1 AND s.org_id = sec.org() AND s.revoked_at IS NULL AND sec.manages()
$$;

CREATE FUNCTION sec.change_password(old_derived bytea, new_salt bytea, new_verifier bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sec.credentials c SET salt = $2, verifier = $3
    WHERE c.staff_id = sec.staff() AND c.verifier = sha256($1);
    RETURN FOUND;
END $$;

CREATE FUNCTION sec.my_login() RETURNS text
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.login FROM sec.credentials c WHERE c.staff_id = sec.staff()
$$;

CREATE FUNCTION sec.open_invite(token text) RETURNS TABLE (org_id uuid, id uuid, name_km text, name_en text,
    roles text[], staff_id uuid, person text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT i.org_id, i.id, o.name_km, o.name_en, i.roles, i.staff_id, p.name FROM app.invites i
    JOIN app.organisations o ON o.id = i.org_id AND o.active
    LEFT JOIN app.staff p ON p.org_id = i.org_id AND p.id = i.staff_id
    WHERE i.token_hash = sha256(convert_to(token, 'UTF8')) AND i.used_at IS NULL AND i.cancelled_at IS NULL
      AND i.expires_at > now()
$$;

-- Answers 'taken' when the sign-in name is in use, 'gone' when the invitation is: only its holder can ask.
CREATE FUNCTION sec.accept_invite(token text, staff uuid, login text, name text, language text, salt bytea,
    verifier bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i app.invites;
BEGIN
    SELECT * INTO i FROM app.invites x WHERE x.token_hash = sha256(convert_to(token, 'UTF8'))
        AND x.used_at IS NULL AND x.cancelled_at IS NULL AND x.expires_at > now() AND x.staff_id IS NULL FOR UPDATE;
    IF NOT FOUND THEN RETURN 'gone'; END IF;
    IF EXISTS (SELECT 1 FROM sec.credentials c WHERE c.login = lower($3)) THEN RETURN 'taken'; END IF;
    INSERT INTO app.staff (org_id, id, name, email, roles, language, created_at)
    VALUES (i.org_id, $2, $4, lower($3), i.roles, $5, now());
    INSERT INTO sec.credentials (staff_id, org_id, login, salt, verifier)
    VALUES ($2, i.org_id, lower($3), $6, $7);
    UPDATE app.invites x SET used_at = now() WHERE x.org_id = i.org_id AND x.id = i.id;
    INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id)
    VALUES (i.org_id, gen_random_uuid(), now(), $2, 'staff.join', 'staff', $2);
    RETURN 'done';
END $$;

-- A link for somebody who works here already and has lost their password: it opens what was locked and ends every
-- session. Answers with their sign-in name, or NULL when the link is used up.
CREATE FUNCTION sec.reset_password(token text, salt bytea, verifier bytea) RETURNS text
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    i app.invites;
    named text;
BEGIN
    SELECT x.* INTO i FROM app.invites x JOIN app.staff p ON p.org_id = x.org_id AND p.id = x.staff_id AND p.active
        WHERE x.token_hash = sha256(convert_to(token, 'UTF8'))
        AND x.used_at IS NULL AND x.cancelled_at IS NULL AND x.expires_at > now() FOR UPDATE OF x;
    IF NOT FOUND THEN RETURN NULL; END IF;
    UPDATE sec.credentials c SET salt = $2, verifier = $3, failures = 0, locked_until = NULL
        WHERE c.staff_id = i.staff_id AND c.org_id = i.org_id RETURNING c.login INTO named;
    UPDATE sec.sessions s SET revoked_at = now() WHERE s.staff_id = i.staff_id AND s.revoked_at IS NULL;
    UPDATE app.invites x SET used_at = now() WHERE x.org_id = i.org_id AND x.id = i.id;
    INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id)
    VALUES (i.org_id, gen_random_uuid(), now(), i.staff_id, 'staff.reset', 'staff', i.staff_id);
    RETURN named;
END $$;

-- A sangkat office has no manager, so the steward takes its officials' access back: all of it, without seeing whose.
-- Their sign-in names become free, so that whoever stays can be invited anew.
CREATE FUNCTION sec.end_officials(org uuid) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    ended integer;
BEGIN
    IF sec.kind() <> 'steward' OR NOT EXISTS (SELECT 1 FROM app.staff p
            WHERE p.org_id = sec.org() AND p.id = sec.staff() AND 'steward' = ANY (p.roles))
        OR NOT EXISTS (SELECT 1 FROM app.organisations o WHERE o.id = $1 AND o.kind = 'commune') THEN
        RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege';
    END IF;
    UPDATE app.staff p SET active = false, version = p.version + 1 WHERE p.org_id = $1 AND p.active;
    GET DIAGNOSTICS ended = ROW_COUNT;
    DELETE FROM sec.credentials c WHERE c.org_id = $1;
    UPDATE sec.sessions s SET revoked_at = now() WHERE s.org_id = $1 AND s.revoked_at IS NULL;
    UPDATE app.invites i SET cancelled_at = now()
        WHERE i.org_id = $1 AND i.used_at IS NULL AND i.cancelled_at IS NULL;
    RETURN ended;
END $$;

-- The first steward has nobody to be invited by; only the migrator's connection may do this. A second call makes a
-- new invitation to the same organisation, if nobody came by the first one or if another steward is wanted.
CREATE FUNCTION sec.first_steward(org uuid, prefix text, name_km text, name_en text, public_key bytea,
    kek_version integer, data_key bytea, private_key bytea, invite uuid, token_hash bytea, another boolean)
RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    there uuid;
BEGIN
    SELECT o.id INTO there FROM app.organisations o WHERE o.kind = 'steward' ORDER BY o.created_at LIMIT 1;
    IF there IS NULL THEN
        INSERT INTO app.organisations (id, kind, prefix, name_km, name_en, public_key, created_at)
        VALUES ($1, 'steward', $2, $3, $4, $5, now());
        INSERT INTO app.org_keys (org_id, version, kek_version, data_key, private_key, created_at)
        VALUES ($1, 1, $6, $7, $8, now());
        there := $1;
    ELSIF NOT another AND EXISTS (SELECT 1 FROM app.staff p
            WHERE p.org_id = there AND p.active AND 'steward' = ANY (p.roles)) THEN
        RETURN false;
    END IF;
    INSERT INTO app.invites (org_id, id, token_hash, roles, made_by, made_at, expires_at)
    VALUES (there, $9, $10, ARRAY['steward', 'manager'], there, now(), now() + interval '7 days');
    INSERT INTO app.audit_log (org_id, id, at, action, subject, subject_id)
    VALUES (there, gen_random_uuid(), now(), 'staff.invite', 'invite', $9);
    RETURN true;
END $$;

-- Whether nobody has begun anything here: asked before a demo is loaded.
CREATE FUNCTION sec.is_empty() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT NOT EXISTS (SELECT 1 FROM app.organisations)
$$;

GRANT EXECUTE ON FUNCTION sec.is_empty() TO spean_migrator;
GRANT EXECUTE ON FUNCTION sec.org(), sec.kind(), sec.staff(), sec.who()
    TO spean_owner, spean_web, spean_public, spean_worker, spean_publisher, spean_migrator;
GRANT EXECUTE ON FUNCTION sec.enter(text), sec.sign_out(text), sec.my_sessions(), sec.revoke_session(uuid),
    sec.change_password(bytea, bytea, bytea), sec.my_login() TO spean_web, spean_public;
GRANT EXECUTE ON FUNCTION sec.salt(text), sec.sign_in(text, bytea, bytea), sec.open_invite(text),
    sec.accept_invite(text, uuid, text, text, text, bytea, bytea), sec.reset_password(text, bytea, bytea)
    TO spean_web, spean_public;
GRANT EXECUTE ON FUNCTION sec.make_token(bytea, text, integer), sec.revoke_staff(uuid), sec.end_officials(uuid)
    TO spean_web;
GRANT EXECUTE ON FUNCTION sec.manages() TO spean_web, spean_public;
GRANT EXECUTE ON FUNCTION sec.check_staff() TO spean_owner;
GRANT EXECUTE ON FUNCTION sec.first_steward(uuid, text, text, text, bytea, integer, bytea, bytea, uuid, bytea, boolean)
    TO spean_migrator;
"""

# Policies ask through a scalar sub-select, so that a query checks the seal once and not once a row.
WALLS = """
ALTER TABLE app.organisations ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.organisations FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.organisations TO spean_sec, spean_web, spean_public, spean_worker;
GRANT INSERT ON app.organisations TO spean_sec, spean_web;
GRANT UPDATE (name_km, name_en, area, active, version) ON app.organisations TO spean_web;
CREATE POLICY directory ON app.organisations FOR SELECT TO spean_web, spean_public, spean_worker
    USING ((SELECT sec.org()) IS NOT NULL);
CREATE POLICY steward_makes ON app.organisations FOR INSERT TO spean_web
    WITH CHECK ((SELECT sec.kind()) = 'steward');
CREATE POLICY steward_edits ON app.organisations FOR UPDATE TO spean_web
    USING ((SELECT sec.kind()) = 'steward') WITH CHECK ((SELECT sec.kind()) = 'steward');
CREATE POLICY walls ON app.organisations TO spean_sec USING (true) WITH CHECK (true);

ALTER TABLE app.org_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.org_keys FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.org_keys TO spean_web;
GRANT INSERT ON app.org_keys TO spean_web, spean_sec;
CREATE POLICY own ON app.org_keys FOR SELECT TO spean_web
    USING (org_id = (SELECT sec.org()));
-- An organisation's first keys only: newer ones put over those in use would close all its records to it.
CREATE POLICY steward_makes ON app.org_keys FOR INSERT TO spean_web
    WITH CHECK ((SELECT sec.kind()) = 'steward' AND version = 1);
CREATE POLICY walls ON app.org_keys FOR INSERT TO spean_sec WITH CHECK (true);

ALTER TABLE app.staff ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.staff FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.staff TO spean_web, spean_public, spean_worker, spean_sec;
GRANT INSERT, UPDATE (active, version) ON app.staff TO spean_sec;
GRANT UPDATE (name, roles, language, notify_email, active, version) ON app.staff TO spean_web;
GRANT UPDATE (name, language, version) ON app.staff TO spean_public;
CREATE POLICY own ON app.staff FOR SELECT TO spean_web, spean_worker
    USING (org_id = (SELECT sec.org()));
CREATE POLICY own_edit ON app.staff FOR UPDATE TO spean_web
    USING (org_id = (SELECT sec.org()) AND (id = (SELECT sec.staff()) OR (SELECT sec.manages())))
    WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY self ON app.staff TO spean_public
    USING (org_id = (SELECT sec.org()) AND id = (SELECT sec.staff()))
    WITH CHECK (org_id = (SELECT sec.org()) AND id = (SELECT sec.staff()));
CREATE POLICY walls ON app.staff TO spean_sec USING (true) WITH CHECK (true);
CREATE TRIGGER check_staff BEFORE UPDATE OF roles, active ON app.staff FOR EACH ROW
    WHEN (OLD.roles IS DISTINCT FROM NEW.roles OR OLD.active IS DISTINCT FROM NEW.active)
    EXECUTE FUNCTION sec.check_staff();

ALTER TABLE app.invites ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.invites FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.invites TO spean_web, spean_sec;
GRANT UPDATE (cancelled_at) ON app.invites TO spean_web;
GRANT UPDATE ON app.invites TO spean_sec;
CREATE POLICY own ON app.invites FOR SELECT TO spean_web
    USING (org_id = (SELECT sec.org()));
CREATE POLICY own_cancel ON app.invites FOR UPDATE TO spean_web
    USING (org_id = (SELECT sec.org()) AND (SELECT sec.manages()))
    WITH CHECK (org_id = (SELECT sec.org()));
-- A manager invites to their own organisation. A steward invites the first person of another, and can neither give
-- away a role there that reads of clients nor make a link that opens an account of somebody who works there.
CREATE POLICY own_invite ON app.invites FOR INSERT TO spean_web
    WITH CHECK (made_by = (SELECT sec.staff()) AND (SELECT sec.manages()) AND (
        org_id = (SELECT sec.org()) AND (NOT 'steward' = ANY (roles) OR (SELECT sec.kind()) = 'steward')
        OR (SELECT sec.kind()) = 'steward' AND staff_id IS NULL AND roles <@ ARRAY['manager', 'official']));
CREATE POLICY walls ON app.invites TO spean_sec USING (true) WITH CHECK (true);

ALTER TABLE app.audit_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.audit_log FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.audit_log TO spean_web;
GRANT INSERT ON app.audit_log TO spean_worker, spean_public, spean_sec;
CREATE POLICY own_read ON app.audit_log FOR SELECT TO spean_web
    USING (org_id = (SELECT sec.org()));
CREATE POLICY own_write ON app.audit_log FOR INSERT TO spean_web, spean_worker, spean_public
    WITH CHECK (org_id = (SELECT sec.org()) AND staff_id IS NOT DISTINCT FROM (SELECT sec.staff()));
CREATE POLICY walls ON app.audit_log FOR INSERT TO spean_sec WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(SEC)
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
    op.execute(WALLS)
