from __future__ import annotations

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from app.core.db import Base
from referrals import mappers
from tests.network import Servers


def test_models_and_schema_say_the_same(servers: Servers) -> None:
    mappers.configure()
    with servers.engines["spean_migrator"].connect() as connection:
        connection.execute(text("SET LOCAL ROLE spean_owner"))
        assert _differences(connection) == []


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(
        connection,
        opts={
            "include_schemas": True,
            "include_name": lambda name, kind, _parents: kind != "schema" or name == "app",
            "compare_type": True,
            "compare_server_default": False,
        },
    )
    return list(compare_metadata(context, Base.metadata))
