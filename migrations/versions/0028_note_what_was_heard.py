"""Of what is counted, an organisation notes who heard of it and who came by themselves, on the day it happens.

What became of referrals is counted by the database, from the referrals. Whoever ran SQL as the web could count arrivals
that never were, in any month.
"""

from __future__ import annotations

from alembic import op

revision = "0028"
down_revision = "0027"

# Within a minute of the day's ends, as `sec.timely` has it of moments.
TODAY = """
CREATE FUNCTION sec.is_today(day date) RETURNS boolean
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT $1 IN (((now() - interval '1 minute') AT TIME ZONE 'Asia/Phnom_Penh')::date,
                  ((clock_timestamp() + interval '1 minute') AT TIME ZONE 'Asia/Phnom_Penh')::date)
        OR sec.rehearsing()
$$;
GRANT EXECUTE ON FUNCTION sec.is_today(date) TO spean_web;
"""
NOTE = """
ALTER POLICY note ON app.uptake_facts
    WITH CHECK (org_id = (SELECT sec.org()) AND measure IN ('heard', 'walk_in') AND sec.is_today(day));
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_sec")
    op.execute(TODAY)
    op.execute("SET ROLE spean_owner")
    op.execute(NOTE)
