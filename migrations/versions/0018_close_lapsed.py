"""What a receiver may no longer read, it has no key to either.

A referral that ended lost its receiver's keys at once. One that goes on (the person is with the programme) while the
permission lapses was closed by the policy alone: the wraps stayed where the policy hid them.
"""

from __future__ import annotations

from alembic import op

revision = "0018"
down_revision = "0017"

FUNCTION = """
CREATE FUNCTION sec.close_lapsed(most integer) RETURNS integer
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    WITH past AS MATERIALIZED (
        SELECT k.sender_org_id, k.referral_id, k.part, k.holder FROM app.packet_keys k
        JOIN app.referrals r ON r.sender_org_id = k.sender_org_id AND r.id = k.referral_id
        WHERE k.holder = 'receiver' AND r.readable_until <= now() LIMIT $1),
    gone AS (
        DELETE FROM app.packet_keys k USING past p
        WHERE k.sender_org_id = p.sender_org_id AND k.referral_id = p.referral_id AND k.part = p.part
          AND k.holder = p.holder
        RETURNING 1)
    SELECT count(*)::integer FROM gone
$$;
GRANT EXECUTE ON FUNCTION sec.close_lapsed(integer) TO spean_worker;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTION)
    op.execute("SET ROLE spean_owner")
