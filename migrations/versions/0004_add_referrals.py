"""What passes between houses: consents, referrals, packets in two parts, slips, messages, events.

Who the referral is about stands in `referral_clients`, which only the sender reads. The receiver's keys to a packet
are deleted by the database itself the moment the referral leaves the states in which a packet may be read.
"""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"

TABLES = """
CREATE TABLE app.consents (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    sitting_id uuid NOT NULL,
    rank integer NOT NULL CHECK (rank BETWEEN 1 AND 3),
    receiver_org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    purpose text NOT NULL DEFAULT 'referral' CHECK (purpose = 'referral'),
    categories text[] NOT NULL,
    answers text[] NOT NULL DEFAULT ARRAY[]::text[],
    given_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL CHECK (expires_at > given_at),
    how text NOT NULL CHECK (how IN ('spoken_witnessed', 'thumbprint', 'signature')),
    witness_id uuid NOT NULL,
    wording_version text NOT NULL,
    wording_language text NOT NULL CHECK (wording_language IN ('km', 'en')),
    able boolean NOT NULL CHECK (able),
    assent boolean,
    guardian text,
    withdrawn_at timestamptz,
    made_by uuid NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES app.clients (org_id, id),
    FOREIGN KEY (receiver_org_id, programme_id) REFERENCES app.programmes (org_id, id),
    FOREIGN KEY (org_id, witness_id) REFERENCES app.staff (org_id, id),
    FOREIGN KEY (org_id, made_by) REFERENCES app.staff (org_id, id)
);
CREATE INDEX consents_client ON app.consents (org_id, client_id, given_at DESC);

CREATE TABLE app.drafts (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    sitting_id uuid,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES app.clients (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX drafts_staff ON app.drafts (org_id, staff_id, updated_at DESC);
CREATE INDEX drafts_sitting ON app.drafts (org_id, sitting_id) WHERE sitting_id IS NOT NULL;

CREATE TABLE app.referrals (
    sender_org_id uuid NOT NULL,
    id uuid NOT NULL,
    ref text NOT NULL,
    receiver_org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    consent_id uuid NOT NULL,
    service text NOT NULL,
    urgency text NOT NULL CHECK (urgency IN ('routine', 'soon', 'urgent')),
    khan text,
    state text NOT NULL CHECK (state IN ('sent', 'accepted', 'waitlisted', 'declined', 'arrived', 'completed',
        'stopped', 'cancelled', 'withdrawn', 'released', 'expired')),
    sent_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    half_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    seen_at timestamptz,
    answered_at timestamptz,
    response_minutes integer,
    accepted_at timestamptz,
    arrived_at timestamptz,
    ended_at timestamptz,
    readable_until timestamptz NOT NULL,
    appointment_at timestamptz,
    window_from timestamptz,
    window_to timestamptz,
    missed integer NOT NULL DEFAULT 0,
    reason text,
    suggested_programme_id uuid,
    outcome text,
    reminded text NOT NULL DEFAULT 'no' CHECK (reminded IN ('no', 'half', 'overdue')),
    updated_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (sender_org_id, id),
    UNIQUE (sender_org_id, ref),
    UNIQUE (receiver_org_id, sender_org_id, id),
    FOREIGN KEY (sender_org_id, consent_id) REFERENCES app.consents (org_id, id),
    FOREIGN KEY (receiver_org_id, programme_id) REFERENCES app.programmes (org_id, id),
    CHECK (state NOT IN ('accepted') OR appointment_at IS NOT NULL OR window_from IS NOT NULL)
);
CREATE INDEX referrals_in ON app.referrals (receiver_org_id, state, due_at, id) INCLUDE (sender_org_id);
CREATE INDEX referrals_out ON app.referrals (sender_org_id, state, due_at, id) INCLUDE (receiver_org_id);
CREATE INDEX referrals_in_id ON app.referrals (receiver_org_id, id);
CREATE INDEX referrals_in_ref ON app.referrals (receiver_org_id, ref);
CREATE INDEX referrals_in_recent ON app.referrals (receiver_org_id, updated_at DESC, id) INCLUDE (sender_org_id);
CREATE INDEX referrals_out_recent ON app.referrals (sender_org_id, updated_at DESC, id) INCLUDE (receiver_org_id);
CREATE INDEX referrals_expiry ON app.referrals (expires_at) WHERE state IN ('sent', 'waitlisted', 'accepted');
CREATE INDEX referrals_remind ON app.referrals (half_at) WHERE state = 'sent' AND reminded <> 'overdue';
CREATE INDEX referrals_programme ON app.referrals (receiver_org_id, programme_id, answered_at);

CREATE TABLE app.referral_clients (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    client_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    sitting_id uuid NOT NULL,
    previous_id uuid,
    pseudonym bytea NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id),
    FOREIGN KEY (sender_org_id, referral_id) REFERENCES app.referrals (sender_org_id, id),
    FOREIGN KEY (sender_org_id, client_id) REFERENCES app.clients (org_id, id),
    FOREIGN KEY (sender_org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX referral_clients_client ON app.referral_clients (sender_org_id, client_id);

CREATE TABLE app.packet_parts (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('triage', 'identity')),
    receiver_org_id uuid NOT NULL,
    body bytea NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id, part),
    FOREIGN KEY (receiver_org_id, sender_org_id, referral_id)
        REFERENCES app.referrals (receiver_org_id, sender_org_id, id)
);

CREATE TABLE app.packet_keys (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    part text NOT NULL,
    holder_org_id uuid NOT NULL,
    holder text NOT NULL CHECK (holder IN ('sender', 'receiver')),
    key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id, part, holder),
    FOREIGN KEY (sender_org_id, referral_id, part) REFERENCES app.packet_parts (sender_org_id, referral_id, part)
);

CREATE TABLE app.slips (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    receiver_org_id uuid NOT NULL,
    code_hash bytea NOT NULL,
    token_hash bytea NOT NULL,
    secrets bytea NOT NULL,
    used_at timestamptz,
    dead_at timestamptz,
    PRIMARY KEY (sender_org_id, referral_id),
    FOREIGN KEY (receiver_org_id, sender_org_id, referral_id)
        REFERENCES app.referrals (receiver_org_id, sender_org_id, id)
);
CREATE INDEX slips_code ON app.slips (receiver_org_id, code_hash);
CREATE INDEX slips_token ON app.slips (receiver_org_id, token_hash);

CREATE TABLE app.messages (
    sender_org_id uuid NOT NULL,
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    receiver_org_id uuid NOT NULL,
    from_org_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('question', 'answer', 'free')),
    code text,
    body bytea,
    at timestamptz NOT NULL,
    PRIMARY KEY (sender_org_id, id),
    FOREIGN KEY (receiver_org_id, sender_org_id, referral_id)
        REFERENCES app.referrals (receiver_org_id, sender_org_id, id),
    CHECK ((kind = 'free') = (body IS NOT NULL) AND (kind <> 'free') = (code IS NOT NULL))
);
CREATE INDEX messages_referral ON app.messages (sender_org_id, referral_id, at, id);

CREATE TABLE app.referral_events (
    sender_org_id uuid NOT NULL,
    id uuid NOT NULL,
    referral_id uuid NOT NULL,
    receiver_org_id uuid NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    by_org_id uuid,
    by_staff_id uuid,
    detail jsonb NOT NULL DEFAULT '{}',
    PRIMARY KEY (sender_org_id, id),
    FOREIGN KEY (receiver_org_id, sender_org_id, referral_id)
        REFERENCES app.referrals (receiver_org_id, sender_org_id, id)
);
CREATE INDEX referral_events_referral ON app.referral_events (sender_org_id, referral_id, at, id);

CREATE TABLE app.idempotency_keys (
    org_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    key text NOT NULL CHECK (length(key) <= 200),
    action text NOT NULL,
    request_hash bytea NOT NULL,
    status integer NOT NULL,
    result_id uuid,
    at timestamptz NOT NULL,
    PRIMARY KEY (org_id, staff_id, key),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX idempotency_keys_at ON app.idempotency_keys (at);
"""

