"""One referral rests on a permission: the database holds it, and whoever sends need not ask before."""

from __future__ import annotations

from alembic import op

revision = "0022"
down_revision = "0021"

RESTING = """
CREATE UNIQUE INDEX referrals_resting ON app.referrals (sender_org_id, consent_id)
    WHERE state IN ('accepted', 'arrived', 'completed', 'sent', 'stopped', 'waitlisted');
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(RESTING)
