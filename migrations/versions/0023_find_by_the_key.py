"""What is looked for by a key is found by it, at every size.

Withdrawing looked through all that waited to be told, for the news of one referral. In a small network the planner
found a referral's sender by trying every sender in turn, and its client by reading all that the organisation had ever
sent: either index held all that was asked for, and a key's own did not. Now it does.
"""

from __future__ import annotations

from alembic import op

revision = "0023"
down_revision = "0022"

WAITING = "CREATE INDEX outbox_referral ON app.outbox (sender_org_id, referral_id) WHERE done_at IS NULL"
SENDER = """
DROP INDEX app.referrals_in_id;
CREATE INDEX referrals_in_id ON app.referrals (receiver_org_id, id) INCLUDE (sender_org_id);
"""
CLIENT = """
ALTER TABLE app.referral_clients DROP CONSTRAINT referral_clients_pkey,
    ADD PRIMARY KEY (sender_org_id, referral_id) INCLUDE (client_id);
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(WAITING)
    op.execute(SENDER)
    op.execute(CLIENT)
