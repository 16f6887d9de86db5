"""Places are counted under the lock of their programme's row, and nobody waits for the whole network any more.

What a transaction changes is collected while it works, in rows that only it sees, and counted when it commits: first
the places of programmes in the order of their ids, then the numbers of boxes in the order of their keys. Two that
change several referrals take the same rows in the same order, so that they cannot wait for each other in a circle.
(`docs/adr/0027-places-under-the-programmes-lock.md`)
"""

from __future__ import annotations

from alembic import op

revision = "0031"
down_revision = "0030"

STATES = (
    "sent", "waitlisted", "accepted", "arrived", "completed", "stopped", "declined", "released", "cancelled",
    "withdrawn", "expired",
)  # fmt: skip
REASONS = (
    "emergency", "pregnant", "under_18", "released_from_detention", "left_hospital", "not_safe", "agreed", "other",
)  # fmt: skip

TABLES = f"""
CREATE TABLE app.over_capacity (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    programme_id uuid NOT NULL,
    at timestamptz NOT NULL,
    reason text NOT NULL CHECK (reason IN ({", ".join(repr(one) for one in REASONS)})),
    ref text,
    staff_id uuid NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, programme_id) REFERENCES app.programmes (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX over_capacity_programme ON app.over_capacity (org_id, programme_id, at DESC);
ALTER TABLE app.over_capacity ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.over_capacity FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.over_capacity TO spean_web;
CREATE POLICY own ON app.over_capacity FOR SELECT TO spean_web USING (org_id = (SELECT sec.org()));
CREATE POLICY note ON app.over_capacity FOR INSERT TO spean_web
    WITH CHECK (org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()));

-- A manager is told of a programme, and opens no referral.
ALTER TABLE app.notifications ALTER referral_id DROP NOT NULL, ADD programme_id uuid,
    ADD FOREIGN KEY (org_id, programme_id) REFERENCES app.programmes (org_id, id),
    ADD CHECK ((referral_id IS NULL) <> (programme_id IS NULL));

CREATE INDEX referrals_waiting ON app.referrals (receiver_org_id, programme_id, answered_at, id)
    WHERE state = 'waitlisted';
CREATE INDEX episodes_open ON app.episodes (org_id, programme_id) WHERE ended_at IS NULL AND referral_id IS NULL;

GRANT INSERT ON app.outbox, app.notifications TO spean_sec;
GRANT SELECT, INSERT ON app.referral_events TO spean_sec;
CREATE POLICY walls ON app.referral_events TO spean_sec USING (true) WITH CHECK (true);
-- That a place is free is the receiver's own affair, and the sender reads nothing of it.
ALTER POLICY parties ON app.referral_events
    USING ((sender_org_id = (SELECT sec.org()) AND kind <> 'place_free') OR receiver_org_id = (SELECT sec.org()));
"""

# Its rows are gone when their transaction commits: nobody else ever sees one, and a crash loses nothing.
CHANGES = """
CREATE UNLOGGED TABLE sec.changes (
    xid xid8 NOT NULL,
    at timestamptz NOT NULL,
    sender_org_id uuid,
    receiver_org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    before text NOT NULL,
    after text NOT NULL,
    places integer NOT NULL
);
CREATE INDEX changes_xid ON sec.changes (xid);

-- When a place of a programme with a limit was last taken. Whoever was told of a free one before may be told again.
CREATE TABLE sec.last_taken (
    org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (org_id, programme_id)
);
"""