OWN = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.{table} TO spean_web
    USING ({column} = (SELECT sec.org()))
    WITH CHECK ({column} = (SELECT sec.org()));
"""

BOTH = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY parties ON app.{table} FOR SELECT TO {readers}
    USING (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()));
"""

POLICIES = """
CREATE POLICY send ON app.referrals FOR INSERT TO spean_web
    WITH CHECK (sender_org_id = (SELECT sec.org()) AND state = 'sent');
CREATE POLICY step ON app.referrals FOR UPDATE TO spean_web, spean_worker
    USING (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()))
    WITH CHECK (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()));
CREATE POLICY send ON app.packet_parts FOR INSERT TO spean_web WITH CHECK (sender_org_id = (SELECT sec.org()));
CREATE POLICY send ON app.slips FOR INSERT TO spean_web WITH CHECK (sender_org_id = (SELECT sec.org()));
CREATE POLICY touch ON app.slips FOR UPDATE TO spean_web
    USING (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()))
    WITH CHECK (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()));
-- Nobody speaks or acts in another's name, and nobody writes freely before the identity part is released.
CREATE POLICY say ON app.messages FOR INSERT TO spean_web
    WITH CHECK (from_org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()) AND EXISTS (
        SELECT 1 FROM app.referrals r
        WHERE r.sender_org_id = messages.sender_org_id AND r.id = messages.referral_id
          AND (messages.kind <> 'free' OR r.state IN ('accepted', 'arrived'))));
CREATE POLICY note ON app.referral_events FOR INSERT TO spean_web, spean_worker
    WITH CHECK ((sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()))
        AND by_staff_id IS NOT DISTINCT FROM (SELECT sec.staff())
        AND by_org_id IS NOT DISTINCT FROM CASE WHEN (SELECT sec.staff()) IS NOT NULL THEN (SELECT sec.org()) END);

-- Whoever sent somebody to a programme still reads where to go when the programme has left the directory.
CREATE POLICY referred ON app.programmes FOR SELECT TO spean_web
    USING (EXISTS (SELECT 1 FROM app.referrals r WHERE r.sender_org_id = (SELECT sec.org())
        AND r.receiver_org_id = programmes.org_id AND r.programme_id = programmes.id));

-- The receiver reads the triage key while the referral is theirs to answer or to serve, and the identity key from
-- acceptance on; each until readable_until (30 days after the end, or when the consent lapses).
ALTER TABLE app.packet_keys ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.packet_keys FORCE ROW LEVEL SECURITY;
CREATE POLICY held ON app.packet_keys FOR SELECT TO spean_web
    USING (holder_org_id = (SELECT sec.org()) AND (
        holder = 'sender' OR EXISTS (
            SELECT 1 FROM app.referrals r
            WHERE r.receiver_org_id = (SELECT sec.org()) AND r.sender_org_id = packet_keys.sender_org_id
              AND r.id = packet_keys.referral_id AND r.readable_until > now()
              AND (r.state IN ('accepted', 'arrived', 'completed', 'stopped')
                   OR (packet_keys.part = 'triage' AND r.state IN ('sent', 'waitlisted'))))));
CREATE POLICY send ON app.packet_keys FOR INSERT TO spean_web WITH CHECK (sender_org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.packet_keys TO spean_sec USING (true) WITH CHECK (true);

CREATE POLICY walls ON app.consents TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.referrals FOR SELECT TO spean_sec USING (true);
CREATE POLICY walls ON app.referral_clients FOR SELECT TO spean_sec USING (true);
CREATE POLICY told ON app.referral_clients FOR SELECT TO spean_worker
    USING (sender_org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.slips TO spean_sec USING (true) WITH CHECK (true);
CREATE POLICY walls ON app.idempotency_keys FOR ALL TO spean_sec USING (true);
"""

