"""What every table gets, whichever migration made it (`docs/adr/0011-empty-tables-raise-and-a-blind-planner.md`).

Run after each migration. Only what is missing is made, so that running it again takes no lock.
"""

from __future__ import annotations

from sqlalchemy import Connection, text

ENTERED = ("spean_web", "spean_public", "spean_worker")
"""The roles that read nothing before they entered a context. (The publisher belongs to no organisation.)"""
SHUT_OUT = (*ENTERED, "spean_keeper")
"""Those and the keeper, which enters to change keys: even an empty table raises for them without a context."""
OPEN_TABLES = ("areas", "network_settings", "organisations", "programme_records", "uptake_releases")
"""Whoever signed in reads every row of these, so the planner's statistics of them tell nobody anything."""

# Where there is a row, the table's own policies ask who acts. An empty table must raise too: for its estimate of the
# second arm the planner calls the function, which raises without a context. The executor never gets past the first
# arm, which is a sub-select because the planner would fold a constant, and with it the second arm, away.
_CONTEXT = f"""
SELECT format(
    'CREATE POLICY context ON app.%I AS RESTRICTIVE TO {", ".join(SHUT_OUT)}'
    ' USING ((SELECT true) OR %I = %s)', t.relname, c.attname,
    CASE c.atttypid WHEN 'uuid'::regtype THEN 'sec.org()' WHEN 'text'::regtype THEN 'sec.kind()'
        ELSE '(sec.org() IS NOT NULL)' END)
FROM pg_class t
JOIN pg_index i ON i.indrelid = t.oid AND i.indisprimary
JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum = i.indkey[0]
WHERE t.relnamespace = 'app'::regnamespace AND t.relkind IN ('r', 'p')
  AND NOT EXISTS (SELECT 1 FROM pg_policy p WHERE p.polrelid = t.oid AND p.polname = 'context')
ORDER BY t.relname
"""  # noqa: S608 - names of our own roles

_STATISTICS = """
SELECT format('ALTER TABLE app.%I ALTER COLUMN %I SET STATISTICS 0', t.relname, c.attname)
FROM pg_class t
JOIN pg_attribute c ON c.attrelid = t.oid AND c.attnum > 0 AND NOT c.attisdropped
WHERE t.relnamespace = 'app'::regnamespace AND t.relkind IN ('r', 'p') AND t.relname <> ALL (:open)
  AND c.attstattarget IS DISTINCT FROM 0
ORDER BY t.relname, c.attnum
"""


def complete(connection: Connection) -> None:
    """Give each table of the schema `app` what it lacks. The connection acts as the tables' owner."""
    for query in (_CONTEXT, _STATISTICS):
        for statement in connection.scalars(text(query), {"open": list(OPEN_TABLES)}).all():
            connection.exec_driver_sql(statement)
