"""Two databases of their own: another organisation's rows must be able to show."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.network import Network, Servers
from tests.walls.noninterference.worlds import Stage


@pytest.fixture(scope="module")
def stage(servers: Servers, worker_id: str) -> Iterator[Stage]:
    made = [Servers.prepare(servers.admin_url, servers.redis_url, f"{worker_id}_{name}") for name in ("alone", "crowd")]
    found = Stage.of(*map(Network, made))
    yield found
    found.close()
    for one in made:
        one.clear()
