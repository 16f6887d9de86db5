"""SQL around the code, as whoever took over the web process of somebody in A could send it.

The statements follow from the catalogue: a new table, column, key or function is tried without being named here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, text

from tests.walls.noninterference.telling import Rows
from tests.walls.noninterference.worlds import Side, Strange

PUBLISHED: Mapping[str, frozenset[str]] = {
    # How many places of another organisation's programme are taken moves with everybody's referrals, and is published
    # (as openings); the programme's own count is left out of other organisations' rows and of no others.
    "programmes": frozenset({"taken"}),
}
FRESH = UUID("11111111-1111-4111-8111-111111111111")
_TABLES = """
SELECT c.relname AS name, a.attname AS column, t.typname AS type, a.attgenerated <> '' AS generated,
    has_column_privilege(c.oid, a.attnum, 'SELECT') AS readable,
    has_column_privilege(c.oid, a.attnum, 'UPDATE') AS writable,
    has_table_privilege(c.oid, 'INSERT') AS insertable,
    coalesce(a.attnum = ANY (i.indkey::int2[]), false) AS key
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
JOIN pg_type t ON t.oid = a.atttypid
LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = 'app'::regnamespace AND c.relkind IN ('r', 'p', 'v') ORDER BY c.relname, a.attnum
"""
_FOREIGN = """
SELECT c.conrelid::regclass::text AS name, c.conname AS key,
    array(SELECT a.attname::text FROM unnest(c.conkey) WITH ORDINALITY k(n, o)
          JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.n ORDER BY k.o) AS columns
FROM pg_constraint c WHERE c.contype = 'f' AND c.connamespace = 'app'::regnamespace ORDER BY 1, 2
"""
_FUNCTIONS = """
SELECT p.proname AS name, array(SELECT t::regtype::text FROM unnest(p.proargtypes) t) AS types,
    p.proargnames[1:p.pronargs] AS names
FROM pg_proc p WHERE p.pronamespace = 'sec'::regnamespace AND p.prorettype <> 'trigger'::regtype
    AND has_function_privilege(p.oid, 'EXECUTE') ORDER BY p.proname, p.oid
"""
_MOST = 120
"""Combinations of ids tried with one function."""


@dataclass(frozen=True)
class Probe:
    """One statement. `table` is whose rows it answers with, if it does."""

    kind: str
    name: str
    statement: str
    given: Mapping[str, Any] = field(default_factory=dict)
    table: str = ""


ORDERS = {"audit_log": "staff_id, action, subject, at, id"}
"""Which row is copied, where the database gives ids that are not the same in both worlds."""


@dataclass
class _Table:
    name: str
    columns: dict[str, str]
    generated: set[str]
    key: list[str]
    readable: list[str]
    writable: list[str]
    insertable: bool


def probes(connection: Connection, a: Side, strange: Strange) -> list[Probe]:
    """Every statement for the role of `connection`, the same for both worlds."""
    tables = _tables(connection)
    ids = [*strange.ids.values()]
    found = [probe for table in tables for probe in _about(table, a, strange, ids)]
    found += [probe for row in connection.execute(text(_FOREIGN)) for probe in _pointing(tables, row, strange, ids)]
    found += [probe for row in connection.execute(text(_FUNCTIONS)) for probe in _calls(row, a, strange)]
    return found


def run(connection: Connection, probe: Probe, own: UUID) -> object:
    """Its rows, or how many it touched; nothing of it stays."""
    tried = connection.begin_nested()
    try:
        result = connection.execute(text(probe.statement), dict(probe.given))
        if not result.returns_rows:
            return result.rowcount
        rows = [dict(row._mapping) for row in result]
        for row in rows:
            if row.get("org_id") != own:
                row.update({column: "<published>" for column in PUBLISHED.get(probe.table, ()) if column in row})
        return Rows(rows)
    finally:
        tried.rollback()


def _tables(connection: Connection) -> list[_Table]:
    found: dict[str, _Table] = {}
    for row in connection.execute(text(_TABLES)):
        table = found.setdefault(row.name, _Table(row.name, {}, set(), [], [], [], row.insertable))
        table.columns[row.column] = row.type
        for chosen, into in ((row.key, table.key), (row.readable, table.readable), (row.writable, table.writable)):
            if chosen:
                into.append(row.column)
        if row.generated:
            table.generated.add(row.column)
    return list(found.values())


def _about(table: _Table, a: Side, strange: Strange, ids: list[UUID]) -> Iterator[Probe]:
    name, t = table.name, f"app.{table.name}"
    yield Probe("select", f"select {name}", f"SELECT * FROM {t}", table=name)
    yield Probe("select", f"count {name}", f"SELECT count(*) FROM {t}")
    yield Probe("lock", f"lock {name}", f"SELECT count(*) FROM (SELECT 1 FROM {t} FOR UPDATE) x")
    yield Probe("delete", f"delete {name}", f"DELETE FROM {t}")
    for column, kind in table.columns.items():
        if column not in table.readable or kind not in {"uuid", "text"}:
            continue
        values = ids if kind == "uuid" else [*strange.words.values()]
        given = {"values": [str(one) for one in values]}
        where = f"{column} = ANY(CAST(:values AS {kind}[]))"
        yield Probe("exists", f"exists {name}.{column}", f"SELECT EXISTS (SELECT 1 FROM {t} WHERE {where})", given)
        yield Probe("lock", f"lock {name} by {column}",
                    f"SELECT count(*) FROM (SELECT 1 FROM {t} WHERE {where} FOR UPDATE) x", given)  # fmt: skip
        yield Probe("delete", f"delete {name} by {column}", f"DELETE FROM {t} WHERE {where}", given)
        for changed in table.writable[:1]:
            yield Probe(
                "update", f"update {name} by {column}", f"UPDATE {t} SET {changed} = {changed} WHERE {where}", given
            )
    for changed in table.writable:
        yield Probe("update", f"update {name}.{changed}", f"UPDATE {t} SET {changed} = {changed}")
    for column, kind in table.columns.items():
        if kind == "uuid":
            for which, one in strange.ids.items():
                yield _copy("insert", table, f"{column} is B's {which}", {column: one})
        elif kind == "text":
            for which, word in strange.words.items():
                yield _copy("insert", table, f"{column} is B's {which}", {column: word})


def _copy(kind: str, table: _Table, how: str, changed: Mapping[str, Any]) -> Probe:
    """One of A's own rows again, under a new key, with `changed` in it."""
    last = table.key[-1] if table.key else ""
    values = dict(changed)
    if last and table.columns[last] == "uuid":
        values.setdefault(last, FRESH)
    columns = [one for one in table.columns if one not in table.generated]
    taken = [f"CAST(:{one} AS {table.columns[one]})" if one in values else one for one in columns]
    order = ORDERS.get(table.name) or ", ".join(table.key) or "1"
    return Probe(
        kind,
        f"insert {table.name}: {how}",
        f"INSERT INTO app.{table.name} ({', '.join(columns)}) SELECT {', '.join(taken)} FROM app.{table.name}"
        f" ORDER BY {order} LIMIT 1",
        {name: str(value) for name, value in values.items() if name in columns},
    )