GRANTS = """
GRANT SELECT, INSERT ON app.consents, app.referrals, app.referral_clients, app.packet_parts, app.packet_keys,
    app.slips, app.messages, app.referral_events, app.idempotency_keys TO spean_web;
GRANT SELECT, INSERT, UPDATE (sitting_id, body, updated_at, version), DELETE ON app.drafts TO spean_web;
GRANT UPDATE (withdrawn_at) ON app.consents TO spean_web;
GRANT UPDATE (state, seen_at, answered_at, response_minutes, accepted_at, arrived_at, ended_at, readable_until,
    expires_at, appointment_at, window_from, window_to, missed, reason, suggested_programme_id, outcome, updated_at,
    version) ON app.referrals TO spean_web;
GRANT UPDATE (used_at) ON app.slips TO spean_web;
GRANT SELECT (sender_org_id, id, ref, receiver_org_id, programme_id, state, urgency, due_at, half_at, expires_at,
    appointment_at, window_to, ended_at, readable_until, reminded, reason, updated_at, version)
    ON app.referrals TO spean_worker;
GRANT UPDATE (state, ended_at, readable_until, reminded, reason, updated_at, version) ON app.referrals TO spean_worker;
GRANT SELECT (sender_org_id, referral_id, staff_id) ON app.referral_clients TO spean_worker;
GRANT SELECT, INSERT ON app.referral_events TO spean_worker;
GRANT SELECT ON app.consents, app.referrals, app.referral_clients TO spean_sec;
GRANT UPDATE (withdrawn_at) ON app.consents TO spean_sec;
GRANT SELECT, DELETE ON app.packet_keys TO spean_sec;
GRANT SELECT, UPDATE ON app.slips TO spean_sec;
GRANT SELECT (at), DELETE ON app.idempotency_keys TO spean_sec;
"""

