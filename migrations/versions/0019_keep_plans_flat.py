"""Each part of a box in the order in which it is shown, from an index that holds what it is narrowed by.

The planner is blind on purpose (`docs/adr/0011`), so it is given no choice: with one index for each order nothing is
sorted, and nothing is read only to be thrown away, however many referrals an organisation has had.
"""

from __future__ import annotations

from alembic import op

revision = "0019"
down_revision = "0018"

ENDED = "state IN ('cancelled', 'completed', 'declined', 'expired', 'released', 'stopped', 'withdrawn')"
BACK = "state IN ('declined', 'expired', 'released')"
DONE = "state IN ('cancelled', 'completed', 'stopped', 'withdrawn')"
OPEN = "state IN ('accepted', 'arrived', 'sent', 'waitlisted')"
COMES_BY = """
ALTER TABLE app.referrals ADD comes_by timestamptz GENERATED ALWAYS AS (coalesce(appointment_at, window_to)) STORED;
"""

SIDE = """
DROP INDEX app.referrals_{short};
CREATE INDEX referrals_{short} ON app.referrals
    ({side}_org_id, state, due_at, id, programme_id, urgency) INCLUDE ({other}_org_id) WHERE {open};
DROP INDEX app.referrals_{short}_recent;
CREATE INDEX referrals_{short}_recent ON app.referrals
    ({side}_org_id, updated_at DESC, id, state, programme_id, urgency) INCLUDE ({other}_org_id);
CREATE INDEX referrals_{short}_coming ON app.referrals
    ({side}_org_id, comes_by, id, programme_id, urgency) INCLUDE ({other}_org_id) WHERE state = 'accepted';
CREATE INDEX referrals_{short}_arrived ON app.referrals
    ({side}_org_id, updated_at DESC, id, programme_id, urgency) INCLUDE ({other}_org_id) WHERE state = 'arrived';
"""
CLOSED = """
CREATE INDEX referrals_{name} ON app.referrals
    ({side}_org_id, updated_at DESC, id, state, urgency) INCLUDE ({other}_org_id) WHERE {states};
CREATE INDEX referrals_{name}_programme ON app.referrals
    ({side}_org_id, programme_id, updated_at DESC, id, state, urgency) INCLUDE ({other}_org_id) WHERE {states};
"""
CONSENT = "CREATE INDEX referrals_consent ON app.referrals (sender_org_id, consent_id)"
SITTING = "CREATE INDEX consents_sitting ON app.consents (org_id, sitting_id, rank)"


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(COMES_BY)
    for short, side, other in (("in", "receiver", "sender"), ("out", "sender", "receiver")):
        op.execute(SIDE.format(short=short, side=side, other=other, open=OPEN))
    op.execute(CLOSED.format(name="in_closed", side="receiver", other="sender", states=ENDED))
    op.execute(CLOSED.format(name="out_back", side="sender", other="receiver", states=BACK))
    op.execute(CLOSED.format(name="out_done", side="sender", other="receiver", states=DONE))
    op.execute(CONSENT)
    op.execute(SITTING)