COLLECTING = """
CREATE FUNCTION sec.note_change() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r app.referrals := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    before text := CASE WHEN TG_OP <> 'INSERT' THEN OLD.state ELSE '' END;
    after text := CASE WHEN TG_OP <> 'DELETE' THEN NEW.state ELSE '' END;
BEGIN
    INSERT INTO sec.changes VALUES (pg_current_xact_id(), r.updated_at, r.sender_org_id, r.receiver_org_id,
        r.programme_id, before, after,
        (after IN ('accepted', 'arrived'))::integer - (before IN ('accepted', 'arrived'))::integer);
    RETURN NULL;
END $$;

-- A walk-in holds a place until the stay ends. (Where a referral brought the person, the referral holds it.)
CREATE OR REPLACE FUNCTION sec.episode_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    step integer := (NEW.ended_at IS NULL)::integer
        - CASE WHEN TG_OP = 'UPDATE' THEN (OLD.ended_at IS NULL)::integer ELSE 0 END;
BEGIN
    IF NEW.referral_id IS NULL AND step <> 0 THEN
        INSERT INTO sec.changes VALUES (pg_current_xact_id(), coalesce(NEW.ended_at, NEW.started_at), NULL,
            NEW.org_id, NEW.programme_id, '', '', step);
    END IF;
    RETURN NULL;
END $$;

-- What this transaction has taken in a programme and not counted yet.
CREATE FUNCTION sec.uncounted(programme uuid) RETURNS integer
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce(sum(c.places), 0)::integer FROM sec.changes c
    WHERE c.xid = pg_current_xact_id() AND c.programme_id = $1
$$;

-- Holds the places of one's own programme until the transaction ends, and says how many there are and are taken, with
-- what this transaction takes itself. No row where there is no limit: nobody waits there.
CREATE FUNCTION sec.hold_places(programme uuid) RETURNS TABLE (capacity integer, taken integer)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN QUERY SELECT p.capacity, p.taken + sec.uncounted($1) FROM app.programmes p
        WHERE p.org_id = sec.org() AND p.id = $1 AND p.capacity IS NOT NULL FOR NO KEY UPDATE OF p;
END $$;
GRANT EXECUTE ON FUNCTION sec.hold_places(uuid) TO spean_web;
GRANT EXECUTE ON FUNCTION sec.note_change() TO spean_owner;
"""

# It stands on the waiting referral, for its receiver alone, whoever freed the place: no sender learns who waits. As
# many as there is room for, who have waited longest, and each once until a place is taken again.
TELLING = """
CREATE FUNCTION sec.tell_place(org uuid, programme uuid, room integer, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    WITH first AS (
        SELECT r.sender_org_id, r.id, r.receiver_org_id, r.ref FROM app.referrals r
        WHERE r.receiver_org_id = $1 AND r.programme_id = $2 AND r.state = 'waitlisted'
          AND r.readable_until > now() AND r.expires_at > now()
        ORDER BY r.answered_at, r.id LIMIT greatest($3, 0)),
    longest AS (
        SELECT f.* FROM first f WHERE NOT EXISTS (
            SELECT 1 FROM app.referral_events e WHERE e.sender_org_id = f.sender_org_id AND e.referral_id = f.id
              AND e.kind = 'place_free' AND e.at > coalesce((SELECT t.at FROM sec.last_taken t
                WHERE t.org_id = $1 AND t.programme_id = $2), '-infinity'))),
    happened AS (
        INSERT INTO app.referral_events (sender_org_id, id, referral_id, receiver_org_id, kind, at)
        SELECT l.sender_org_id, gen_random_uuid(), l.id, l.receiver_org_id, 'place_free', $4 FROM longest l
        RETURNING sender_org_id, referral_id, id)
    INSERT INTO app.outbox (org_id, id, from_org_id, event_id, referral_id, sender_org_id, kind, ref, at, next_at)
    SELECT $1, gen_random_uuid(), $1, h.id, l.id, l.sender_org_id, 'place_free', l.ref, $4, $4
    FROM happened h JOIN longest l ON l.sender_org_id = h.sender_org_id AND l.id = h.referral_id;
END $$;
"""

