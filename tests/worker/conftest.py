from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from tests.network import Network
from tests.running import Broker, PostOffice, broker_running, forget_old, post_office_open
from worker.context import Workshop


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with post_office_open() as office:
        yield office


@pytest.fixture
def workshop(network: Network, post: PostOffice) -> Iterator[Workshop]:
    """The worker's own connections, and the mail server above. Nothing of earlier tests waits in its outbox."""
    made = Workshop(replace(network.servers.settings, smtp_url=post.url, base_url="https://spean.example.org"))
    forget_old(network)
    yield made
    made.close()


@pytest.fixture
def broker() -> Iterator[Broker]:
    with broker_running() as running:
        yield running
