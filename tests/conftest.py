"""One database for the run (one per parallel worker), fresh organisations for each test, never the owner."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings
from sqlalchemy import Engine

from app.core import db
from tests.network import Network, Servers

pytest_plugins = ["tests.bouncing", "tests.plugins.no_skips", "tests.plugins.browser"]


settings.register_profile("spean", deadline=None)  # shared machines stall; slowness is measured elsewhere
settings.load_profile("spean")


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Servers]:
    """PostgreSQL and Redis: the ones named in the environment, or embedded ones of our own."""
    admin, redis = os.environ.get("SPEAN_TEST_ADMIN_URL"), os.environ.get("SPEAN_TEST_REDIS_URL")
    if admin and redis:
        yield from _prepared(admin, redis, worker_id)
        return
    from app.launch.servers import embedded  # noqa: PLC0415 - only when needed

    folder: Path = tmp_path_factory.mktemp("servers")
    with embedded(folder) as (admin, redis):
        yield from _prepared(admin, redis, worker_id)


def _prepared(admin: str, redis: str, worker_id: str) -> Iterator[Servers]:
    made = Servers.prepare(admin, redis, worker_id)
    yield made
    made.clear()


@pytest.fixture(scope="session")
def network(servers: Servers) -> Network:
    """A steward and the areas; each test adds organisations of its own (`network.organisation(…)`)."""
    return Network(servers)


@pytest.fixture
def one_connection(network: Network) -> Iterator[Engine]:
    """The web's connections, of which there is one."""
    engine = db.engine(network.servers.urls["spean_web"], size=1)
    engine.pool._max_overflow = 0  # type: ignore[attr-defined]
    yield engine
    engine.dispose()
