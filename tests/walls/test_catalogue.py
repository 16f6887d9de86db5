"""Every table, function and role, as PostgreSQL's own catalogue has them; each rule is broken to hear it speak."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.network import Servers
from tests.walls import lint
from tests.walls.reviewed import EXECUTE, LONE_KEYS

Rule = Callable[[lint.Connection], Iterator[str]]

BAD_TABLE = "CREATE TABLE app.bad (org_id uuid, id uuid, place text, PRIMARY KEY (org_id, id));"
LONE_FOREIGN_KEY = """
CREATE UNIQUE INDEX lone ON app.staff (id);
ALTER TABLE app.slips ADD by_id uuid REFERENCES app.staff (id)
"""
BREAKING: list[tuple[Rule, str, str]] = [
    (lint.walls_stand, BAD_TABLE, "app.bad: row security is off"),
    (
        lint.walls_stand,
        "ALTER TABLE app.clients NO FORCE ROW LEVEL SECURITY",
        "app.clients: row security is not forced",
    ),
    (lint.each_grant_has_a_policy, "DROP POLICY own ON app.clients", "app.clients: spean_web may SELECT"),
    (lint.each_grant_has_a_policy, "GRANT UPDATE (body) ON app.messages TO spean_web", "spean_web may UPDATE"),
    (lint.each_grant_has_a_policy, "GRANT DELETE ON app.slips TO spean_web", "app.slips: spean_web may DELETE"),
    (
        lint.policies_name_their_roles,
        "CREATE POLICY all_of_us ON app.slips USING (true)",
        "app.slips: the policy all_of_us",
    ),
    (lint.empty_tables_raise, BAD_TABLE, "app.bad: no restrictive policy"),
    (lint.empty_tables_raise, "ALTER POLICY context ON app.slips TO spean_web", "app.slips: no restrictive policy"),
    (lint.empty_tables_raise, "ALTER POLICY context ON app.slips USING (true)", "app.slips: no restrictive policy"),
    (lint.keys_are_no_oracles, "CREATE UNIQUE INDEX bad ON app.clients (id)", "app.bad: a unique index"),
    (lint.keys_are_no_oracles, "CREATE UNIQUE INDEX bad ON app.slips (md5(code_hash))", "app.bad: a unique index"),
    (lint.keys_are_no_oracles, "CREATE UNIQUE INDEX bad ON app.staff (email) WHERE active", "app.bad: a unique index"),
    (lint.keys_are_no_oracles, LONE_FOREIGN_KEY, "app.slips: the foreign key slips_by_id_fkey"),
    (lint.nothing_counts, "ALTER TABLE app.slips ADD n serial", "slips_n_seq: a sequence"),
    (lint.nothing_counts, "ALTER TABLE app.slips ADD n int GENERATED ALWAYS AS IDENTITY", "app.slips.n: a sequence"),
    (lint.views_ask_the_asker, "CREATE VIEW app.bad AS SELECT 1", "app.bad: a view"),
    (lint.views_ask_the_asker, "CREATE MATERIALIZED VIEW app.bad AS SELECT 1 AS one", "app.bad: a view"),
    (lint.functions_are_pinned, "ALTER FUNCTION sec.org() RESET ALL", "sec.org(): does not SET"),
    (lint.functions_are_pinned, "ALTER FUNCTION sec.org() SET search_path = pg_catalog", "sec.org(): does not SET"),
    (lint.functions_are_pinned, "GRANT EXECUTE ON FUNCTION sec.sealed(text) TO PUBLIC", "sec.sealed(text): PUBLIC"),
    (
        lint.functions_are_pinned,
        "CREATE FUNCTION app.bad() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "app.bad(): a function",
    ),
    (lint.calls_are_reviewed, "GRANT EXECUTE ON FUNCTION sec.sealed(text) TO spean_web", "sec.sealed(text)"),
    (lint.calls_are_reviewed, "REVOKE EXECUTE ON FUNCTION sec.sweep(integer) FROM spean_worker", "sec.sweep(integer)"),
    (lint.roles_are_plain, "ALTER ROLE spean_web BYPASSRLS", "spean_web: BYPASSRLS"),
    (lint.roles_are_plain, "ALTER ROLE spean_worker CREATEROLE", "spean_worker: CREATEROLE"),
    (lint.roles_are_plain, "GRANT spean_owner TO spean_web", "spean_web: a member of spean_owner"),
    (lint.roles_are_plain, "GRANT pg_read_all_data TO spean_public", "spean_public: a member of pg_read_all_data"),
    (lint.owners_own, "ALTER TABLE app.slips OWNER TO spean_web", "app.slips: belongs to spean_web"),
    (
        lint.tables_are_only_used,
        "GRANT TRUNCATE ON app.audit_log TO spean_web",
        "app.audit_log: TRUNCATE for spean_web",
    ),
    (
        lint.tables_are_only_used,
        "GRANT REFERENCES (id) ON app.staff TO spean_web",
        "app.staff: REFERENCES for spean_web",
    ),
    (lint.tables_are_only_used, "GRANT TRIGGER ON app.staff TO spean_worker", "app.staff: TRIGGER for spean_worker"),
    (lint.tables_are_only_used, "GRANT SELECT ON app.slips TO PUBLIC", "app.slips: SELECT for PUBLIC"),
    (lint.tables_are_only_used, "GRANT SELECT ON sec.sessions TO spean_web", "sec.sessions: SELECT for spean_web"),
    (lint.tables_are_only_used, "GRANT INSERT ON app.slips TO spean_backup", "app.slips: INSERT for spean_backup"),
    (lint.tables_are_only_used, "GRANT SELECT ON app.slips TO spean_web WITH GRANT OPTION", "with grant option"),
    (lint.nothing_is_made, "GRANT CREATE ON SCHEMA public TO spean_web", "spean_web: CREATE in public"),
    (lint.nothing_is_made, "SELECT lo_create(0)", "large object"),
    (lint.nothing_is_made, "GRANT EXECUTE ON FUNCTION lo_create(oid) TO spean_web", "spean_web: EXECUTE on lo_create"),
    (
        lint.nothing_is_granted_ahead,
        "ALTER DEFAULT PRIVILEGES FOR ROLE spean_owner IN SCHEMA app GRANT SELECT ON TABLES TO spean_web",
        "default privileges: SELECT on r for spean_web",
    ),
    (lint.no_enums, "CREATE TYPE app.bad AS ENUM ('a')", "app.bad: an enum"),
    (
        lint.policies_do_not_leak,
        "ALTER POLICY own ON app.clients USING (org_id = (SELECT sec.org()) AND code LIKE 'K%')",
        "app.clients: the policy own compares by textlike(text,text)",
    ),
    (lint.policies_do_not_leak, "ALTER POLICY own ON app.clients USING (org_id = sec.org())", "for each row"),
    (lint.the_planner_knows_nothing, "ALTER TABLE app.clients ALTER area SET STATISTICS 100", "app.clients.area"),
    (lint.the_planner_knows_nothing, "CREATE STATISTICS bad ON area, org_id FROM app.clients", "bad: statistics"),
    (lint.the_planner_knows_nothing, "CREATE INDEX bad ON app.clients (org_id, lower(code))", "app.bad: statistics"),
    (lint.nothing_else_acts, "CREATE RULE bad AS ON DELETE TO app.slips DO INSTEAD NOTHING", "rule bad"),
    (lint.nothing_else_acts, "CREATE PUBLICATION bad", "publication bad"),
]
RULES = list({rule.__name__: rule for rule, _sql, _line in BREAKING}.values())


@pytest.fixture
def catalogue(servers: Servers) -> Iterator[lint.Connection]:
    """The administrator's connection, in a transaction that leaves nothing behind."""
    with servers.roles_held(), servers.administrator() as db:
        db.execute("SET LOCAL lock_timeout = '20s'")
        yield db
        db.rollback()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_it_holds(catalogue: lint.Connection, rule: Rule) -> None:
    assert list(rule(catalogue)) == []


@pytest.mark.parametrize(("rule", "sql", "line"), BREAKING, ids=lambda part: getattr(part, "__name__", ""))
def test_the_rule_names_what_breaks_it(catalogue: lint.Connection, rule: Rule, sql: str, line: str) -> None:
    catalogue.execute(sql)  # type: ignore[call-overload]
    said = list(rule(catalogue))
    assert any(line in one for one in said), said


def test_no_temporary_tables_in_the_database(catalogue: lint.Connection) -> None:
    name = catalogue.info.dbname
    catalogue.execute(f'GRANT TEMP ON DATABASE "{name}" TO spean_web')  # type: ignore[call-overload]
    assert "spean_web: TEMP in the database" in list(lint.nothing_is_made(catalogue))


def test_what_was_reviewed_is_there(catalogue: lint.Connection) -> None:
    """No key or function stands in the review that is gone from the schema."""
    found = catalogue.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'i'"
        " UNION ALL SELECT oid::regprocedure::text FROM pg_proc WHERE pronamespace = 'sec'::regnamespace"
    )
    assert LONE_KEYS.keys() | EXECUTE.keys() <= {name for (name,) in found}
