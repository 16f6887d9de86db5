"""The audit's rows are chained by hash, organisation by organisation, seconds after they were written.

Writing an entry also notes it in `sec.audit_waiting`; a sealer takes what waits, in the order in which it became
visible, and adds one link for each entry. Whoever writes or reads an entry never waits for the sealer, and two sealers
never wait for each other. `app.core.audit_chain` computes the same hashes apart from this, in Python.
"""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"

TABLES = """
-- Where each organisation's chain ends, and from which link on its entries are kept (what is older was pruned).
CREATE TABLE sec.audit_heads (
    org_id uuid PRIMARY KEY,
    seq bigint NOT NULL DEFAULT 0,
    chain bytea NOT NULL CHECK (length(chain) = 32),
    pruned_seq bigint NOT NULL DEFAULT 0,
    pruned_chain bytea NOT NULL CHECK (length(pruned_chain) = 32)
);

CREATE TABLE sec.audit_seals (
    org_id uuid NOT NULL,
    seq bigint NOT NULL CHECK (seq > 0),
    audit_id uuid NOT NULL,
    row_hash bytea NOT NULL CHECK (length(row_hash) = 32),
    chain bytea NOT NULL CHECK (length(chain) = 32),
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, seq),
    UNIQUE (org_id, audit_id)
);

CREATE TABLE sec.audit_waiting (
    org_id uuid NOT NULL,
    audit_id uuid NOT NULL,
    noted_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (org_id, noted_at, audit_id)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);

-- What opens the commitments that other organisations hold of this one's head.
CREATE TABLE sec.audit_openings (
    org_id uuid NOT NULL,
    holder_org_id uuid NOT NULL,
    day date NOT NULL,
    seq bigint NOT NULL,
    chain bytea NOT NULL CHECK (length(chain) = 32),
    nonce bytea NOT NULL CHECK (length(nonce) = 32),
    PRIMARY KEY (org_id, holder_org_id, day)
);
"""