# Where there is no limit, nothing is counted: the row is shared, so that a limit which is being set counts either all
# of this transaction or nothing of it.
COUNTING = f"""
DROP FUNCTION sec.move_places(uuid, uuid, integer);
CREATE FUNCTION sec.move_places(org uuid, programme uuid, by integer, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    room integer;
BEGIN
    UPDATE app.programmes p SET taken = greatest(0, p.taken + $3)
        WHERE p.org_id = $1 AND p.id = $2 AND p.capacity IS NOT NULL RETURNING p.capacity - p.taken INTO room;
    IF NOT FOUND THEN
        PERFORM 1 FROM app.programmes p WHERE p.org_id = $1 AND p.id = $2 FOR SHARE;
        UPDATE app.programmes p SET taken = greatest(0, p.taken + $3)
            WHERE p.org_id = $1 AND p.id = $2 AND p.capacity IS NOT NULL RETURNING p.capacity - p.taken INTO room;
    END IF;
    IF $3 > 0 AND room IS NOT NULL THEN
        INSERT INTO sec.last_taken AS t VALUES ($1, $2, $4)
            ON CONFLICT (org_id, programme_id) DO UPDATE SET at = greatest(t.at, excluded.at);
    ELSIF room > 0 THEN
        PERFORM sec.tell_place($1, $2, room, $4);
    END IF;
END $$;

CREATE FUNCTION sec.count_changes() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    mine xid8 := pg_current_xact_id();
    one record;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM sec.changes c WHERE c.xid = mine) THEN
        RETURN NULL;  -- counted with the first change of this transaction
    END IF;
    FOR one IN SELECT c.receiver_org_id AS org, c.programme_id AS id, sum(c.places)::integer AS step, max(c.at) AS at
        FROM sec.changes c WHERE c.xid = mine GROUP BY 1, 2 HAVING sum(c.places) <> 0 ORDER BY 2, 1
    LOOP
        PERFORM sec.move_places(one.org, one.id, one.step, one.at);
    END LOOP;
    INSERT INTO app.referral_counts AS c (org_id, side, {", ".join(STATES)})
    SELECT o.org, o.side, {", ".join(f"sum((m.after = '{x}')::integer - (m.before = '{x}')::integer)" for x in STATES)}
    FROM sec.changes m, LATERAL (VALUES (m.sender_org_id, 'sender'), (m.receiver_org_id, 'receiver')) AS o (org, side)
    WHERE m.xid = mine AND m.sender_org_id IS NOT NULL GROUP BY o.org, o.side ORDER BY o.org, o.side
    ON CONFLICT (org_id, side) DO UPDATE SET {", ".join(f"{x} = c.{x} + excluded.{x}" for x in STATES)};
    DELETE FROM sec.changes c WHERE c.xid = mine;
    RETURN NULL;
END $$;

-- How many places are taken: accepted and arrived referrals, and open stays that came by none.
CREATE FUNCTION sec.places_held(org uuid, programme uuid) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT ((SELECT count(*) FROM app.referrals r WHERE r.receiver_org_id = $1 AND r.programme_id = $2
            AND r.state IN ('accepted', 'arrived'))
        + (SELECT count(*) FROM app.episodes e WHERE e.org_id = $1 AND e.programme_id = $2
            AND e.ended_at IS NULL AND e.referral_id IS NULL))::integer
$$;

-- A limit is set or lifted: what is taken is counted anew, or no more.
CREATE FUNCTION sec.follow_limit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.capacity IS NULL THEN
        NEW.taken := 0;
    ELSIF OLD.capacity IS NULL THEN
        NEW.taken := greatest(0, sec.places_held(NEW.org_id, NEW.id) - sec.uncounted(NEW.id));
    END IF;
    RETURN NEW;
END $$;

-- More places than before: as many as are free are told of. Without a limit that is everybody.
CREATE FUNCTION sec.tell_more_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.tell_place(NEW.org_id, NEW.id, CASE WHEN NEW.capacity IS NULL THEN 100
        ELSE NEW.capacity - NEW.taken END, now());
    RETURN NULL;
END $$;

-- Every manager of the organisation hears that a place was given over capacity, but for whoever gave it. Not for whom:
-- the reasons are counted on the programme's page, and one beside a reference would be case content.
CREATE FUNCTION sec.tell_over_capacity() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO app.notifications (org_id, id, staff_id, event_id, programme_id, kind, ref, at)
    SELECT NEW.org_id, gen_random_uuid(), s.id, NEW.id, NEW.programme_id, 'over_capacity', '', NEW.at
    FROM app.staff s WHERE s.org_id = NEW.org_id AND s.active AND 'manager' = ANY (s.roles) AND s.id <> NEW.staff_id;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.count_changes(), sec.follow_limit(), sec.tell_more_places(), sec.tell_over_capacity()
    TO spean_owner;
"""

