"""Alembic's way in: always as the migrator, one migration at a time, never waiting long for a lock."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

from app.core import walls
from app.core.db import Base, url_for

_LOCK = 0x5370_6561_6E  # "Spean"


def _run() -> None:
    url = context.config.attributes.get("url") or context.config.get_main_option("sqlalchemy.url")
    engine = create_engine(url_for(url), poolclass=NullPool, connect_args={"prepare_threshold": None})
    with engine.connect() as connection:
        connection.execute(text("SET lock_timeout = '10s'"))
        connection.execute(text("SELECT pg_advisory_lock(:lock)"), {"lock": _LOCK})
        connection.execute(text("SET ROLE spean_owner"))
        connection.execute(text("CREATE SCHEMA IF NOT EXISTS meta"))
        connection.execute(text("GRANT USAGE ON SCHEMA meta TO spean_backup"))  # a dump says how far it was migrated
        connection.execute(text("ALTER DEFAULT PRIVILEGES IN SCHEMA meta GRANT SELECT ON TABLES TO spean_backup"))
        connection.commit()
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            version_table_schema="meta",
            include_schemas=True,
            transaction_per_migration=True,
        )
        with context.begin_transaction():
            context.run_migrations()
        connection.execute(text("SET ROLE spean_owner"))
        walls.complete(connection)
        connection.commit()
        connection.execute(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK})
        connection.commit()


_run()
