"""Each organisation's own confidential records. Nothing here ever has a second party."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"

TABLES = """
CREATE TABLE app.clients (
    org_id uuid NOT NULL REFERENCES app.organisations (id),
    id uuid NOT NULL,
    code text NOT NULL,
    alias bytea,
    name bytea,
    phone bytea,
    phone_hash bytea,
    reach bytea,
    facts bytea NOT NULL,
    area text REFERENCES app.areas (code),
    heard_from text NOT NULL CHECK (heard_from IN
        ('outreach', 'peer', 'card', 'commune_office', 'hospital', 'family', 'self')),
    worker_id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    archived_at timestamptz,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, id),
    UNIQUE (org_id, code),
    FOREIGN KEY (org_id, worker_id) REFERENCES app.staff (org_id, id),
    CHECK (alias IS NOT NULL OR name IS NOT NULL)
);
CREATE INDEX clients_recent ON app.clients (org_id, updated_at DESC, id);
CREATE INDEX clients_worker ON app.clients (org_id, worker_id, updated_at DESC, id);
CREATE INDEX clients_phone ON app.clients (org_id, phone_hash) WHERE phone_hash IS NOT NULL;

CREATE TABLE app.client_keys (
    org_id uuid NOT NULL,
    client_id uuid NOT NULL,
    key_version integer NOT NULL,
    wrapped bytea NOT NULL,
    PRIMARY KEY (org_id, client_id),
    FOREIGN KEY (org_id, client_id) REFERENCES app.clients (org_id, id) DEFERRABLE INITIALLY DEFERRED
);

CREATE TABLE app.client_notes (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    kind text NOT NULL CHECK (kind IN ('note', 'met', 'phoned', 'visited', 'tried')),
    clinical boolean NOT NULL DEFAULT false,
    body bytea NOT NULL,
    at timestamptz NOT NULL,
    staff_id uuid NOT NULL,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES app.clients (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX client_notes_client ON app.client_notes (org_id, client_id, at DESC, id);

CREATE TABLE app.episodes (
    org_id uuid NOT NULL,
    id uuid NOT NULL,
    client_id uuid NOT NULL,
    programme_id uuid NOT NULL,
    referral_id uuid,
    heard_from text NOT NULL,
    started_at timestamptz NOT NULL,
    ended_at timestamptz,
    outcome text,
    staff_id uuid NOT NULL,
    version integer NOT NULL DEFAULT 1,
    PRIMARY KEY (org_id, id),
    FOREIGN KEY (org_id, client_id) REFERENCES app.clients (org_id, id),
    FOREIGN KEY (org_id, programme_id) REFERENCES app.programmes (org_id, id),
    FOREIGN KEY (org_id, staff_id) REFERENCES app.staff (org_id, id)
);
CREATE INDEX episodes_client ON app.episodes (org_id, client_id, started_at DESC, id);
CREATE INDEX episodes_referral ON app.episodes (org_id, referral_id) WHERE referral_id IS NOT NULL;
"""

WALL = """
ALTER TABLE app.{table} ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.{table} FORCE ROW LEVEL SECURITY;
CREATE POLICY own ON app.{table} TO spean_web
    USING (org_id = (SELECT sec.org()))
    WITH CHECK (org_id = (SELECT sec.org()));
"""

GRANTS = """
GRANT SELECT, INSERT ON app.clients, app.client_keys, app.client_notes, app.episodes TO spean_web;
GRANT UPDATE (alias, name, phone, phone_hash, reach, facts, area, heard_from, worker_id, updated_at, archived_at,
    version) ON app.clients TO spean_web;
GRANT UPDATE (ended_at, outcome, version) ON app.episodes TO spean_web;
"""

# A walk-in holds a place in its programme until the episode ends. (An episode that came by referral does not: the
# referral holds the place.) The count is kept by the database, since another organisation's act can free a place.
PLACES = """
CREATE FUNCTION sec.move_places(org uuid, programme uuid, by integer) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    UPDATE app.programmes p SET taken = greatest(0, p.taken + $3)
    WHERE p.org_id = $1 AND p.id = $2 AND $3 <> 0
$$;
CREATE FUNCTION sec.episode_places() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    IF NEW.referral_id IS NULL THEN
        PERFORM sec.move_places(NEW.org_id, NEW.programme_id,
            (NEW.ended_at IS NULL)::integer
            - (CASE WHEN TG_OP = 'UPDATE' THEN (OLD.ended_at IS NULL)::integer ELSE 0 END));
    END IF;
    RETURN NULL;
END $$;
GRANT EXECUTE ON FUNCTION sec.episode_places() TO spean_owner;
"""

TRIGGER = """
CREATE TRIGGER places AFTER INSERT OR UPDATE OF ended_at ON app.episodes
    FOR EACH ROW EXECUTE FUNCTION sec.episode_places();
"""


def upgrade() -> None:
    op.execute(TABLES)
    for table in ("clients", "client_keys", "client_notes", "episodes"):
        op.execute(WALL.format(table=table))
    op.execute(GRANTS)
    op.execute("SET ROLE spean_sec")
    op.execute(PLACES)
    op.execute("SET ROLE spean_owner")
    op.execute(TRIGGER)
