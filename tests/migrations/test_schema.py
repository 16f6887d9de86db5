from __future__ import annotations

from importlib import import_module
from pathlib import Path

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text

from app.core.db import Base
from tests.network import Servers

HOUSE = Path(__file__).parents[2]


def test_models_and_schema_say_the_same(servers: Servers) -> None:
    for path in [*HOUSE.glob("orgs/*/models.py"), *HOUSE.glob("referrals/*/models.py")]:
        import_module(".".join(path.relative_to(HOUSE).with_suffix("").parts))
    for name in ("audit", "idempotency", "key_rows"):
        import_module(f"app.core.{name}")
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
