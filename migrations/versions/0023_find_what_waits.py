"""What waits to be told of one referral is found by the referral: withdrawing looked through all that waited."""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

WAITING = "CREATE INDEX outbox_referral ON app.outbox (sender_org_id, referral_id) WHERE done_at IS NULL"


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(WAITING)
