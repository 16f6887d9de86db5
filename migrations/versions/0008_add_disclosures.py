"""When each part of a packet was first opened by its receiver: a fact that both sides may read.

The receiver's audit stays the receiver's own, so that a sender who must account for what was told (42 CFR 2.25, 45 CFR
164.528) learns from here that and when it was read there, and not by whom.
"""

from __future__ import annotations

from alembic import op

revision = "0008"
down_revision = "0007"

TABLE = """
CREATE TABLE app.disclosures (
    sender_org_id uuid NOT NULL,
    referral_id uuid NOT NULL,
    part text NOT NULL CHECK (part IN ('triage', 'identity')),
    receiver_org_id uuid NOT NULL,
    at timestamptz NOT NULL,
    PRIMARY KEY (sender_org_id, referral_id, part),
    FOREIGN KEY (receiver_org_id, sender_org_id, referral_id)
        REFERENCES app.referrals (receiver_org_id, sender_org_id, id)
);
ALTER TABLE app.disclosures ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.disclosures FORCE ROW LEVEL SECURITY;
CREATE POLICY parties ON app.disclosures FOR SELECT TO spean_web
    USING (sender_org_id = (SELECT sec.org()) OR receiver_org_id = (SELECT sec.org()));
-- Only who holds the key of a part can say that they opened it; nobody can take it back.
CREATE POLICY opened ON app.disclosures FOR INSERT TO spean_web
    WITH CHECK (receiver_org_id = (SELECT sec.org()) AND EXISTS (
        SELECT 1 FROM app.packet_keys k
        WHERE k.sender_org_id = disclosures.sender_org_id AND k.referral_id = disclosures.referral_id
          AND k.part = disclosures.part AND k.holder = 'receiver'));
GRANT SELECT, INSERT ON app.disclosures TO spean_web;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(TABLE)
