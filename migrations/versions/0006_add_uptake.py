"""Uptake: facts that only the publisher reads, and the frozen cuts that everybody may."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"

TABLES = """
CREATE TABLE app.uptake_facts (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    day date NOT NULL,
    khan text,
    sangkat text,
    service text,
    measure text NOT NULL CHECK (measure IN ('heard', 'walk_in', 'referred', 'accepted', 'arrived', 'completed')),
    source text,
    pseudonym bytea NOT NULL,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX uptake_facts_day ON app.uptake_facts (day);

CREATE TABLE app.uptake_releases (
    kind text NOT NULL CHECK (kind IN ('month', 'quarter')),
    period text NOT NULL,
    starts date NOT NULL,
    ends date NOT NULL,
    made_at timestamptz NOT NULL,
    tree jsonb NOT NULL,
    PRIMARY KEY (kind, period),
    -- A quarter less its months would give away what the months were too small to show.
    CONSTRAINT uptake_releases_never_overlap EXCLUDE USING gist (daterange(starts, ends) WITH &&)
);

CREATE TABLE app.network_settings (
    one boolean PRIMARY KEY DEFAULT true CHECK (one),
    release_kind text NOT NULL DEFAULT 'quarter' CHECK (release_kind IN ('month', 'quarter')),
    version integer NOT NULL DEFAULT 1
);

ALTER TABLE app.uptake_facts ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.uptake_facts FORCE ROW LEVEL SECURITY;
GRANT INSERT ON app.uptake_facts TO spean_web, spean_sec;
GRANT SELECT ON app.uptake_facts TO spean_publisher;
CREATE POLICY note ON app.uptake_facts FOR INSERT TO spean_web WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.uptake_facts FOR INSERT TO spean_sec WITH CHECK (true);
CREATE POLICY publish ON app.uptake_facts FOR SELECT TO spean_publisher USING (true);

ALTER TABLE app.uptake_releases ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.uptake_releases FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.uptake_releases TO spean_web, spean_public, spean_publisher;
GRANT INSERT ON app.uptake_releases TO spean_publisher;
CREATE POLICY published ON app.uptake_releases FOR SELECT TO spean_web, spean_public
    USING ((SELECT sec.org()) IS NOT NULL);
CREATE POLICY publish ON app.uptake_releases TO spean_publisher USING (true) WITH CHECK (true);

ALTER TABLE app.network_settings ENABLE ROW LEVEL SECURITY;
INSERT INTO app.network_settings DEFAULT VALUES;
ALTER TABLE app.network_settings FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.network_settings TO spean_web, spean_public, spean_publisher;
GRANT UPDATE (release_kind, version) ON app.network_settings TO spean_web;
CREATE POLICY everybody ON app.network_settings FOR SELECT TO spean_web, spean_public
    USING ((SELECT sec.org()) IS NOT NULL);
CREATE POLICY publish ON app.network_settings FOR SELECT TO spean_publisher USING (true);
CREATE POLICY steward ON app.network_settings FOR UPDATE TO spean_web
    USING ((SELECT sec.kind()) = 'steward') WITH CHECK ((SELECT sec.kind()) = 'steward');
"""

# A receiver's step counts for the same pseudonym as the sender's, which the receiver cannot read: the database
# looks it up. Only the two parties to a referral can have it counted, and only for what its state says.
FUNCTIONS = """
CREATE FUNCTION sec.note_uptake(sender uuid, referral uuid, measure text, day date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    INSERT INTO app.uptake_facts (org_id, id, day, khan, service, measure, pseudonym)
    SELECT r.receiver_org_id, gen_random_uuid(), $4, r.khan, r.service, $3, c.pseudonym
    FROM app.referrals r
    JOIN app.referral_clients c ON c.sender_org_id = r.sender_org_id AND c.referral_id = r.id
    WHERE r.sender_org_id = $1 AND r.id = $2 AND sec.org() IN (r.sender_org_id, r.receiver_org_id)
      AND ($3 = 'referred' AND r.state = 'sent' OR $3 = 'accepted' AND r.accepted_at IS NOT NULL
           OR $3 = 'arrived' AND r.arrived_at IS NOT NULL OR $3 = 'completed' AND r.state = 'completed')
$$;
GRANT EXECUTE ON FUNCTION sec.note_uptake(uuid, uuid, text, date) TO spean_web;
"""


def upgrade() -> None:
    op.execute(TABLES)
    op.execute("SET ROLE spean_sec")
    op.execute(FUNCTIONS)
    op.execute("SET ROLE spean_owner")
