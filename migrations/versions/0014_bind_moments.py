"""What a process writes happens now: no statement dates itself back, to read longer or to send on a lapsed permission.

Only whoever fills an empty database with invented history may say when it was. The migrator opens such a rehearsal
and keeps its secret; connections that present the secret may write any moment. Once somebody has begun work there is
no way to open one, and an open one ends by itself.
"""

from __future__ import annotations

from alembic import op

revision = "0014"
down_revision = "0013"

SEC = """
CREATE TABLE sec.rehearsal (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    secret_hash bytea NOT NULL CHECK (length(secret_hash) = 32),
    until timestamptz NOT NULL
);

-- Two hours are for filling a database that nobody works in. The secret is never stored.
CREATE FUNCTION sec.begin_rehearsal(secret_hash bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    DELETE FROM sec.rehearsal;
    IF NOT sec.is_empty() THEN RETURN false; END IF;
    INSERT INTO sec.rehearsal (secret_hash, until) VALUES ($1, now() + interval '2 hours');
    RETURN true;
END $$;

CREATE FUNCTION sec.end_rehearsal() RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$ DELETE FROM sec.rehearsal $$;

CREATE FUNCTION sec.rehearsing() RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT EXISTS (SELECT 1 FROM sec.rehearsal r WHERE r.until > now()
        AND r.secret_hash = sha256(convert_to(current_setting('spean.rehearsal', true), 'UTF8')))
$$;

-- Within a minute of now: the clocks of two machines differ, and a transaction takes its time.
CREATE FUNCTION sec.timely(moment timestamptz) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT coalesce($1 BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute', false)
        OR sec.rehearsing()
$$;

-- For any table whose rows say in `at` when they were written.
CREATE FUNCTION sec.check_moment() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT sec.timely(NEW.at) THEN
        RAISE EXCEPTION 'not the present moment' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- A permission is written down by whoever is signed in, before a colleague who meets clients, for at most a year. It
-- may be noted later than it was given (on paper), which shortens it, and hardly earlier: a phone's clock may run
-- ten minutes ahead (`referrals.consents.rules` says the same, with sentences for people).
CREATE FUNCTION sec.check_given() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.made_by IS DISTINCT FROM sec.staff() OR sec.kind() IN ('commune', 'steward') OR NOT EXISTS (
            SELECT 1 FROM app.staff p WHERE p.org_id = sec.org() AND p.org_id = NEW.org_id AND p.id = NEW.witness_id
              AND p.active AND p.roles && ARRAY['outreach', 'caseworker', 'clinician']) THEN
        RAISE EXCEPTION 'no witness to this consent' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.withdrawn_at IS NOT NULL OR NEW.given_at > now() + interval '10 minutes'
        OR NEW.expires_at > NEW.given_at + interval '365 days' THEN
        RAISE EXCEPTION 'no such consent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION sec.check_taken_back() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.withdrawn_at IS NOT NULL AND NOT sec.timely(NEW.withdrawn_at) THEN
        RAISE EXCEPTION 'not the present moment' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- No referral without the client's permission for exactly this programme, in force when it is sent, which is now. The
-- permission is held until the transaction ends, so that it cannot be taken back between the check and the sending. It
-- is looked for among the actor's own: this runs before row security does, and must not tell of another organisation's.
CREATE OR REPLACE FUNCTION sec.check_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT sec.timely(NEW.sent_at) THEN
        RAISE EXCEPTION 'not the present moment' USING ERRCODE = 'check_violation';
    END IF;
    PERFORM 1 FROM app.consents c WHERE c.org_id = sec.org() AND c.org_id = NEW.sender_org_id AND c.id = NEW.consent_id
        AND c.receiver_org_id = NEW.receiver_org_id AND c.programme_id = NEW.programme_id
        AND c.purpose = 'referral' AND c.withdrawn_at IS NULL
        AND c.given_at <= NEW.sent_at + interval '10 minutes'
        AND c.expires_at > CASE WHEN sec.rehearsing() THEN NEW.sent_at ELSE greatest(NEW.sent_at, now()) END
        AND NEW.readable_until <= c.expires_at FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no consent in force' USING ERRCODE = 'check_violation';
    END IF;
    IF num_nonnulls(NEW.seen_at, NEW.answered_at, NEW.accepted_at, NEW.arrived_at, NEW.ended_at) > 0 THEN
        RAISE EXCEPTION 'a beginning only' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- What happened is stamped once, when it happens, and 30 days after the end nothing is read any more, whatever a
-- statement leaves out.
CREATE FUNCTION sec.check_moments() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    before timestamptz[] := ARRAY[OLD.seen_at, OLD.answered_at, OLD.accepted_at, OLD.arrived_at, OLD.ended_at];
    after timestamptz[] := ARRAY[NEW.seen_at, NEW.answered_at, NEW.accepted_at, NEW.arrived_at, NEW.ended_at];
BEGIN
    FOR i IN 1 .. cardinality(after) LOOP
        IF after[i] IS DISTINCT FROM before[i] AND (before[i] IS NOT NULL OR NOT sec.timely(after[i])) THEN
            RAISE EXCEPTION 'not the present moment' USING ERRCODE = 'check_violation';
        END IF;
    END LOOP;
    IF NEW.state IN ('completed', 'stopped') THEN
        NEW.ended_at := coalesce(NEW.ended_at, now());
        NEW.readable_until := least(NEW.readable_until, NEW.ended_at + interval '30 days');
    END IF;
    RETURN NEW;
END $$;

-- A link into an organisation lives for a week at most, from now.
CREATE FUNCTION sec.check_invite() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.expires_at > now() + interval '7 days 1 minute' THEN
        RAISE EXCEPTION 'an invitation lives for a week' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- An entry of the audit bears the moment at which it was written: a clock that is a little wrong is put right.
CREATE FUNCTION sec.stamp_audit() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF session_user IN ('spean_web', 'spean_public', 'spean_worker') AND NOT sec.rehearsing() THEN
        NEW.at := clock_timestamp();
    END IF;
    RETURN NEW;
END $$;

GRANT EXECUTE ON FUNCTION sec.begin_rehearsal(bytea), sec.end_rehearsal() TO spean_migrator;
GRANT EXECUTE ON FUNCTION sec.check_moment(), sec.check_given(), sec.check_taken_back(), sec.check_moments(),
    sec.check_invite(), sec.stamp_audit() TO spean_owner;
"""

