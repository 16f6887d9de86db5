"""Row security that costs the same however much an organisation has sent, and one question for who acts.

What a policy looks up is looked up for the row at hand; nothing is read whole to be hashed.
"""

from __future__ import annotations

from alembic import op

revision = "0020"
down_revision = "0019"

PROGRAMME = """
CREATE INDEX referrals_out_programme ON app.referrals (sender_org_id, programme_id, receiver_org_id);
"""
# Recently changed rows are soon known to be visible to all, so that counting stays in the index.
TIDY = """
ALTER TABLE app.referrals SET (autovacuum_vacuum_scale_factor = 0.01, autovacuum_vacuum_insert_scale_factor = 0.02);
"""

# A list of all that one ever sent stood behind each look into the directory: the planner likes to read it whole and
# hash it. With OFFSET 0 it must ask for each programme, and it asks only for one that is neither published nor own.
POLICIES = """
DROP POLICY referred ON app.programmes;
DROP POLICY directory ON app.programmes;
CREATE POLICY directory ON app.programmes FOR SELECT TO spean_public
    USING ((SELECT sec.org()) IS NOT NULL AND (published OR org_id = (SELECT sec.org())));
-- Whoever sent somebody to a programme still reads where to go when the programme has left the directory.
CREATE POLICY directory_and_referred ON app.programmes FOR SELECT TO spean_web
    USING ((SELECT sec.org()) IS NOT NULL AND (published OR org_id = (SELECT sec.org()) OR EXISTS (
        SELECT 1 FROM app.referrals r WHERE r.sender_org_id = (SELECT sec.org())
            AND r.receiver_org_id = programmes.org_id AND r.programme_id = programmes.id OFFSET 0)));
DROP POLICY opened ON app.disclosures;
CREATE POLICY opened ON app.disclosures FOR INSERT TO spean_web
    WITH CHECK (receiver_org_id = (SELECT sec.org()) AND EXISTS (
        SELECT 1 FROM app.packet_keys k
        WHERE k.sender_org_id = disclosures.sender_org_id AND k.referral_id = disclosures.referral_id
          AND k.part = disclosures.part AND k.holder = 'receiver' OFFSET 0));
-- Each side of a referral asks once who acts, and not once for each side.
DROP POLICY parties ON app.referrals;
CREATE POLICY parties ON app.referrals FOR SELECT TO spean_web, spean_worker
    USING ((SELECT sec.org()) = ANY (ARRAY[sender_org_id, receiver_org_id]));
"""

# Made anew by `app.core.walls`, with a first arm that asks nothing.
CONTEXT = """
DO $$
DECLARE
    one name;
BEGIN
    FOR one IN SELECT c.relname FROM pg_policy p JOIN pg_class c ON c.oid = p.polrelid
        WHERE p.polname = 'context' AND c.relnamespace = 'app'::regnamespace LOOP
        EXECUTE format('DROP POLICY context ON app.%I', one);
    END LOOP;
END $$
"""

# One query for the session, the person and their organisation; it also says what they are called, which stands on
# every page and was read here anyway. Of two requests of one person that come together, one notes the time and the
# other does not wait for it.
ENTER = """
DROP FUNCTION sec.enter(text);
CREATE FUNCTION sec.enter(token text)
RETURNS TABLE (org_id uuid, org_kind text, staff_id uuid, roles text[], language text, session_id uuid, person text,
    org_km text, org_en text)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    f record;
BEGIN
    SELECT s.org_id, s.staff_id, s.id, s.seen_at, s.token_hash, o.kind, o.name_km, o.name_en, p.roles, p.language,
        p.name
    INTO f FROM sec.sessions s
    JOIN app.staff p ON p.org_id = s.org_id AND p.id = s.staff_id AND p.active
    JOIN app.organisations o ON o.id = s.org_id AND o.active
    WHERE s.token_hash = sha256(convert_to(token, 'UTF8')) AND s.revoked_at IS NULL AND s.expires_at > now()
        AND (s.kind = 'api' OR s.seen_at > now() - interval '30 minutes');
    IF NOT FOUND OR ((f.kind = 'commune') <> (session_user = 'spean_public')) THEN RETURN; END IF;
    IF f.seen_at < now() - interval '1 minute' THEN
        UPDATE sec.sessions x SET seen_at = now() WHERE x.token_hash = (
            SELECT y.token_hash FROM sec.sessions y WHERE y.token_hash = f.token_hash FOR UPDATE SKIP LOCKED);
    END IF;
    PERFORM sec.put_context(f.org_id, f.kind, f.staff_id, 'staff');
    RETURN QUERY SELECT f.org_id, f.kind, f.staff_id, f.roles, f.language, f.id, f.name, f.name_km, f.name_en;
END $$;
GRANT EXECUTE ON FUNCTION sec.enter(text) TO spean_web, spean_public;
"""


def upgrade() -> None:
    op.execute("SET ROLE spean_owner")
    op.execute(PROGRAMME)
    op.execute(TIDY)
    op.execute(POLICIES)
    op.execute(CONTEXT)
    op.execute("SET ROLE spean_sec")
    op.execute(ENTER)
    op.execute("SET ROLE spean_owner")
