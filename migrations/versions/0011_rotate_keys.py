"""Keys in versions, and a role that changes them.

What is sealed says by which key, and the database keeps a key while something needs it. The keeper sees sealed values
and nothing else.
"""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"

TABLES = """
ALTER TABLE app.org_keys ADD COLUMN count_key bytea;
ALTER TABLE app.client_keys
    ADD COLUMN generation integer NOT NULL DEFAULT 1,
    ADD COLUMN made_at timestamptz NOT NULL DEFAULT now(),
    DROP CONSTRAINT client_keys_pkey,
    ADD PRIMARY KEY (org_id, client_id, generation);
"""

# The context's seal key and the key of the salts that unknown sign-in names are given were one: changing the first
# must not show which names are unknown.
SEC = """
CREATE TABLE sec.keks (
    version integer PRIMARY KEY CHECK (version > 0),
    sealed bytea NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE sec.key_runs (
    level text PRIMARY KEY,
    started_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
ALTER TABLE sec.seal_key ADD COLUMN salt_key bytea NOT NULL
    DEFAULT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
UPDATE sec.seal_key SET salt_key = key;
GRANT USAGE ON SCHEMA sec TO spean_keeper;
"""

WALLS = """
GRANT USAGE ON SCHEMA app TO spean_keeper;

GRANT SELECT (id, public_key, key_version), UPDATE (public_key, key_version) ON app.organisations TO spean_keeper;
CREATE POLICY keys ON app.organisations TO spean_keeper
    USING (id = (SELECT sec.org())) WITH CHECK (id = (SELECT sec.org()));

GRANT SELECT, INSERT, UPDATE (kek_version, data_key, private_key, count_key), DELETE ON app.org_keys TO spean_keeper;
GRANT SELECT, INSERT, UPDATE (key_version, wrapped), DELETE ON app.client_keys TO spean_keeper;
GRANT SELECT (org_id, id, alias, name, phone, phone_hash, reach, facts),
    UPDATE (alias, name, phone, phone_hash, reach, facts) ON app.clients TO spean_keeper;
GRANT SELECT (org_id, id, client_id, body), UPDATE (body) ON app.client_notes TO spean_keeper;
GRANT SELECT (org_id, id, client_id, body), UPDATE (body) ON app.drafts TO spean_keeper;
GRANT SELECT (sender_org_id, referral_id, secrets), UPDATE (secrets) ON app.slips TO spean_keeper;
GRANT SELECT, UPDATE (key_version, wrapped) ON app.packet_keys TO spean_keeper;
GRANT SELECT, UPDATE (kek_version) ON app.org_keys TO spean_sec;
GRANT SELECT, UPDATE (key_version) ON app.client_keys TO spean_sec;
DROP POLICY walls ON app.org_keys;
CREATE POLICY walls ON app.org_keys TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY keys_needed ON app.client_keys TO spean_sec USING (true) WITH CHECK (true);
"""

KEEPER = """
CREATE POLICY keys ON app.{table} TO spean_keeper
    USING ({column} = (SELECT sec.org()) AND (SELECT sec.who()) = 'keys')
    WITH CHECK ({column} = (SELECT sec.org()) AND (SELECT sec.who()) = 'keys');
"""
KEPT = {
    "org_keys": "org_id",
    "client_keys": "org_id",
    "clients": "org_id",
    "client_notes": "org_id",
    "drafts": "org_id",
    "slips": "sender_org_id",
    "packet_keys": "holder_org_id",
}

