"""What EXPLAIN tells one organisation of another: the same numbers for one with thousands of rows and one with none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
from psycopg import sql

from app.core.walls import ENTERED, OPEN_TABLES
from tests.cast import cast
from tests.network import Network, Person
from tests.walls.lint import Connection

MANY = 3000
CLOSED = "schemaname = 'app' AND tablename <> ALL (%s)"


@dataclass
class Counted:
    """One transaction in which one organisation has thousands of rows and every table was analysed."""

    db: Connection
    big: UUID
    asker: Person

    def estimate(self, role: str, table: str, column: str, value: object) -> object:
        """The planner's plan and numbers, told to a person of a third organisation under `role`."""
        self.db.execute("SELECT * FROM sec.enter(%s)", (self.asker.token,))
        self.db.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(role)))
        query = sql.SQL("EXPLAIN (FORMAT JSON) SELECT 1 FROM app.{} WHERE {} = {}").format(
            sql.Identifier(table), sql.Identifier(column), sql.Literal(value)
        )
        row = self.db.execute(query).fetchone()
        self.db.execute("RESET ROLE")
        assert row is not None
        return _numbers(row[0][0]["Plan"])

    def readable(self, role: str) -> list[tuple[str, str]]:
        """Columns of closed tables that hold an organisation and that `role` may read."""
        return self.db.execute(
            "SELECT c.table_name, c.column_name FROM information_schema.columns c WHERE c.table_schema = 'app'"
            " AND c.column_name LIKE '%%org_id' AND c.table_name <> ALL (%s)"
            " AND has_column_privilege(%s, 'app.' || c.table_name, c.column_name, 'SELECT')",
            (list(OPEN_TABLES), role),
        ).fetchall()  # type: ignore[return-value]


def _numbers(plan: dict[str, object]) -> object:
    kept = {key: plan[key] for key in ("Node Type", "Plan Rows", "Total Cost")}
    below = plan.get("Plans", [])
    assert isinstance(below, list)
    return (kept, [_numbers(one) for one in below])


def _given(db: Connection, table: str) -> list[str]:
    """The columns that are written, and not made of others."""
    rows = db.execute(
        "SELECT attname::text FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND attgenerated = ''"
        " AND NOT attisdropped",
        (f"app.{table}",),
    )
    return [one for (one,) in rows]


@pytest.fixture
def counted(network: Network) -> Iterator[Counted]:
    team, asker = cast(network), network.organisation().manager
    team.send()
    assert asker
    with network.servers.administrator() as db:
        db.execute("SET LOCAL session_replication_role = replica")  # a thousandfold copy, no thousand triggers
        for table, column, fresh in (
            ("clients", "org_id", ("id", "code")),
            ("staff", "org_id", ("id",)),
            ("audit_log", "org_id", ("id",)),
            ("referrals", "sender_org_id", ("id", "ref", "consent_id")),
            ("referral_events", "sender_org_id", ("id",)),
        ):
            other = ", ".join(f"'{one}', gen_random_uuid()" for one in fresh)
            given = _given(db, table)
            values = ", ".join(f"(jsonb_populate_record(NULL::app.{table}, t)).{one}" for one in given)
            db.execute(
                f"INSERT INTO app.{table} ({', '.join(given)}) SELECT {values}"  # type: ignore[arg-type]
                f" FROM (SELECT to_jsonb(x) || jsonb_build_object({other}) AS t FROM generate_series(1, {MANY}),"
                f" (SELECT * FROM app.{table} WHERE {column} = %s LIMIT 1) x) rows",
                (team.ngo.id,),
            )
        db.execute("ANALYZE")
        yield Counted(db, team.ngo.id, asker)
        db.rollback()


@pytest.mark.parametrize("role", ENTERED)
def test_a_plan_tells_nothing_of_another_organisation(counted: Counted, role: str) -> None:
    columns = counted.readable(role)
    assert ("staff", "org_id") in columns
    for table, column in columns:
        big = counted.estimate(role, table, column, counted.big)
        assert big == counted.estimate(role, table, column, uuid4()), (table, column)


def test_with_statistics_it_would_tell(counted: Counted) -> None:
    counted.db.execute("ALTER TABLE app.clients ALTER org_id SET STATISTICS 100")
    counted.db.execute("ANALYZE app.clients")
    told = [counted.estimate("spean_web", "clients", "org_id", one) for one in (counted.big, uuid4())]
    assert told[0] != told[1]


def test_nothing_is_kept_of_closed_tables_when_they_are_analysed(counted: Counted) -> None:
    kept = "SELECT tablename, attname FROM pg_stats WHERE "
    indexes = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = ANY (%s::regclass[])"
    on_open = counted.db.execute(indexes, ([f"app.{table}" for table in OPEN_TABLES],)).fetchall()
    spared = [*OPEN_TABLES, *(name.removeprefix("app.") for (name,) in on_open)]  # an expression's statistics too
    assert counted.db.execute(f"{kept} {CLOSED}", (spared,)).fetchall() == []  # type: ignore[arg-type]
    assert counted.db.execute(f"{kept} tablename = 'organisations'").fetchall() != []  # type: ignore[arg-type]
