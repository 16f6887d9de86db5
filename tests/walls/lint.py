"""What must hold of every table, function and role, as rules over PostgreSQL's own catalogue.

Each rule gives one line for each thing that breaks it, so that whoever added it reads what to change.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import psycopg
from psycopg.rows import TupleRow

from app.core.provision import LOGINS, OWNERS
from app.core.walls import OPEN_TABLES, SHUT_OUT
from tests.walls.reviewed import EXECUTE, LONE_KEYS

Connection = psycopg.Connection[TupleRow]

SCHEMAS = ("app", "sec", "meta", "public")
ORG_COLUMNS = {"org_id", "sender_org_id", "receiver_org_id", "holder_org_id"}
SEARCH_PATH = "search_path=pg_catalog, pg_temp"
COMMANDS = {"r": "SELECT", "a": "INSERT", "w": "UPDATE", "d": "DELETE"}
# Who may be in whom: the migrator acts as the owners, which is what it is for.
MEMBERS = {("spean_migrator", "spean_owner"), ("spean_migrator", "spean_sec")}
# A dump under row security needs the backup's; nothing that answers a request has one.
BYPASS = {"spean_backup"}
ASKS_WHO = re.compile(r"SELECT true( AS bool)?\) OR \(")
"""How the policy `context` begins; its second arm asks who acts."""
WRITES_LARGE_OBJECTS = ("lo_creat", "lo_create", "lo_from_bytea", "lo_import", "lo_put", "lowrite")


def walls_stand(db: Connection) -> Iterator[str]:
    """Row security is on for every table, and for its owner too."""
    for table, enabled, forced in db.execute(
        "SELECT relname, relrowsecurity, relforcerowsecurity FROM pg_class"
        " WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p')"
    ):
        if not (enabled and forced):
            yield f"app.{table}: row security is {'not forced' if enabled else 'off'}"


def each_grant_has_a_policy(db: Connection) -> Iterator[str]:
    """Whoever may name a table for a command, or one column of it, has a policy for that command."""
    roles = [*LOGINS, *OWNERS]
    rows = db.execute(
        """
        SELECT t.relname, r.rolname, c.command FROM pg_class t
        CROSS JOIN pg_roles r CROSS JOIN unnest(%s::text[], %s::text[]) AS c (letter, command)
        WHERE t.relnamespace = 'app'::regnamespace AND t.relkind IN ('r', 'p')
          AND r.rolname = ANY (%s) AND NOT r.rolbypassrls AND r.oid <> t.relowner
          AND (has_table_privilege(r.oid, t.oid, c.command) OR CASE WHEN c.letter <> 'd'
               THEN has_any_column_privilege(r.oid, t.oid, c.command) END)
          AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid AND p.polpermissive
                          AND p.polcmd::text IN ('*', c.letter) AND r.oid = ANY (p.polroles))
        """,
        (list(COMMANDS), list(COMMANDS.values()), roles),
    )
    for table, role, command in rows:
        yield f"app.{table}: {role} may {command} and no policy says which rows"


def policies_name_their_roles(db: Connection) -> Iterator[str]:
    """No policy is for everybody: a role that is made later gets nothing by it."""
    for table, policy in db.execute("SELECT polrelid::regclass::text, polname FROM pg_policy WHERE 0 = ANY (polroles)"):
        yield f"{table}: the policy {policy} is for PUBLIC"


def empty_tables_raise(db: Connection) -> Iterator[str]:
    """Every table has the restrictive policy of `app.core.walls`, for every role that enters a context."""
    found = {
        str(table): (set(roles), str(qual))
        for table, roles, qual in db.execute(
            "SELECT tablename, roles, qual FROM pg_policies"
            " WHERE schemaname = 'app' AND policyname = 'context' AND permissive = 'RESTRICTIVE' AND cmd = 'ALL'"
        )
    }
    for (table,) in db.execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'app'::regnamespace AND relkind IN ('r', 'p')"
    ):
        roles, qual = found.get(table, (set[str](), ""))
        if roles != set(SHUT_OUT) or not ASKS_WHO.search(qual):
            yield f"app.{table}: no restrictive policy `context` for {', '.join(SHUT_OUT)}"


def keys_are_no_oracles(db: Connection) -> Iterator[str]:
    """Every unique index and foreign key names an organisation, so that a refusal tells nothing of another's rows."""
    indexes = db.execute(
        """
        SELECT i.indexrelid::regclass::text, array_agg(a.attname::text)
        FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid
        LEFT JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = ANY (i.indkey::smallint[])
        WHERE t.relnamespace IN ('app'::regnamespace, 'sec'::regnamespace) AND (i.indisunique OR i.indisexclusion)
        GROUP BY i.indexrelid
        """
    )
    for index, columns in indexes:
        if index not in LONE_KEYS and not ORG_COLUMNS & set(columns):
            yield f"{index}: a unique index without an organisation, on {columns}"
    keys = db.execute(
        """
        SELECT k.conrelid::regclass::text, k.conname, k.confrelid::regclass::text,
            (SELECT array_agg(a.attname::text) FROM pg_attribute a
             WHERE a.attrelid = k.conrelid AND a.attnum = ANY (k.conkey)),
            (SELECT array_agg(a.attname::text) FROM pg_attribute a
             WHERE a.attrelid = k.confrelid AND a.attnum = ANY (k.confkey))
        FROM pg_constraint k JOIN pg_class t ON t.oid = k.conrelid
        WHERE t.relnamespace IN ('app'::regnamespace, 'sec'::regnamespace) AND k.contype = 'f'
        """
    )
    for table, name, target, columns, targets in keys:
        open_target = target in {"app.organisations", "app.areas"}
        if not open_target and not (ORG_COLUMNS & set(columns) and ORG_COLUMNS & set(targets)):
            yield f"{table}: the foreign key {name} to {target} names no organisation"