FUNCTIONS = """
-- The check values of the key-encryption keys, the newest first. They tell nothing without the key.
CREATE FUNCTION sec.keks_in_use() RETURNS TABLE (version integer, sealed bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT k.version, k.sealed FROM sec.keks k ORDER BY k.version DESC
$$;

CREATE FUNCTION sec.note_kek(version integer, sealed bytea) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF EXISTS (SELECT 1 FROM sec.keks k WHERE k.version >= $1) THEN
        RAISE EXCEPTION 'not a newer key' USING ERRCODE = 'check_violation';
    END IF;
    INSERT INTO sec.keks (version, sealed) VALUES ($1, $2);
END $$;

-- A version leaves when no organisation's keys stand under it; the newest never does.
CREATE FUNCTION sec.drop_old_keks() RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    dropped integer;
BEGIN
    PERFORM 1 FROM sec.keks k ORDER BY k.version FOR UPDATE;
    DELETE FROM sec.keks k WHERE k.version < (SELECT max(x.version) FROM sec.keks x)
        AND NOT EXISTS (SELECT 1 FROM app.org_keys o WHERE o.kek_version = k.version);
    GET DIAGNOSTICS dropped = ROW_COUNT;
    RETURN dropped;
END $$;

-- New keys are wrapped under the newest key-encryption key, so that none is left under one that is about to leave.
CREATE FUNCTION sec.check_kek() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM sec.keks k WHERE k.version = NEW.kek_version FOR SHARE;
    IF NOT FOUND OR EXISTS (SELECT 1 FROM sec.keks k WHERE k.version > NEW.kek_version) THEN
        RAISE EXCEPTION 'not the key-encryption key in use' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- The version that stands before a sealed value (app.core.crypto.stamp); NULL where there is none.
CREATE FUNCTION sec.sealed_version(value bytea) RETURNS integer
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT CASE WHEN length(value) >= 5 AND get_byte(value, 0) = 2 THEN
        (get_byte(value, 1) << 24) + (get_byte(value, 2) << 16) + (get_byte(value, 3) << 8) + get_byte(value, 4) END
$$;

-- Nothing is kept under a key that is gone, or it could never be opened again. Looked at when the transaction ends;
-- the key's row is held until then, so that it cannot go in between. Arguments: the column of the organisation, the
-- column of the client (or nothing: the organisation's own key), then the sealed columns.
CREATE FUNCTION sec.check_sealed() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    seen jsonb := to_jsonb(NEW);
    org uuid := (seen ->> TG_ARGV[0])::uuid;
    needed integer;
BEGIN
    FOR i IN 2 .. TG_NARGS - 1 LOOP
        needed := CASE WHEN TG_ARGV[i] = 'key_version' THEN (seen ->> 'key_version')::integer
            ELSE sec.sealed_version((seen ->> TG_ARGV[i])::bytea) END;
        CONTINUE WHEN needed IS NULL;
        IF TG_ARGV[1] = '' THEN
            PERFORM 1 FROM app.org_keys k WHERE k.org_id = org AND k.version = needed FOR KEY SHARE;
        ELSE
            PERFORM 1 FROM app.client_keys k WHERE k.org_id = org AND k.client_id = (seen ->> TG_ARGV[1])::uuid
                AND k.generation = needed FOR KEY SHARE;
        END IF;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'sealed under a key that is gone' USING ERRCODE = 'serialization_failure';
        END IF;
    END LOOP;
    RETURN NULL;
END $$;

CREATE FUNCTION sec.key_holders() RETURNS TABLE (org_id uuid)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id FROM app.organisations o ORDER BY o.id
$$;

-- Becomes one organisation, to change its keys and for nothing else.
CREATE FUNCTION sec.enter_keys(org uuid) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM app.organisations o WHERE o.id = $1) THEN RETURN false; END IF;
    PERFORM sec.put_context($1, '', NULL, 'keys');
    RETURN true;
END $$;

-- When a change of keys began that is not done yet; it begins now when there is none.
CREATE FUNCTION sec.begin_keys(level text) RETURNS timestamptz
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    since timestamptz;
BEGIN
    INSERT INTO sec.key_runs (level) VALUES ($1) ON CONFLICT DO NOTHING;
    SELECT r.started_at INTO since FROM sec.key_runs r WHERE r.level = $1;
    RETURN since;
END $$;

CREATE FUNCTION sec.end_keys(level text) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    DELETE FROM sec.key_runs r WHERE r.level = $1
$$;

CREATE FUNCTION sec.note_rotation(level text, count integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF sec.who() <> 'keys' THEN RAISE EXCEPTION 'not allowed' USING ERRCODE = 'insufficient_privilege'; END IF;
    INSERT INTO app.audit_log (org_id, id, at, action, subject, subject_id, detail)
    VALUES (sec.org(), gen_random_uuid(), now(), 'keys.rotate', 'organisation', sec.org(),
        jsonb_build_object('level', $1, 'count', $2));
END $$;

-- Whoever is at work is refused once, and their next transaction is sealed with the new key.
CREATE FUNCTION sec.rotate_seal() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE sec.seal_key SET key = sha256(
        uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
$$;

CREATE OR REPLACE FUNCTION sec.salt(login text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(
        (SELECT c.salt FROM sec.credentials c WHERE c.login = lower($1)),
        (SELECT substr(sha256(k.salt_key || convert_to('salt ' || lower($1), 'UTF8')), 1, 16) FROM sec.seal_key k))
$$;

GRANT EXECUTE ON FUNCTION sec.keks_in_use() TO spean_web, spean_migrator, spean_keeper;
GRANT EXECUTE ON FUNCTION sec.note_kek(integer, bytea) TO spean_migrator, spean_keeper;
GRANT EXECUTE ON FUNCTION sec.org(), sec.who(), sec.key_holders(), sec.enter_keys(uuid), sec.begin_keys(text),
    sec.end_keys(text), sec.note_rotation(text, integer), sec.rotate_seal(), sec.drop_old_keks(),
    sec.sealed_version(bytea) TO spean_keeper;
GRANT EXECUTE ON FUNCTION sec.check_kek(), sec.check_sealed() TO spean_owner;
"""

TRIGGERS = """
CREATE TRIGGER kek BEFORE INSERT OR UPDATE OF kek_version ON app.org_keys
    FOR EACH ROW EXECUTE FUNCTION sec.check_kek();
"""
SEALED = """
CREATE CONSTRAINT TRIGGER {name} AFTER INSERT OR UPDATE OF {columns} ON app.{table} DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sec.check_sealed({arguments});
"""
SEALED_COLUMNS = (
    ("clients", "sealed", "org_id", "id", ("alias", "name", "phone", "reach", "facts")),
    ("clients", "hashed", "org_id", "", ("phone_hash",)),
    ("client_notes", "sealed", "org_id", "client_id", ("body",)),
    ("drafts", "sealed", "org_id", "client_id", ("body",)),
    ("slips", "sealed", "sender_org_id", "", ("secrets",)),
    ("client_keys", "sealed", "org_id", "", ("key_version",)),
    ("packet_keys", "sealed", "holder_org_id", "", ("key_version",)),
)


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(SEC)
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
    op.execute(WALLS)
    for table, column in KEPT.items():
        op.execute(KEEPER.format(table=table, column=column))
    op.execute(TRIGGERS)
    for table, name, org, client, columns in SEALED_COLUMNS:
        arguments = ", ".join(f"'{word}'" for word in (org, client, *columns))
        op.execute(SEALED.format(table=table, name=name, columns=", ".join(columns), arguments=arguments))