def _pointing(tables: list[_Table], row: Any, strange: Strange, ids: list[UUID]) -> Iterator[Probe]:
    """A's row with a foreign key to one of B's rows, both columns at once."""
    table = next(one for one in tables if f"app.{one.name}" == row.name)
    places = [column for column in row.columns if table.columns[column] == "uuid"]
    orgs = [column for column in places if column.endswith("org_id")]
    others = [column for column in places if column not in orgs]
    for one in ids if others else []:
        values = dict.fromkeys(orgs, strange.ids["org"]) | dict.fromkeys(others, one)
        yield _copy("point", table, f"{row.key} to B's {one}", values)
        # A's own side of a key of three columns stays A's.
        for org in orgs if len(orgs) > 1 else []:
            yield _copy(
                "point",
                table,
                f"{row.key} to B's {one} by {org}",
                {org: strange.ids["org"], **dict.fromkeys(others, one)},
            )


def _calls(row: Any, a: Side, strange: Strange) -> Iterator[Probe]:
    """A function with every combination of B's ids and words, and of A's organisation with B's ids."""
    choices: list[list[Any]] = [_choices(kind, a, strange) for kind in row.types]
    names = [f"p{number}" for number in range(len(choices))]
    arguments = ", ".join(f"CAST(:{name} AS {kind})" for name, kind in zip(names, row.types, strict=True))
    for given in list(product(*choices))[:_MOST]:
        yield Probe(
            "call",
            f"sec.{row.name}",
            f"SELECT * FROM sec.{row.name}({arguments})",
            dict(zip(names, given, strict=True)),
        )


def _choices(kind: str, a: Side, strange: Strange) -> list[Any]:
    found: dict[str, list[Any]] = {
        "uuid": [strange.ids["org"], a.org.id, *(strange.ids[one] for one in ("referral", "waiting", "client", "staff",
                 "session", "consent", "programme", "invite"))],
        "text": ["accepted", strange.words["login"], strange.words["ref"]],
        "bytea": [bytes(32)],
        "integer": [1],
        "boolean": [True],
        "date": ["2026-01-01"],
        "interval": ["1 minute"],
        "timestamp with time zone": ["2026-01-01T00:00:00+00:00"],
        "text[]": [["outreach"]],
    }  # fmt: skip
    return found.get(kind, [None])