FUNCTIONS = """
-- A value with its length in front of it, so that no two lists of values give the same bytes; NULL has none.
CREATE FUNCTION sec.framed(value bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(int4send(length(value)) || value, int4send(-1))
$$;

CREATE FUNCTION sec.audit_row_hash(r app.audit_log) RETURNS bytea
LANGUAGE sql STABLE PARALLEL SAFE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(sec.framed('spean audit entry 1'::bytea)
        || sec.framed(uuid_send(r.org_id)) || sec.framed(uuid_send(r.id))
        || sec.framed(int8send((extract(epoch FROM r.at) * 1000000)::bigint))
        || sec.framed(uuid_send(r.staff_id)) || sec.framed(convert_to(r.action, 'UTF8'))
        || sec.framed(convert_to(r.subject, 'UTF8')) || sec.framed(uuid_send(r.subject_id))
        || sec.framed(convert_to(r.ref, 'UTF8')) || sec.framed(convert_to(r.outcome, 'UTF8'))
        || sec.framed(convert_to(r.detail::text, 'UTF8')))
$$;

CREATE FUNCTION sec.audit_genesis(org uuid) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(sec.framed('spean audit chain 1'::bytea) || sec.framed(uuid_send(org)))
$$;

CREATE FUNCTION sec.audit_link(before bytea, seq bigint, row_hash bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(sec.framed(before) || sec.framed(int8send(seq)) || sec.framed(row_hash))
$$;

CREATE FUNCTION sec.audit_commitment(org uuid, seq bigint, chain bytea, nonce bytea) RETURNS bytea
LANGUAGE sql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $$
    SELECT sha256(sec.framed('spean audit head 1'::bytea) || sec.framed(uuid_send(org)) || sec.framed(int8send(seq))
        || sec.framed(chain) || sec.framed(nonce))
$$;

CREATE FUNCTION sec.begin_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO sec.audit_heads (org_id, chain, pruned_chain)
    VALUES (NEW.id, sec.audit_genesis(NEW.id), sec.audit_genesis(NEW.id)) ON CONFLICT DO NOTHING;
    RETURN NULL;
END $$;

CREATE FUNCTION sec.note_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO sec.audit_waiting (org_id, audit_id) VALUES (NEW.org_id, NEW.id);
    RETURN NULL;
END $$;

-- Seals at most so many entries of each organisation; returns how many. The heads are locked in the order of the
-- organisations, and one that another sealer holds is left to it. An entry that committed late is sealed late: the
-- chain says in which order entries became visible, not what their times say.
CREATE FUNCTION sec.seal_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    org uuid;
    head sec.audit_heads;
    entry record;
    sealed integer := 0;
BEGIN
    FOR org IN SELECT h.org_id FROM sec.audit_heads h
        WHERE EXISTS (SELECT 1 FROM sec.audit_waiting w WHERE w.org_id = h.org_id) ORDER BY h.org_id LOOP
        SELECT * INTO head FROM sec.audit_heads h WHERE h.org_id = org FOR UPDATE SKIP LOCKED;
        CONTINUE WHEN NOT FOUND;
        FOR entry IN
            WITH taken AS (
                DELETE FROM sec.audit_waiting w USING (
                    SELECT x.noted_at, x.audit_id FROM sec.audit_waiting x WHERE x.org_id = org
                    ORDER BY x.noted_at, x.audit_id LIMIT most) y
                WHERE w.org_id = org AND w.noted_at = y.noted_at AND w.audit_id = y.audit_id
                RETURNING w.audit_id, w.noted_at)
            SELECT l.id, sec.audit_row_hash(l) AS row_hash FROM taken t
            JOIN app.audit_log l ON l.org_id = org AND l.id = t.audit_id
            WHERE NOT EXISTS (SELECT 1 FROM sec.audit_seals s WHERE s.org_id = org AND s.audit_id = t.audit_id)
            ORDER BY t.noted_at, t.audit_id
        LOOP
            head.seq := head.seq + 1;
            head.chain := sec.audit_link(head.chain, head.seq, entry.row_hash);
            INSERT INTO sec.audit_seals (org_id, seq, audit_id, row_hash, chain, sealed_at)
            VALUES (org, head.seq, entry.id, entry.row_hash, head.chain, now());
            sealed := sealed + 1;
        END LOOP;
        UPDATE sec.audit_heads h SET seq = head.seq, chain = head.chain WHERE h.org_id = org;
    END LOOP;
    RETURN sealed;
END $$;

-- Once a day every organisation writes into its own audit a commitment to the head of each organisation it works with,
-- and to the steward's, who holds one of everybody's. The nonce stays with the organisation whose head it is: a
-- commitment tells its holder nothing, not even whether there was anything new.
CREATE FUNCTION sec.witness_audit() RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH pairs AS (
        SELECT r.sender_org_id AS org, r.receiver_org_id AS holder FROM app.referrals r
        UNION SELECT r.receiver_org_id, r.sender_org_id FROM app.referrals r
        UNION SELECT o.id, s.id FROM app.organisations o, app.organisations s WHERE s.kind = 'steward'
        UNION SELECT s.id, o.id FROM app.organisations o, app.organisations s WHERE s.kind = 'steward'),
    opened AS (
        INSERT INTO sec.audit_openings (org_id, holder_org_id, day, seq, chain, nonce)
        SELECT h.org_id, p.holder, (now() AT TIME ZONE 'Asia/Phnom_Penh')::date, h.seq, h.chain,
            sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
        FROM pairs p JOIN sec.audit_heads h ON h.org_id = p.org
        WHERE p.org <> p.holder AND h.seq > 0
        ORDER BY h.org_id, p.holder
        ON CONFLICT DO NOTHING RETURNING *),
    written AS (
        INSERT INTO app.audit_log (org_id, id, at, action, subject, subject_id, detail)
        SELECT o.holder_org_id, gen_random_uuid(), clock_timestamp(), 'audit.witness', 'organisation', o.org_id,
            jsonb_build_object('head', encode(sec.audit_commitment(o.org_id, o.seq, o.chain, o.nonce), 'hex'))
        FROM opened o ORDER BY o.holder_org_id, o.org_id RETURNING 1)
    SELECT count(*)::integer FROM written
$$;

-- Entries older than seven years leave, the oldest first, with their links; the chain then begins at a checkpoint that
-- an entry of its own names. The span stands here, so that no process that calls this can shorten it.
CREATE FUNCTION sec.prune_audit(most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before timestamptz := now() - interval '7 years';
    head sec.audit_heads;
    upto sec.audit_seals;
    pruned integer := 0;
    gone integer;
BEGIN
    FOR head IN SELECT * FROM sec.audit_heads h ORDER BY h.org_id FOR UPDATE SKIP LOCKED LOOP
        SELECT s.* INTO upto FROM sec.audit_seals s
            JOIN app.audit_log l ON l.org_id = s.org_id AND l.id = s.audit_id
            WHERE s.org_id = head.org_id AND s.seq BETWEEN head.pruned_seq + 1 AND head.pruned_seq + most
              AND s.sealed_at < before AND l.at < before
            ORDER BY s.seq DESC LIMIT 1;
        CONTINUE WHEN NOT FOUND;
        DELETE FROM app.audit_log l USING sec.audit_seals s
            WHERE s.org_id = head.org_id AND s.seq <= upto.seq AND l.org_id = s.org_id AND l.id = s.audit_id;
        DELETE FROM sec.audit_seals s WHERE s.org_id = head.org_id AND s.seq <= upto.seq;
        GET DIAGNOSTICS gone = ROW_COUNT;
        UPDATE sec.audit_heads h SET pruned_seq = upto.seq, pruned_chain = upto.chain WHERE h.org_id = head.org_id;
        INSERT INTO app.audit_log (org_id, id, at, action, subject, detail)
        VALUES (head.org_id, gen_random_uuid(), clock_timestamp(), 'audit.prune', 'audit',
            jsonb_build_object('seq', upto.seq, 'chain', encode(upto.chain, 'hex')));
        pruned := pruned + gone;
    END LOOP;
    DELETE FROM sec.audit_openings o WHERE o.day < before::date - 366;
    PERFORM sec.seal_audit(1000);
    RETURN pruned;
END $$;

-- How many entries wait to be sealed, and for how many seconds the first of them has.
CREATE FUNCTION sec.audit_lag() RETURNS TABLE (entries bigint, seconds integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT count(*), coalesce(extract(epoch FROM clock_timestamp() - min(w.noted_at)), 0)::integer
    FROM sec.audit_waiting w
$$;

-- What verifying needs; for the migrator, whose connection could change all of it. References and hashes, no content.
-- An organisation whose head is missing is listed all the same: it has entries or links that nothing ends.
CREATE FUNCTION sec.audit_chains()
RETURNS TABLE (org_id uuid, seq bigint, chain bytea, pruned_seq bigint, pruned_chain bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.id, h.seq, h.chain, h.pruned_seq, h.pruned_chain
    FROM app.organisations o LEFT JOIN sec.audit_heads h ON h.org_id = o.id ORDER BY o.id
$$;

CREATE FUNCTION sec.audit_links(org uuid, after bigint, most integer)
RETURNS TABLE (seq bigint, audit_id uuid, row_hash bytea, chain bytea, id uuid, at timestamptz, staff_id uuid,
    action text, subject text, subject_id uuid, ref text, outcome text, detail text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT s.seq, s.audit_id, s.row_hash, s.chain, l.id, l.at, l.staff_id, l.action, l.subject, l.subject_id, l.ref,
        l.outcome, l.detail::text
    FROM (SELECT * FROM sec.audit_seals x WHERE x.org_id = $1 AND x.seq > $2 ORDER BY x.seq LIMIT $3) s
    LEFT JOIN LATERAL (SELECT * FROM app.audit_log y WHERE y.org_id = s.org_id AND y.id = s.audit_id OFFSET 0) l ON true
    ORDER BY s.seq
$$;

-- Entries that no link names and that do not wait for one either.
CREATE FUNCTION sec.audit_strays(org uuid, most integer) RETURNS SETOF uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT l.id FROM app.audit_log l WHERE l.org_id = $1
    EXCEPT (SELECT s.audit_id FROM sec.audit_seals s WHERE s.org_id = $1
        UNION ALL SELECT w.audit_id FROM sec.audit_waiting w WHERE w.org_id = $1)
    LIMIT $2
$$;

CREATE FUNCTION sec.audit_opened()
RETURNS TABLE (org_id uuid, holder_org_id uuid, day date, seq bigint, chain bytea, nonce bytea)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT o.org_id, o.holder_org_id, o.day, o.seq, o.chain, o.nonce FROM sec.audit_openings o
$$;

GRANT EXECUTE ON FUNCTION sec.begin_audit(), sec.note_audit() TO spean_owner;
GRANT EXECUTE ON FUNCTION sec.seal_audit(integer), sec.witness_audit(), sec.prune_audit(integer), sec.audit_lag()
    TO spean_worker;
GRANT EXECUTE ON FUNCTION sec.audit_lag(), sec.audit_chains(), sec.audit_links(uuid, bigint, integer),
    sec.audit_strays(uuid, integer), sec.audit_opened() TO spean_migrator;
"""

