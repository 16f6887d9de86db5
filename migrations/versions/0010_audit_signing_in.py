"""Signing in and out leaves its lines in the audit, whichever function does it.

The lines hang on the tables of sessions and credentials (ASVS 5.0 16.3.1: successful and failed authentication is
logged), so that no path to a session goes past them. A sign-in name that nobody has leaves none.
"""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"

FUNCTIONS = """
CREATE FUNCTION sec.audit_session() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, detail)
    VALUES (NEW.org_id, gen_random_uuid(), clock_timestamp(), NEW.staff_id,
        CASE TG_OP WHEN 'INSERT' THEN 'session.begin' ELSE 'session.end' END, 'session', NEW.id,
        jsonb_build_object('kind', NEW.kind));
    RETURN NULL;
END $$;

CREATE FUNCTION sec.audit_credentials() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.failures > OLD.failures THEN
        INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, outcome, detail)
        VALUES (NEW.org_id, gen_random_uuid(), clock_timestamp(), NEW.staff_id, 'session.refused', 'staff',
            NEW.staff_id, 'denied', jsonb_build_object('locked', NEW.locked_until IS NOT NULL));
    END IF;
    IF NEW.verifier <> OLD.verifier THEN
        INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id)
        VALUES (NEW.org_id, gen_random_uuid(), clock_timestamp(), NEW.staff_id, 'password.change', 'staff',
            NEW.staff_id);
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER audit_begin AFTER INSERT ON sec.sessions FOR EACH ROW EXECUTE FUNCTION sec.audit_session();
CREATE TRIGGER audit_end AFTER UPDATE OF revoked_at ON sec.sessions FOR EACH ROW
    WHEN (OLD.revoked_at IS NULL AND NEW.revoked_at IS NOT NULL) EXECUTE FUNCTION sec.audit_session();
CREATE TRIGGER audit_credentials AFTER UPDATE OF failures, verifier ON sec.credentials FOR EACH ROW
    EXECUTE FUNCTION sec.audit_credentials();
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