# A referral's row in a caseload is written by whoever holds the referral, and by whoever hands its client over.
CASELOADS = """
CREATE OR REPLACE FUNCTION sec.add_to_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO app.caseload_referrals (sender_org_id, referral_id, worker_id, programme_id, urgency, state, due_at,
        comes_by, updated_at)
    SELECT r.sender_org_id, r.id, c.worker_id, r.programme_id, r.urgency, r.state, r.due_at, r.comes_by, r.updated_at
    FROM app.referral_clients l
    JOIN app.referrals r ON r.sender_org_id = l.sender_org_id AND r.id = l.referral_id
    JOIN app.clients c ON c.org_id = l.sender_org_id AND c.id = l.client_id AND c.erased_at IS NULL
    WHERE l.sender_org_id = NEW.sender_org_id AND l.referral_id = NEW.referral_id;
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION sec.move_in_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE app.caseload_referrals l SET state = NEW.state, due_at = NEW.due_at, comes_by = NEW.comes_by,
        updated_at = NEW.updated_at
    WHERE l.sender_org_id = NEW.sender_org_id AND l.referral_id = NEW.id;
    RETURN NULL;
END $$;
-- Whoever sends for this client meanwhile waits by their key to the client, and then finds who looks after them now.
CREATE FUNCTION sec.hold_client() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM app.clients c WHERE c.org_id = OLD.org_id AND c.id = OLD.id FOR UPDATE;
    RETURN NEW;
END $$;
GRANT EXECUTE ON FUNCTION sec.hold_client() TO spean_owner;
CREATE OR REPLACE FUNCTION sec.hand_over_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.erased_at IS NULL THEN
        UPDATE app.caseload_referrals l SET worker_id = NEW.worker_id FROM app.referral_clients c
        WHERE c.sender_org_id = NEW.org_id AND c.client_id = NEW.id
            AND l.sender_org_id = c.sender_org_id AND l.referral_id = c.referral_id;
    ELSE
        DELETE FROM app.caseload_referrals l USING app.referral_clients c
        WHERE c.sender_org_id = NEW.org_id AND c.client_id = NEW.id
            AND l.sender_org_id = c.sender_org_id AND l.referral_id = c.referral_id;
    END IF;
    RETURN NULL;
END $$;
"""

# Of the deferred triggers of a row, those that count stand first by name: programmes, boxes, then caseloads.
TRIGGERS = """
CREATE TRIGGER hold BEFORE UPDATE OF worker_id, erased_at ON app.clients
    FOR EACH ROW WHEN ((OLD.worker_id, OLD.erased_at) IS DISTINCT FROM (NEW.worker_id, NEW.erased_at))
    EXECUTE FUNCTION sec.hold_client();
DROP TRIGGER count_change ON app.referrals;
DROP TRIGGER count ON app.referrals;
DROP TRIGGER places ON app.episodes;
CREATE TRIGGER note_change AFTER UPDATE OF state ON app.referrals
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sec.note_change();
CREATE TRIGGER note_made AFTER INSERT OR DELETE ON app.referrals FOR EACH ROW EXECUTE FUNCTION sec.note_change();
CREATE TRIGGER note_places AFTER INSERT OR UPDATE OF ended_at ON app.episodes
    FOR EACH ROW EXECUTE FUNCTION sec.episode_places();
CREATE CONSTRAINT TRIGGER a_count_change AFTER UPDATE OF state ON app.referrals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sec.count_changes();
CREATE CONSTRAINT TRIGGER a_count_made AFTER INSERT OR DELETE ON app.referrals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sec.count_changes();
CREATE CONSTRAINT TRIGGER a_count_places AFTER INSERT OR UPDATE OF ended_at ON app.episodes
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION sec.count_changes();
CREATE TRIGGER limit_places BEFORE UPDATE OF capacity ON app.programmes
    FOR EACH ROW WHEN (OLD.capacity IS DISTINCT FROM NEW.capacity) EXECUTE FUNCTION sec.follow_limit();
CREATE TRIGGER more_places AFTER UPDATE OF capacity ON app.programmes
    FOR EACH ROW WHEN (OLD.capacity IS NOT NULL AND (NEW.capacity IS NULL OR NEW.capacity > OLD.capacity))
    EXECUTE FUNCTION sec.tell_more_places();
CREATE TRIGGER moment BEFORE INSERT ON app.over_capacity FOR EACH ROW EXECUTE FUNCTION sec.check_moment();
CREATE TRIGGER tell AFTER INSERT ON app.over_capacity FOR EACH ROW EXECUTE FUNCTION sec.tell_over_capacity();
"""

# Read with all rows in view: what is taken is stated anew, and nothing of a programme without a limit.
SO_FAR = """
UPDATE app.programmes p
SET taken = CASE WHEN p.capacity IS NULL THEN 0 ELSE sec.places_held(p.org_id, p.id) END
WHERE p.taken <> CASE WHEN p.capacity IS NULL THEN 0 ELSE sec.places_held(p.org_id, p.id) END
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(CHANGES)
    op.execute(COLLECTING)
    op.execute(TELLING)
    op.execute(COUNTING)
    op.execute(CASELOADS)
    op.execute(SO_FAR)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGERS)
    op.execute("SET ROLE spean_sec")
    op.execute("DROP FUNCTION sec.count_state()")
    op.execute("SET ROLE spean_owner")
