"""News of a referral follows the person to whoever looks after them now, and not only to whoever sent it.

The worker reads no client. To an organisation that is told of something it learns one thing more: which of its own
staff looks after the person that a referral of its own is about.
"""

from __future__ import annotations

from alembic import op

revision = "0016"
down_revision = "0015"

FUNCTIONS = """
CREATE FUNCTION sec.looks_after(referral uuid) RETURNS uuid
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT c.worker_id FROM app.referral_clients l
    JOIN app.clients c ON c.org_id = l.sender_org_id AND c.id = l.client_id
    WHERE l.sender_org_id = sec.org() AND l.referral_id = $1
$$;

GRANT EXECUTE ON FUNCTION sec.looks_after(uuid) TO spean_worker;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
