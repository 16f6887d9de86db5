"""An outreach worker's part of the outbox is kept in order, as everybody's is.

It was found through the worker's clients and sorted, which cost more with each referral that these clients ever had.
Now each referral stands once more under the worker who looks after its client, in a table that the sender alone reads.
It is written last, when the transaction commits and in its turn (`0021_keep_counts.py`): so a client who is handed
over while somebody sends for them stands with the new worker, and nobody waits for another in a circle.
"""

from __future__ import annotations

from alembic import op

revision = "0024"
down_revision = "0023"

TABLE = """
CREATE TABLE app.caseload_referrals (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    worker_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    urgency text NOT NULL,
    state text NOT NULL,
    due_at timestamptz NOT NULL,
    comes_by timestamptz,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id),
    FOREIGN KEY (sender_org_id, referral_id) REFERENCES app.referrals (sender_org_id, id),
    FOREIGN KEY (sender_org_id, worker_id) REFERENCES app.staff (org_id, id)
);
ALTER TABLE app.caseload_referrals ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.caseload_referrals FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.caseload_referrals TO spean_web;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.caseload_referrals TO spean_sec;
CREATE POLICY own ON app.caseload_referrals FOR SELECT TO spean_web USING (sender_org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.caseload_referrals TO spean_sec USING (true) WITH CHECK (true);
"""

TURN = "PERFORM pg_advisory_xact_lock(1397771087);  -- that of sec.count_state"
ADD = """
    INSERT INTO app.caseload_referrals (sender_org_id, referral_id, worker_id, programme_id, urgency, state, due_at,
        comes_by, updated_at)
    SELECT r.sender_org_id, r.id, c.worker_id, r.programme_id, r.urgency, r.state, r.due_at, r.comes_by, r.updated_at
    FROM app.referral_clients l
    JOIN app.referrals r ON r.sender_org_id = l.sender_org_id AND r.id = l.referral_id
    JOIN app.clients c ON c.org_id = l.sender_org_id AND c.id = l.client_id AND c.erased_at IS NULL
"""
KEEPING = f"""
CREATE FUNCTION sec.add_to_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    {TURN}
    {ADD} WHERE l.sender_org_id = NEW.sender_org_id AND l.referral_id = NEW.referral_id;
    RETURN NULL;
END $$;
CREATE FUNCTION sec.move_in_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    {TURN}
    UPDATE app.caseload_referrals l SET state = NEW.state, due_at = NEW.due_at, comes_by = NEW.comes_by,
        updated_at = NEW.updated_at
    WHERE l.sender_org_id = NEW.sender_org_id AND l.referral_id = NEW.id;
    RETURN NULL;
END $$;
-- Handed over to a colleague, or erased: an erased client is in nobody's care.
CREATE FUNCTION sec.hand_over_caseload() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    {TURN}
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
GRANT EXECUTE ON FUNCTION sec.add_to_caseload(), sec.move_in_caseload(), sec.hand_over_caseload() TO spean_owner;
"""
KEPT = """
CREATE CONSTRAINT TRIGGER caseload AFTER INSERT ON app.referral_clients DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW EXECUTE FUNCTION sec.add_to_caseload();
CREATE CONSTRAINT TRIGGER caseload AFTER UPDATE ON app.referrals DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.state, OLD.due_at, OLD.comes_by, OLD.updated_at)
        IS DISTINCT FROM (NEW.state, NEW.due_at, NEW.comes_by, NEW.updated_at))
    EXECUTE FUNCTION sec.move_in_caseload();
CREATE CONSTRAINT TRIGGER caseload AFTER UPDATE OF worker_id, erased_at ON app.clients DEFERRABLE INITIALLY DEFERRED
    FOR EACH ROW WHEN ((OLD.worker_id, OLD.erased_at) IS DISTINCT FROM (NEW.worker_id, NEW.erased_at))
    EXECUTE FUNCTION sec.hand_over_caseload();
"""

# One for each order in which a box is shown, as on `referrals`; what narrows it stands last.
ORDERS = """
CREATE INDEX caseload ON app.caseload_referrals
    (sender_org_id, worker_id, state, due_at, referral_id, programme_id, urgency)
    WHERE state IN ('accepted', 'arrived', 'sent', 'waitlisted');
CREATE INDEX caseload_recent ON app.caseload_referrals
    (sender_org_id, worker_id, updated_at DESC, referral_id, state, programme_id, urgency);
CREATE INDEX caseload_coming ON app.caseload_referrals
    (sender_org_id, worker_id, comes_by, referral_id, programme_id, urgency) WHERE state = 'accepted';
CREATE INDEX caseload_arrived ON app.caseload_referrals
    (sender_org_id, worker_id, updated_at DESC, referral_id, programme_id, urgency) WHERE state = 'arrived';
"""
CLOSED = """
CREATE INDEX caseload_{name} ON app.caseload_referrals
    (sender_org_id, worker_id, updated_at DESC, referral_id, state, urgency) WHERE state IN ({states});
CREATE INDEX caseload_{name}_programme ON app.caseload_referrals
    (sender_org_id, worker_id, programme_id, updated_at DESC, referral_id, state, urgency) WHERE state IN ({states});
"""
BACK = "'declined', 'expired', 'released'"
DONE = "'cancelled', 'completed', 'stopped', 'withdrawn'"


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(TABLE)
    op.execute("SET ROLE spean_sec")
    op.execute(KEEPING)
    op.execute(ADD)
    op.execute("SET ROLE spean_owner")
    op.execute(ORDERS)
    op.execute(CLOSED.format(name="back", states=BACK))
    op.execute(CLOSED.format(name="done", states=DONE))
    op.execute(KEPT)