def nothing_counts(db: Connection) -> Iterator[str]:
    """No sequence, identity or serial: a number that grows tells how much others did."""
    for (name,) in db.execute(
        "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S'"
        " AND relnamespace::regnamespace::text = ANY (%s)"
        " UNION ALL SELECT attrelid::regclass || '.' || attname FROM pg_attribute WHERE attidentity <> ''",
        (list(SCHEMAS),),
    ):
        yield f"{name}: a sequence"


def views_ask_the_asker(db: Connection) -> Iterator[str]:
    """A view reads with the rights of who asks; nothing is materialised, partitioned away or foreign."""
    for name, kind, options in db.execute(
        "SELECT oid::regclass::text, relkind::text, coalesce(reloptions, '{}') FROM pg_class"
        " WHERE relkind IN ('v', 'm', 'f') AND relnamespace::regnamespace::text = ANY (%s)",
        (list(SCHEMAS),),
    ):
        if kind != "v" or "security_invoker=true" not in options:
            yield f"{name}: a view that does not read as who asks"


def functions_are_pinned(db: Connection) -> Iterator[str]:
    """Functions stand in `sec`, are its owner's, fix their search path, and are not everybody's to call."""
    for name, schema, owner, config, public in db.execute(
        """
        SELECT p.oid::regprocedure::text, p.pronamespace::regnamespace::text, p.proowner::regrole::text,
            coalesce(p.proconfig, '{}'),
            p.proacl IS NULL OR EXISTS (SELECT 1 FROM aclexplode(p.proacl) a WHERE a.grantee = 0)
        FROM pg_proc p WHERE p.pronamespace::regnamespace::text = ANY (%s)
          AND NOT EXISTS (SELECT 1 FROM pg_depend d WHERE d.objid = p.oid AND d.deptype = 'e')
        """,
        (list(SCHEMAS),),
    ):
        if schema != "sec" or owner != "spean_sec":
            yield f"{name}: a function of {owner} in {schema}"
        if SEARCH_PATH not in config:
            yield f"{name}: does not SET {SEARCH_PATH}"
        if public:
            yield f"{name}: PUBLIC may execute it"


def calls_are_reviewed(db: Connection) -> Iterator[str]:
    """Who may call what is exactly what `tests/walls/reviewed.py` says."""
    found = {
        str(name): set(roles)
        for name, roles in db.execute(
            """
            SELECT p.oid::regprocedure::text,
                array_agg(a.grantee::regrole::text) FILTER (WHERE a.grantee NOT IN (0, p.proowner))
            FROM pg_proc p LEFT JOIN aclexplode(p.proacl) a ON a.privilege_type = 'EXECUTE'
            WHERE p.pronamespace = 'sec'::regnamespace GROUP BY p.oid
            """
        )
        if roles
    }
    for name in sorted(found.keys() | EXECUTE.keys()):
        roles, reviewed = found.get(name, set()), set(EXECUTE.get(name, ()))
        if roles != reviewed:
            yield f"{name}: {sorted(roles)} may call it, reviewed are {sorted(reviewed)}"