FUNCTIONS = """
-- No referral without the client's permission for exactly this programme, in force when it is sent. The permission is
-- held until the transaction ends, so that it cannot be taken back between the check and the sending. It is looked for
-- among the actor's own: this runs before row security does, and must not tell of another organisation's.
CREATE FUNCTION sec.check_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM 1 FROM app.consents c WHERE c.org_id = sec.org() AND c.org_id = NEW.sender_org_id AND c.id = NEW.consent_id
        AND c.receiver_org_id = NEW.receiver_org_id AND c.programme_id = NEW.programme_id
        AND c.withdrawn_at IS NULL AND c.given_at <= NEW.sent_at AND c.expires_at > NEW.sent_at
        AND NEW.readable_until <= c.expires_at FOR SHARE;
    IF NOT FOUND OR NEW.sent_at > now() + interval '1 minute' THEN
        RAISE EXCEPTION 'no consent in force' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- The link says whose referral it is: the same person's whose permission it rests on.
CREATE FUNCTION sec.check_client() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM app.referrals r
            JOIN app.consents c ON c.org_id = r.sender_org_id AND c.id = r.consent_id
            WHERE r.sender_org_id = sec.org() AND r.sender_org_id = NEW.sender_org_id AND r.id = NEW.referral_id
              AND c.client_id = NEW.client_id) THEN
        RAISE EXCEPTION 'another person''s consent' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- A permission that was taken back stays taken back, and with it goes whatever the receiver could read by it.
CREATE FUNCTION sec.follow_consent() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF OLD.withdrawn_at IS NOT NULL THEN
        RAISE EXCEPTION 'the consent was withdrawn' USING ERRCODE = 'check_violation';
    END IF;
    DELETE FROM app.packet_keys k USING app.referrals r
        WHERE r.sender_org_id = NEW.org_id AND r.consent_id = NEW.id AND k.sender_org_id = r.sender_org_id
          AND k.referral_id = r.id AND k.holder = 'receiver';
    UPDATE app.slips s SET dead_at = now() FROM app.referrals r
        WHERE r.sender_org_id = NEW.org_id AND r.consent_id = NEW.id AND s.sender_org_id = r.sender_org_id
          AND s.referral_id = r.id AND s.dead_at IS NULL;
    RETURN NEW;
END $$;

-- Each side takes its own steps and no others, whatever SQL it sends: a state that releases the identity part is
-- reached by accepting alone and on a permission that stands, and nobody ever reads longer than was agreed.
-- (`referrals.life.states` and `policy` say the same, with sentences for people.)
CREATE FUNCTION sec.check_step() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    step text := OLD.state || ' ' || NEW.state;
    side text := CASE WHEN sec.who() <> 'staff' THEN sec.who()
        WHEN sec.org() = OLD.receiver_org_id THEN 'receiver' ELSE 'sender' END;
    withdrawals text[] := ARRAY['sent withdrawn', 'waitlisted withdrawn', 'accepted withdrawn', 'arrived withdrawn'];
    fits boolean;
BEGIN
    IF NEW.readable_until > OLD.readable_until THEN
        RAISE EXCEPTION 'longer than the consent' USING ERRCODE = 'check_violation';
    END IF;
    fits := CASE side
        WHEN 'receiver' THEN step IN ('sent accepted', 'sent arrived', 'sent waitlisted', 'sent declined',
            'waitlisted accepted', 'waitlisted arrived', 'waitlisted declined', 'accepted arrived',
            'accepted released', 'arrived completed', 'arrived stopped') OR step = ANY (withdrawals)
        WHEN 'sender' THEN step IN ('sent cancelled', 'waitlisted cancelled', 'accepted cancelled')
            OR step = ANY (withdrawals)
        WHEN 'system' THEN step IN ('sent expired', 'waitlisted expired', 'accepted expired')
        ELSE false END;
    IF NEW.state <> OLD.state AND NOT fits THEN
        RAISE EXCEPTION 'no such step' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN ('accepted', 'arrived') AND EXISTS (
            SELECT 1 FROM app.consents c WHERE c.org_id = NEW.sender_org_id AND c.id = NEW.consent_id
              AND c.withdrawn_at IS NOT NULL) THEN
        RAISE EXCEPTION 'no consent in force' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;

-- Whichever process changes the state, the effects that protect the client happen here, in the same transaction.
CREATE FUNCTION sec.follow_state() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.move_places(NEW.receiver_org_id, NEW.programme_id,
        (NEW.state IN ('accepted', 'arrived'))::integer - (OLD.state IN ('accepted', 'arrived'))::integer);
    IF NEW.state IN ('declined', 'released', 'cancelled', 'withdrawn', 'expired') THEN
        DELETE FROM app.packet_keys k WHERE k.sender_org_id = NEW.sender_org_id AND k.referral_id = NEW.id
            AND k.holder = 'receiver';
        UPDATE app.slips s SET dead_at = now() WHERE s.sender_org_id = NEW.sender_org_id
            AND s.referral_id = NEW.id AND s.dead_at IS NULL;
    END IF;
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION sec.check_consent(), sec.check_client(), sec.follow_consent(), sec.check_step(),
    sec.follow_state() TO spean_owner;
"""

