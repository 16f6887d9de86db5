"""What is counted is counted where a state changes: the places of a programme, the tabs of a box, published uptake.

A tab's number was found by counting, which cost more the more there was. Now it stands in a row. Rows that many write
to are written to last, when the transaction commits, so that nobody waits for another's whole step.
"""

from __future__ import annotations

from alembic import op

revision = "0021"
down_revision = "0020"

STATES = (
    "sent", "waitlisted", "accepted", "arrived", "completed", "stopped", "declined", "released", "cancelled",
    "withdrawn", "expired",
)  # fmt: skip

TABLE = f"""
CREATE TABLE app.referral_counts (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    side text NOT NULL CHECK (side IN ('sender', 'receiver')),
    {", ".join(f"{state} integer NOT NULL" for state in STATES)},
    PRIMARY KEY (org_id, side)
) WITH (fillfactor = 20);
ALTER TABLE app.referral_counts ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.referral_counts FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.referral_counts TO spean_web;
GRANT SELECT, INSERT, UPDATE ON app.referral_counts TO spean_sec;
CREATE POLICY own ON app.referral_counts FOR SELECT TO spean_web USING (org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.referral_counts TO spean_sec USING (true) WITH CHECK (true);
"""

# One after the other writes to the numbers, whatever it counted in which order: two that each changed several referrals
# would otherwise wait for each other in a circle. A turn lasts as long as a commit.
TURN = "PERFORM pg_advisory_xact_lock(1397771087);  -- any number that nothing else locks"
COUNTING = f"""
-- In this language a function's statements are planned once for a connection, and not each time that it is called.
CREATE OR REPLACE FUNCTION sec.move_places(org uuid, programme uuid, by integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF $3 <> 0 THEN
        {TURN}
        UPDATE app.programmes p SET taken = greatest(0, p.taken + $3) WHERE p.org_id = $1 AND p.id = $2;
    END IF;
END $$;
CREATE FUNCTION sec.count_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    r app.referrals := CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    before text := CASE WHEN TG_OP <> 'INSERT' THEN OLD.state ELSE '' END;
    after text := CASE WHEN TG_OP <> 'DELETE' THEN NEW.state ELSE '' END;
BEGIN
    {TURN}
    PERFORM sec.move_places(r.receiver_org_id, r.programme_id,
        (after IN ('accepted', 'arrived'))::integer - (before IN ('accepted', 'arrived'))::integer);
    INSERT INTO app.referral_counts AS c (org_id, side, {", ".join(STATES)})
    SELECT o.org, o.side, {", ".join(f"(after = '{one}')::integer - (before = '{one}')::integer" for one in STATES)}
    FROM (VALUES (r.sender_org_id, 'sender'), (r.receiver_org_id, 'receiver')) AS o (org, side)
    ON CONFLICT (org_id, side) DO UPDATE SET {", ".join(f"{one} = c.{one} + excluded.{one}" for one in STATES)};
    RETURN NULL;
END $$;
CREATE OR REPLACE FUNCTION sec.follow_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.state IN ('declined', 'released', 'cancelled', 'withdrawn', 'expired') THEN
        DELETE FROM app.packet_keys k WHERE k.sender_org_id = NEW.sender_org_id AND k.referral_id = NEW.id
            AND k.holder = 'receiver';
        UPDATE app.slips s SET dead_at = now() WHERE s.sender_org_id = NEW.sender_org_id
            AND s.referral_id = NEW.id AND s.dead_at IS NULL;
    END IF;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.count_state() TO spean_owner;
"""
COUNTED = """
CREATE CONSTRAINT TRIGGER count_change AFTER UPDATE OF state ON app.referrals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sec.count_state();
CREATE CONSTRAINT TRIGGER count AFTER INSERT OR DELETE ON app.referrals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sec.count_state();
DROP TRIGGER places ON app.episodes;
CREATE CONSTRAINT TRIGGER places AFTER INSERT OR UPDATE OF ended_at ON app.episodes DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sec.episode_places();
"""

