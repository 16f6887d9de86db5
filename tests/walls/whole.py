"""All that stands in the database, as one value for each table: for tests that nothing was done a second time."""

from __future__ import annotations

from sqlalchemy import text

from tests.network import Servers

_TABLES = text("SELECT tablename FROM pg_tables WHERE schemaname = 'app'")
_WHOLE = "SELECT md5(coalesce(string_agg(row::text, ',' ORDER BY row::text), '')) FROM app.{} row"


def whole(servers: Servers) -> dict[str, str]:
    """Every table of organisations' rows but the audit, as the backup's role reads it."""
    with servers.engines["spean_backup"].connect() as connection:
        tables = sorted(set(connection.execute(_TABLES).scalars()) - {"audit_log"})
        return {table: connection.execute(text(_WHOLE.format(table))).scalar_one() for table in tables}