TRIGGERS = """
CREATE TRIGGER moment BEFORE INSERT ON app.messages FOR EACH ROW EXECUTE FUNCTION sec.check_moment();
CREATE TRIGGER moment BEFORE INSERT ON app.referral_events FOR EACH ROW EXECUTE FUNCTION sec.check_moment();
CREATE TRIGGER moment BEFORE INSERT ON app.idempotency_keys FOR EACH ROW EXECUTE FUNCTION sec.check_moment();
CREATE TRIGGER given BEFORE INSERT ON app.consents FOR EACH ROW EXECUTE FUNCTION sec.check_given();
CREATE TRIGGER taken_back BEFORE UPDATE OF withdrawn_at ON app.consents
    FOR EACH ROW WHEN (OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at) EXECUTE FUNCTION sec.check_taken_back();
CREATE TRIGGER moments BEFORE UPDATE ON app.referrals FOR EACH ROW EXECUTE FUNCTION sec.check_moments();
CREATE TRIGGER stamp BEFORE INSERT ON app.audit_log FOR EACH ROW EXECUTE FUNCTION sec.stamp_audit();
CREATE TRIGGER lifetime BEFORE INSERT ON app.invites FOR EACH ROW EXECUTE FUNCTION sec.check_invite();

-- Keys to a packet are made when it is sent, for its two sides, and never for what was taken back.
DROP POLICY send ON app.packet_keys;
CREATE POLICY send ON app.packet_keys FOR INSERT TO spean_web
    WITH CHECK (sender_org_id = (SELECT sec.org()) AND EXISTS (
        SELECT 1 FROM app.referrals r JOIN app.consents c ON c.org_id = r.sender_org_id AND c.id = r.consent_id
        WHERE r.sender_org_id = (SELECT sec.org()) AND r.id = packet_keys.referral_id
          AND r.state = 'sent' AND c.withdrawn_at IS NULL
          AND packet_keys.holder_org_id = CASE packet_keys.holder
              WHEN 'sender' THEN r.sender_org_id ELSE r.receiver_org_id END));
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(SEC)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGERS)
