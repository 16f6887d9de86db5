"""Roles and the database, made by an administrator's connection; safe to run again.

Each process has its own role and secret, so that one stolen password is one process's reach and no more. Nothing
here creates a table: the migrator does, as the owner roles that nobody can sign in as.
"""

from __future__ import annotations

from collections.abc import Mapping

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

OWNERS = ("spean_owner", "spean_sec")
LOGINS = ("spean_migrator", "spean_web", "spean_public", "spean_worker", "spean_publisher", "spean_keeper",
          "spean_backup")  # fmt: skip
_LARGE_OBJECTS = ("lo_creat(integer)", "lo_create(oid)", "lo_from_bytea(oid, bytea)", "lo_put(oid, bigint, bytea)",
                  "lowrite(integer, bytea)")  # fmt: skip
# The planner knows nothing of how tenants' rows are spread (docs/adr/0011), and would guess: rather read a few rows in
# any order and sort them, or read a table whole. Here every list has the index of its order, and is led to it.
_LED = {
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_sort": "off",
    "jit": "off",
    "plan_cache_mode": "force_generic_plan",
}
_LIMITS = {
    "spean_web": {
        "statement_timeout": "4s",  # less than a page waits (`app.http.session`): the database gives up first
        "lock_timeout": "3s",
        "idle_in_transaction_session_timeout": "60s",
        **_LED,
    },
    "spean_public": {
        "statement_timeout": "4s",
        "lock_timeout": "2s",
        "idle_in_transaction_session_timeout": "30s",
    },
    "spean_worker": {"statement_timeout": "60s", "lock_timeout": "10s", **_LED},
    "spean_keeper": {"lock_timeout": "60s"},
}

# Also on a server that an operator set up to log more: statements yes, but never what people typed. An error's own
# sentence may quote a value, its DETAIL a whole row; refused sign-ins (FATAL) stay in the log.
QUIET = {
    "log_min_messages": "log",
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
}


def provision(admin_url: str, urls: Mapping[str, str]) -> None:
    """Create or mend the roles named in `urls` (role → its URL) and the database that the URLs name.

    The passwords are those in the URLs. Raises psycopg.Error when the administrator may not do this and
    ValueError when the URLs do not agree on one database.
    """
    wanted = {role: conninfo_to_dict(url) for role, url in urls.items()}
    names = {str(info["dbname"]) for info in wanted.values()}
    if len(names) != 1:
        raise ValueError("all role URLs must name one database")
    database = names.pop()
    with psycopg.connect(admin_url, autocommit=True) as admin:
        for role in OWNERS:
            _role(admin, role, "NOLOGIN NOINHERIT")
        for role in LOGINS:
            _role(admin, role, "LOGIN NOINHERIT", password=str(wanted[role]["password"]))
        # Dumping rows under row-level security needs it; nothing that answers a request has it.
        admin.execute("ALTER ROLE spean_backup BYPASSRLS")
        admin.execute("GRANT spean_owner, spean_sec TO spean_migrator")
        _database(admin, database)
        _limits(admin, database)
    with psycopg.connect(admin_url, dbname=database, autocommit=True) as admin:
        admin.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
        # A large object belongs to a role, which all organisations share: no row security stands before it.
        for function in _LARGE_OBJECTS:
            admin.execute(sql.SQL("REVOKE EXECUTE ON FUNCTION pg_catalog.{} FROM PUBLIC").format(sql.SQL(function)))


def _role(admin: psycopg.Connection, role: str, attributes: str, password: str | None = None) -> None:
    exists = admin.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (role,)).fetchone()
    verb = "ALTER" if exists else "CREATE"
    statement = f"{verb} ROLE {role} {attributes} NOSUPERUSER NOCREATEDB NOCREATEROLE"
    if password is not None:
        admin.execute(sql.SQL(statement + " PASSWORD {}").format(sql.Literal(password)))
    else:
        admin.execute(statement)


def _limits(admin: psycopg.Connection, database: str) -> None:
    for role in LOGINS:
        # Whoever got hold of a role may have set its defaults, as every role may for itself.
        admin.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(sql.Identifier(role)))
        admin.execute(
            sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(sql.Identifier(role), sql.Identifier(database))
        )
        for name, value in (QUIET | _LIMITS.get(role, {})).items():
            admin.execute(
                sql.SQL("ALTER ROLE {} SET {} = {}").format(
                    sql.Identifier(role), sql.Identifier(name), sql.Literal(value)
                )
            )


def _database(admin: psycopg.Connection, name: str) -> None:
    if not admin.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
        admin.execute(
            sql.SQL("CREATE DATABASE {} OWNER spean_owner ENCODING 'UTF8' TEMPLATE template0").format(
                sql.Identifier(name)
            )
        )
    database = sql.Identifier(name)
    admin.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database))
    admin.execute(sql.SQL("GRANT CONNECT, CREATE ON DATABASE {} TO spean_owner, spean_sec").format(database))
    for role in LOGINS:
        admin.execute(sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, sql.Identifier(role)))
