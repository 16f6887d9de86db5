"""Who acts is asked by every policy of every statement, by functions that PostgreSQL plans once for a connection.

Those in the language sql were set up anew for each question (before PostgreSQL 18 even planned anew). What they say is
what they said.
"""

from __future__ import annotations

from alembic import op

revision = "0026"
down_revision = "0025"

PINNED = "SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS"
FUNCTIONS = f"""
CREATE OR REPLACE FUNCTION sec.sealed(body text) RETURNS text LANGUAGE plpgsql STABLE {PINNED} $$
DECLARE
    key bytea := (SELECT k.key FROM sec.seal_key k);
BEGIN
    RETURN encode(sha256(key || sha256(key || convert_to(body, 'UTF8'))), 'hex');
END $$;
CREATE OR REPLACE FUNCTION sec.this_transaction() RETURNS text
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    RETURN pg_backend_pid()::text || ' ' || extract(epoch FROM transaction_timestamp())::text;
END $$;
CREATE OR REPLACE FUNCTION sec.org() RETURNS uuid LANGUAGE plpgsql STABLE COST 1 {PINNED} $$
BEGIN
    RETURN (sec.context())[2]::uuid;
END $$;
CREATE OR REPLACE FUNCTION sec.kind() RETURNS text LANGUAGE plpgsql STABLE COST 1 {PINNED} $$
BEGIN
    RETURN (sec.context())[3];
END $$;
CREATE OR REPLACE FUNCTION sec.staff() RETURNS uuid LANGUAGE plpgsql STABLE COST 1 {PINNED} $$
BEGIN
    RETURN nullif((sec.context())[4], '')::uuid;
END $$;
CREATE OR REPLACE FUNCTION sec.who() RETURNS text LANGUAGE plpgsql STABLE COST 1 {PINNED} $$
BEGIN
    RETURN (sec.context())[5];
END $$;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