# For the pseudonym that the sender gave, which the receiver cannot read; on the day in Phnom Penh.
UPTAKE = """
DROP FUNCTION sec.note_uptake(uuid, uuid, text, date);
CREATE FUNCTION sec.note_uptake(r app.referrals, measure text, at timestamptz) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO app.uptake_facts (org_id, id, day, khan, service, measure, pseudonym)
    SELECT r.receiver_org_id, gen_random_uuid(), ($3 AT TIME ZONE 'Asia/Phnom_Penh')::date, r.khan, r.service, $2,
        c.pseudonym
    FROM app.referral_clients c WHERE c.sender_org_id = r.sender_org_id AND c.referral_id = r.id;
END $$;
CREATE FUNCTION sec.note_referred() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.note_uptake(r, 'referred', r.sent_at) FROM app.referrals r
    WHERE r.sender_org_id = NEW.sender_org_id AND r.id = NEW.referral_id;
    RETURN NULL;
END $$;
CREATE FUNCTION sec.note_reached() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.accepted_at IS NULL AND NEW.accepted_at IS NOT NULL THEN
        PERFORM sec.note_uptake(NEW, 'accepted', NEW.accepted_at);
    END IF;
    IF OLD.arrived_at IS NULL AND NEW.arrived_at IS NOT NULL THEN
        PERFORM sec.note_uptake(NEW, 'arrived', NEW.arrived_at);
    END IF;
    IF NEW.state = 'completed' THEN
        PERFORM sec.note_uptake(NEW, 'completed', NEW.ended_at);
    END IF;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.note_referred(), sec.note_reached() TO spean_owner;
"""
NOTED = """
CREATE TRIGGER note_referred AFTER INSERT ON app.referral_clients
    FOR EACH ROW EXECUTE FUNCTION sec.note_referred();
CREATE TRIGGER note_reached AFTER UPDATE OF state ON app.referrals
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sec.note_reached();
"""

# An outreach worker's part of the box is found by their clients: from the index alone.
CLIENTS = """
DROP INDEX app.referral_clients_client;
CREATE INDEX referral_clients_client ON app.referral_clients (sender_org_id, client_id) INCLUDE (referral_id);
"""

# The referral is looked up by its own key, and then looked at: the planner would rather read all that one's
# organisation has sent and nobody has answered, for each key that is made.
SEND = """
DROP POLICY send ON app.packet_keys;
CREATE POLICY send ON app.packet_keys FOR INSERT TO spean_web
    WITH CHECK (sender_org_id = (SELECT sec.org()) AND EXISTS (
        SELECT 1 FROM (
            SELECT r.sender_org_id, r.receiver_org_id, r.consent_id, r.state FROM app.referrals r
            WHERE r.sender_org_id = packet_keys.sender_org_id AND r.id = packet_keys.referral_id OFFSET 0) r
        JOIN app.consents c ON c.org_id = r.sender_org_id AND c.id = r.consent_id
        WHERE r.state = 'sent' AND c.withdrawn_at IS NULL
          AND packet_keys.holder_org_id = CASE packet_keys.holder
              WHEN 'sender' THEN r.sender_org_id ELSE r.receiver_org_id END));
"""

SO_FAR = f"""
INSERT INTO app.referral_counts (org_id, side, {", ".join(STATES)})
SELECT o.org, o.side, {", ".join(f"count(*) FILTER (WHERE r.state = '{one}')" for one in STATES)}
FROM app.referrals r, LATERAL (VALUES (r.sender_org_id, 'sender'), (r.receiver_org_id, 'receiver')) AS o (org, side)
GROUP BY o.org, o.side
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(TABLE)
    op.execute("SET ROLE spean_sec")
    op.execute(COUNTING)
    op.execute(UPTAKE)
    op.execute(SO_FAR)
    op.execute("SET ROLE spean_owner")
    op.execute(COUNTED)
    op.execute(NOTED)
    op.execute(CLIENTS)
    op.execute(SEND)