WALLS = """
GRANT SELECT, DELETE ON app.audit_log TO spean_sec;
CREATE POLICY sealing ON app.audit_log FOR SELECT TO spean_sec USING (true);
CREATE POLICY pruning ON app.audit_log FOR DELETE TO spean_sec USING (true);
CREATE TRIGGER begin_audit AFTER INSERT ON app.organisations FOR EACH ROW EXECUTE FUNCTION sec.begin_audit();
CREATE TRIGGER note_audit AFTER INSERT ON app.audit_log FOR EACH ROW EXECUTE FUNCTION sec.note_audit();
"""

# What was there before the chain: its heads, and entries that now wait to be sealed, in the order of their times.
EARLIER = """
INSERT INTO sec.audit_heads (org_id, chain, pruned_chain)
SELECT o.id, sec.audit_genesis(o.id), sec.audit_genesis(o.id) FROM app.organisations o;
INSERT INTO sec.audit_waiting (org_id, audit_id, noted_at) SELECT l.org_id, l.id, l.at FROM app.audit_log l;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(TABLES)
    op.execute("SET ROLE spean_owner")
    op.execute("GRANT SELECT ON app.audit_log TO spean_sec")
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
    op.execute(WALLS)
    op.execute("SET ROLE spean_sec")
    op.execute(EARLIER)
    op.execute("SET ROLE spean_owner")