def roles_are_plain(db: Connection) -> Iterator[str]:
    """No role of ours is more than it must be, or part of another."""
    for role, *powers in db.execute(
        "SELECT rolname, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolinherit, rolbypassrls FROM pg_roles"
        " WHERE rolname LIKE 'spean%'"
    ):
        names = ("SUPERUSER", "CREATEROLE", "CREATEDB", "REPLICATION", "INHERIT", "BYPASSRLS")
        for power, held in zip(names, powers, strict=True):
            if held and not (power == "BYPASSRLS" and role in BYPASS):
                yield f"{role}: {power}"
    for member, role in db.execute(
        "SELECT member::regrole::text, roleid::regrole::text FROM pg_auth_members"
        " WHERE member::regrole::text LIKE 'spean%'"
    ):
        if (member, role) not in MEMBERS:
            yield f"{member}: a member of {role}"


def owners_own(db: Connection) -> Iterator[str]:
    """Tables belong to the roles that nobody signs in as."""
    for name, owner, schema in db.execute(
        "SELECT oid::regclass::text, relowner::regrole::text, relnamespace::regnamespace::text FROM pg_class"
        " WHERE relnamespace::regnamespace::text = ANY (%s)",
        (["app", "sec", "meta"],),
    ):
        if owner != ("spean_sec" if schema == "sec" else "spean_owner"):
            yield f"{name}: belongs to {owner}"


def tables_are_only_used(db: Connection) -> Iterator[str]:
    """Reading and writing rows is all that is granted, never onwards, never to PUBLIC, and in `sec` to nobody."""
    for name, schema, role, privilege, onwards in db.execute(
        """
        SELECT t.oid::regclass::text, t.relnamespace::regnamespace::text,
            CASE a.grantee WHEN 0 THEN 'PUBLIC' ELSE a.grantee::regrole::text END, a.privilege_type, a.is_grantable
        FROM pg_class t CROSS JOIN LATERAL (
            SELECT * FROM aclexplode(t.relacl) UNION ALL
            SELECT x.* FROM pg_attribute c, aclexplode(c.attacl) x WHERE c.attrelid = t.oid) a
        WHERE t.relnamespace::regnamespace::text = ANY (%s) AND a.grantee <> t.relowner
        """,
        (list(SCHEMAS),),
    ):
        known = privilege == "SELECT" if role == "spean_backup" else schema == "app" and privilege in COMMANDS.values()
        if onwards or role == "PUBLIC" or not known:
            yield f"{name}: {privilege} for {role}{' with grant option' if onwards else ''}"


def nothing_is_made(db: Connection) -> Iterator[str]:
    """Whoever signs in makes nothing: no schema, no table, not even a temporary one, no large object."""
    roles = list(LOGINS)
    for role, what in db.execute(
        """
        SELECT r.rolname, 'CREATE in ' || n.nspname FROM pg_roles r, pg_namespace n
        WHERE r.rolname = ANY (%(roles)s) AND has_schema_privilege(r.oid, n.oid, 'CREATE')
        UNION ALL
        SELECT r.rolname, p || ' in the database' FROM pg_roles r, unnest(ARRAY['CREATE', 'TEMP']) p
        WHERE r.rolname = ANY (%(roles)s) AND has_database_privilege(r.oid, current_database(), p)
        UNION ALL
        SELECT r.rolname, 'EXECUTE on ' || f.oid::regprocedure FROM pg_roles r, pg_proc f
        WHERE r.rolname = ANY (%(roles)s) AND f.proname = ANY (%(large)s)
          AND f.pronamespace = 'pg_catalog'::regnamespace AND has_function_privilege(r.oid, f.oid, 'EXECUTE')
        """,
        {"roles": roles, "large": list(WRITES_LARGE_OBJECTS)},
    ):
        yield f"{role}: {what}"
    for (oid,) in db.execute("SELECT oid FROM pg_largeobject_metadata"):
        yield f"large object {oid}"


