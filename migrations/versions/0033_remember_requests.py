"""A request acts once: keys as digests, kept for pages too, and spent when what they made goes.

A spent key keeps who sent it and when, and nothing of what it made: a request that comes late, from a phone that was
offline, is then answered that it is gone, and does not make it again.
"""

from __future__ import annotations

from alembic import op

revision = "0033"
down_revision = "0032"

TABLES = """
ALTER TABLE app.idempotency_keys ADD COLUMN leads_to text;
CREATE INDEX idempotency_keys_result ON app.idempotency_keys (org_id, result_id) WHERE result_id IS NOT NULL;
GRANT UPDATE (result_id) ON app.idempotency_keys TO spean_web;
GRANT SELECT, UPDATE ON app.idempotency_keys TO spean_sec;
GRANT SELECT ON app.client_notes TO spean_sec;
-- A person's keys are their own: no colleague finds or takes them.
ALTER POLICY own ON app.idempotency_keys
    USING (org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()))
    WITH CHECK (org_id = (SELECT sec.org()) AND staff_id = (SELECT sec.staff()));
"""

# A program may have put a name into its key: what is kept is a digest, as app/core/idempotency.py makes it.
DIGESTS = """
UPDATE app.idempotency_keys
    SET key = encode(sha256(convert_to(org_id::text || ' ' || staff_id::text || ' ' || key, 'UTF8')), 'hex');
"""

FUNCTIONS = """
CREATE FUNCTION sec.spend(org uuid, results uuid[]) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.idempotency_keys k
        SET action = 'gone', request_hash = '', status = 410, result_id = NULL, leads_to = NULL
        WHERE k.org_id = $1 AND k.result_id = ANY ($2)
$$;

-- Drafts and notes go as rows.
CREATE FUNCTION sec.spend_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.spend(OLD.org_id, ARRAY[OLD.id]);
    RETURN NULL;
END $$;

-- An erased client's row stays, and so do the facts of permissions and referrals: the keys of all that are spent.
CREATE FUNCTION sec.spend_clients_keys() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM sec.spend(NEW.org_id, ARRAY[NEW.id]
        || ARRAY(SELECT c.id FROM app.consents c WHERE c.org_id = NEW.org_id AND c.client_id = NEW.id)
        || ARRAY(SELECT c.sitting_id FROM app.consents c WHERE c.org_id = NEW.org_id AND c.client_id = NEW.id)
        || ARRAY(SELECT l.referral_id FROM app.referral_clients l
            WHERE l.sender_org_id = NEW.org_id AND l.client_id = NEW.id));
    RETURN NULL;
END $$;

GRANT EXECUTE ON FUNCTION sec.spend_keys(), sec.spend_clients_keys() TO spean_owner;
"""

TRIGGERS = """
CREATE TRIGGER spend_keys AFTER DELETE ON app.drafts FOR EACH ROW EXECUTE FUNCTION sec.spend_keys();
CREATE TRIGGER spend_keys AFTER DELETE ON app.client_notes FOR EACH ROW EXECUTE FUNCTION sec.spend_keys();
CREATE TRIGGER spend_keys AFTER UPDATE OF erased_at ON app.clients FOR EACH ROW
    WHEN (OLD.erased_at IS NULL AND NEW.erased_at IS NOT NULL) EXECUTE FUNCTION sec.spend_clients_keys();
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(DIGESTS)
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGERS)
