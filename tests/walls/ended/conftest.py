"""One stage for all plays, with its ear on the log."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from tests.network import Network
from tests.running import forget_old, post_office_open
from tests.walls.ended.play import Listener, Stage


@pytest.fixture(scope="module")
def stage(network: Network) -> Iterator[Stage]:
    lines: list[str] = []
    listener, root = Listener(lines), logging.getLogger()
    with post_office_open() as post:
        made = Stage.of(network, post, lines)
        forget_old(network)
        root.addHandler(listener)
        yield made
        root.removeHandler(listener)
        made.workshop.close()
