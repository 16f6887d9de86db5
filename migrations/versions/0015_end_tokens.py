"""A new password ends the tokens that programs use, and a wrong guess at the present one leaves its line in the audit.

Whoever changes a password may do so because somebody else knows it, and may have made a token with it (ASVS 5.0
7.4.3). A guess from a session that is open already says that the session is in other hands (ASVS 5.0 16.3.1).
"""

from __future__ import annotations

from alembic import op

revision = "0015"
down_revision = "0014"

FUNCTIONS = """
CREATE OR REPLACE FUNCTION sec.change_password(old_derived bytea, new_salt bytea, new_verifier bytea) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    UPDATE sec.credentials c SET salt = $2, verifier = $3
    WHERE c.staff_id = sec.staff() AND c.verifier = sha256($1);
    IF NOT FOUND THEN
        INSERT INTO app.audit_log (org_id, id, at, staff_id, action, subject, subject_id, outcome)
        VALUES (sec.org(), gen_random_uuid(), clock_timestamp(), sec.staff(), 'password.refused', 'staff',
            sec.staff(), 'denied');
        RETURN false;
    END IF;
    UPDATE sec.sessions s SET revoked_at = now()
    WHERE s.staff_id = sec.staff() AND s.kind = 'api' AND s.revoked_at IS NULL;
    RETURN true;
END $$;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