def nothing_is_granted_ahead(db: Connection) -> Iterator[str]:
    """Default privileges go to the backup alone, and to it for reading."""
    for role, privilege, kind in db.execute(
        "SELECT a.grantee::regrole::text, a.privilege_type, d.defaclobjtype::text"
        " FROM pg_default_acl d, aclexplode(d.defaclacl) a WHERE a.grantee <> d.defaclrole"
    ):
        if (role, privilege, kind) != ("spean_backup", "SELECT", "r"):
            yield f"default privileges: {privilege} on {kind} for {role}"


def no_enums(db: Connection) -> Iterator[str]:
    """Comparing enums is not leakproof, so that they cost the index below row security."""
    for (name,) in db.execute(
        "SELECT oid::regtype::text FROM pg_type WHERE typtype IN ('e', 'd') AND typnamespace::regnamespace::text"
        " = ANY (%s)",
        (list(SCHEMAS),),
    ):
        yield f"{name}: an enum or domain"


def policies_do_not_leak(db: Connection) -> Iterator[str]:
    """What decides on rows compares by leakproof operators, and asks `sec` once for a statement, not for a row."""
    leaky = {
        int(oid): str(name)
        for oid, name in db.execute("SELECT oid, oid::regprocedure::text FROM pg_proc WHERE NOT proleakproof")
    }
    for table, policy, tree, source in db.execute(
        "SELECT polrelid::regclass::text, polname, polqual::text, pg_get_expr(polqual, polrelid)"
        " FROM pg_policy WHERE polqual IS NOT NULL"
    ):
        for oid in {int(found) for found in re.findall(r":opfuncid (\d+)", tree)} & leaky.keys():
            yield f"{table}: the policy {policy} compares by {leaky[oid]}"
        per_row = re.sub(r"\( ?SELECT sec\.\w+\(\) AS \w+\)", "", source)
        if policy != "context" and re.search(r"\bsec\.", per_row):
            yield f"{table}: the policy {policy} calls sec for each row: {source}"


def the_planner_knows_nothing(db: Connection) -> Iterator[str]:
    """No statistics are kept of columns whose rows are not open to all, nor of expressions or column groups."""
    for name, column in db.execute(
        """
        SELECT t.oid::regclass::text, c.attname FROM pg_class t JOIN pg_attribute c ON c.attrelid = t.oid
        WHERE t.relnamespace = 'app'::regnamespace AND t.relkind IN ('r', 'p') AND c.attnum > 0
          AND NOT c.attisdropped AND t.relname <> ALL (%s) AND c.attstattarget IS DISTINCT FROM 0
        """,
        (list(OPEN_TABLES),),
    ):
        yield f"{name}.{column}: statistics are kept"
    for (name,) in db.execute(
        "SELECT stxname FROM pg_statistic_ext UNION ALL SELECT i.indexrelid::regclass::text"
        " FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid"
        " WHERE t.relnamespace = 'app'::regnamespace AND i.indexprs IS NOT NULL AND t.relname <> ALL (%s)",
        (list(OPEN_TABLES),),
    ):
        yield f"{name}: statistics of an expression or of several columns"


def nothing_else_acts(db: Connection) -> Iterator[str]:
    """No rules, no triggers but those of `sec`, no extensions, publications or foreign servers."""
    for (what,) in db.execute(
        """
        SELECT 'rule ' || rulename || ' on ' || ev_class::regclass FROM pg_rewrite r JOIN pg_class t ON t.oid = ev_class
        WHERE t.relnamespace::regnamespace::text = ANY (%(schemas)s) AND rulename <> '_RETURN'
        UNION ALL SELECT 'trigger ' || g.tgname || ' on ' || g.tgrelid::regclass FROM pg_trigger g
        JOIN pg_proc p ON p.oid = g.tgfoid WHERE NOT g.tgisinternal AND p.pronamespace <> 'sec'::regnamespace
        UNION ALL SELECT 'event trigger ' || evtname FROM pg_event_trigger
        UNION ALL SELECT 'extension ' || extname FROM pg_extension WHERE extname <> 'plpgsql'
        UNION ALL SELECT 'publication ' || pubname FROM pg_publication
        UNION ALL SELECT 'foreign server ' || srvname FROM pg_foreign_server
        """,
        {"schemas": list(SCHEMAS)},
    ):
        yield str(what)