TRIGGERS = """
CREATE TRIGGER consent BEFORE INSERT ON app.referrals FOR EACH ROW EXECUTE FUNCTION sec.check_consent();
CREATE TRIGGER client BEFORE INSERT ON app.referral_clients FOR EACH ROW EXECUTE FUNCTION sec.check_client();
CREATE TRIGGER withdrawal BEFORE UPDATE OF withdrawn_at ON app.consents
    FOR EACH ROW WHEN (OLD.withdrawn_at IS DISTINCT FROM NEW.withdrawn_at) EXECUTE FUNCTION sec.follow_consent();
CREATE TRIGGER step BEFORE UPDATE OF state, readable_until ON app.referrals
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state OR OLD.readable_until IS DISTINCT FROM NEW.readable_until)
    EXECUTE FUNCTION sec.check_step();
CREATE TRIGGER follow_state AFTER UPDATE OF state ON app.referrals
    FOR EACH ROW WHEN (OLD.state IS DISTINCT FROM NEW.state) EXECUTE FUNCTION sec.follow_state();
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("consents", "drafts", "idempotency_keys"):
        op.execute(OWN.format(table=table, column="org_id"))
    op.execute(OWN.format(table="referral_clients", column="sender_org_id"))
    for table in ("packet_parts", "slips", "messages"):
        op.execute(BOTH.format(table=table, readers="spean_web"))
    for table in ("referrals", "referral_events"):
        op.execute(BOTH.format(table=table, readers="spean_web, spean_worker"))
    op.execute(POLICIES)
    op.execute(GRANTS)
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGERS)
