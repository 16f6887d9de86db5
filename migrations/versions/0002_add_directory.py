"""Areas and programmes: what everybody signed in may look up."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"

SQL = """
-- Official NCDD codes, kept as text: province 2 digits, khan 4, sangkat 6. Never a village.
CREATE TABLE app.areas (
    code text PRIMARY KEY CHECK (code ~ '^([0-9]{2}|[0-9]{4}|[0-9]{6})$'),
    parent text REFERENCES app.areas (code),
    name_km text NOT NULL,
    name_en text NOT NULL
);
ALTER TABLE app.areas ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.areas FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.areas TO spean_web, spean_public, spean_worker, spean_publisher;
GRANT SELECT, INSERT, UPDATE ON app.areas TO spean_migrator;
CREATE POLICY everybody ON app.areas FOR SELECT TO spean_web, spean_public, spean_worker, spean_publisher
    USING (true);
CREATE POLICY import ON app.areas TO spean_migrator USING (true) WITH CHECK (true);

CREATE TABLE app.programmes (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    service text NOT NULL CHECK (service IN ('drop_in', 'shelter', 'hiv_testing', 'methadone', 'detox', 'rehab',
        'counselling', 'vocational', 'tb', 'art', 'sti', 'employment')),
    name_km text NOT NULL CHECK (name_km <> ''),
    name_en text NOT NULL CHECK (name_en <> ''),
    about_km text NOT NULL DEFAULT '',
    about_en text NOT NULL DEFAULT '',
    criteria jsonb NOT NULL DEFAULT '[]',
    capacity integer CHECK (capacity >= 0),
    taken integer NOT NULL DEFAULT 0 CHECK (taken >= 0),
    openings text NOT NULL GENERATED ALWAYS AS (
        CASE WHEN capacity IS NULL THEN 'open' WHEN taken >= capacity THEN 'full'
             WHEN capacity - taken <= greatest(1, capacity / 5) THEN 'nearly_full' ELSE 'open' END) STORED,
    hours jsonb NOT NULL DEFAULT '{}',
    meeting_point_km text NOT NULL DEFAULT '',
    meeting_point_en text NOT NULL DEFAULT '',
    languages text[] NOT NULL DEFAULT ARRAY['km'],
    response_minutes integer NOT NULL CHECK (response_minutes BETWEEN 30 AND 6000),
    funding text NOT NULL DEFAULT '',
    area text REFERENCES app.areas (code),
    published boolean NOT NULL DEFAULT false,
    accepting boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, id)
);
CREATE INDEX programmes_service ON app.programmes (service, org_id, id) WHERE published;
ALTER TABLE app.programmes ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.programmes FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT ON app.programmes TO spean_web;
GRANT UPDATE (service, name_km, name_en, about_km, about_en, criteria, capacity, hours, meeting_point_km,
    meeting_point_en, languages, response_minutes, funding, area, published, accepting, version)
    ON app.programmes TO spean_web;
GRANT SELECT ON app.programmes TO spean_worker;
GRANT SELECT (org_id, id, service, name_km, name_en, about_km, about_en, criteria, openings, hours, languages,
    response_minutes, area, published, accepting) ON app.programmes TO spean_public;
GRANT SELECT, UPDATE (taken) ON app.programmes TO spean_sec;
CREATE POLICY directory ON app.programmes FOR SELECT TO spean_web, spean_public
    USING ((SELECT sec.org()) IS NOT NULL AND (published OR org_id = (SELECT sec.org())));
CREATE POLICY told ON app.programmes FOR SELECT TO spean_worker USING ((SELECT sec.org()) IS NOT NULL);
CREATE POLICY own_make ON app.programmes FOR INSERT TO spean_web WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY own_edit ON app.programmes FOR UPDATE TO spean_web
    USING (org_id = (SELECT sec.org()))
    WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY walls ON app.programmes TO spean_sec USING (true) WITH CHECK (true);

CREATE TABLE app.programme_team (
    org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    staff_id uuid NOT NULL,
    PRIMARY KEY (org_id, programme_id, staff_id),
    FOREIGN KEY (org_id, programme_id) REFERENCES app.programmes (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
ALTER TABLE app.programme_team ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.programme_team FORCE ROW LEVEL SECURITY;
GRANT SELECT, INSERT, DELETE ON app.programme_team TO spean_web;
GRANT SELECT ON app.programme_team TO spean_worker;
CREATE POLICY own ON app.programme_team TO spean_web
    USING (org_id = (SELECT sec.org()))
    WITH CHECK (org_id = (SELECT sec.org()));
CREATE POLICY told ON app.programme_team FOR SELECT TO spean_worker
    USING (org_id = (SELECT sec.org()));

-- How a programme answered in the last half year; made by sec.refresh_records(), empty below ten answers.
CREATE TABLE app.programme_records (
    org_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    answered integer NOT NULL,
    in_time integer NOT NULL,
    median_minutes integer NOT NULL,
    made_at timestamptz NOT NULL,
    PRIMARY KEY (org_id, programme_id),
    FOREIGN KEY (org_id, programme_id) REFERENCES app.programmes (org_id, id)
);
ALTER TABLE app.programme_records ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.programme_records FORCE ROW LEVEL SECURITY;
GRANT SELECT ON app.programme_records TO spean_web, spean_public;
GRANT SELECT, INSERT, UPDATE, DELETE ON app.programme_records TO spean_sec;
CREATE POLICY directory ON app.programme_records FOR SELECT TO spean_web, spean_public
    USING ((SELECT sec.org()) IS NOT NULL);
CREATE POLICY walls ON app.programme_records TO spean_sec USING (true) WITH CHECK (true);
"""


def upgrade() -> None:
    op.execute(SQL)
