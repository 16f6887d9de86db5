"""A list narrowed to one state or to one programme is found by an index that begins with it.

What narrowed a list stood last in the index of its order. Where there was little or nothing to find, as for a program
that asks every minute what is still to be answered, all that an organisation had ever received was looked through.
"""

from __future__ import annotations

from alembic import op

revision = "0027"
down_revision = "0026"

# Those under way stand apart from those that ended: what is open stays little, however much has been.
WAITING = "state IN ('sent', 'waitlisted')"
UNDER_WAY = "state IN ('accepted', 'arrived', 'sent', 'waitlisted')"
ENDED = "state IN ('cancelled', 'completed', 'declined', 'expired', 'released', 'stopped', 'withdrawn')"
SIDE = f"""
DROP INDEX app.referrals_{{short}}, app.referrals_{{short}}_arrived, app.referrals_{{programme}};
CREATE INDEX referrals_{{short}}_due ON app.referrals
    ({{side}}_org_id, state, due_at, id, programme_id, urgency) INCLUDE ({{other}}_org_id) WHERE {WAITING};
CREATE INDEX referrals_{{short}}_under_way ON app.referrals
    ({{side}}_org_id, state, updated_at DESC, id, programme_id, urgency) INCLUDE ({{other}}_org_id) WHERE {UNDER_WAY};
CREATE INDEX referrals_{{short}}_ended ON app.referrals
    ({{side}}_org_id, state, updated_at DESC, id, programme_id, urgency) INCLUDE ({{other}}_org_id) WHERE {ENDED};
CREATE INDEX referrals_{{short}}_programme ON app.referrals
    ({{side}}_org_id, programme_id, updated_at DESC, id, state, urgency) INCLUDE ({{other}}_org_id);
"""
CASELOAD = f"""
DROP INDEX app.caseload, app.caseload_arrived;
CREATE INDEX caseload_due ON app.caseload_referrals
    (sender_org_id, worker_id, state, due_at, referral_id, programme_id, urgency) WHERE {WAITING};
CREATE INDEX caseload_under_way ON app.caseload_referrals
    (sender_org_id, worker_id, state, updated_at DESC, referral_id, programme_id, urgency) WHERE {UNDER_WAY};
CREATE INDEX caseload_ended ON app.caseload_referrals
    (sender_org_id, worker_id, state, updated_at DESC, referral_id, programme_id, urgency) WHERE {ENDED};
"""

# What narrows a closed tab is all looked at in its index: the programme was not.
BACK = "state IN ('declined', 'expired', 'released')"
DONE = "state IN ('cancelled', 'completed', 'stopped', 'withdrawn')"
CLOSED = """
DROP INDEX app.{name};
CREATE INDEX {name} ON app.{table}
    ({mine}, updated_at DESC, {key}, state, programme_id, urgency){beside} WHERE {states};
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(SIDE.format(short="in", side="receiver", other="sender", programme="programme"))
    op.execute(SIDE.format(short="out", side="sender", other="receiver", programme="out_programme"))
    op.execute(CASELOAD)
    _closed("referrals_in_closed", "referrals", "receiver_org_id", ENDED, " INCLUDE (sender_org_id)")
    for name, states in (("back", BACK), ("done", DONE)):
        _closed(f"referrals_out_{name}", "referrals", "sender_org_id", states, " INCLUDE (receiver_org_id)")
        _closed(f"caseload_{name}", "caseload_referrals", "sender_org_id, worker_id", states, key="referral_id")


def _closed(name: str, table: str, mine: str, states: str, beside: str = "", key: str = "id") -> None:
    op.execute(CLOSED.format(name=name, table=table, mine=mine, key=key, beside=beside, states=states))
