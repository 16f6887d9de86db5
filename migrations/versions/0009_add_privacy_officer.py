"""A role that watches over access and reads no record: it cannot be held together with one that does."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"

ROLES = """
ALTER TABLE app.staff DROP CONSTRAINT staff_roles_check;
ALTER TABLE app.staff ADD CONSTRAINT staff_roles_check CHECK (roles <@ ARRAY
    ['outreach', 'caseworker', 'clinician', 'manager', 'official', 'steward', 'privacy'] AND cardinality(roles) > 0);
ALTER TABLE app.staff ADD CONSTRAINT staff_watches_check CHECK (
    NOT 'privacy' = ANY (roles) OR NOT roles && ARRAY['outreach', 'caseworker', 'clinician']);
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(ROLES)
