from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import text

from tests.cast import Cast, cast
from tests.network import Network
from tests.pages import site
from tests.running import PostOffice, forget_old, post_office_open
from worker import relay
from worker.context import Workshop


@pytest.fixture(scope="module")
def app(network: Network) -> Flask:
    return site(network)


@pytest.fixture
def post() -> Iterator[PostOffice]:
    with post_office_open() as office:
        yield office


@pytest.fixture
def workshop(network: Network, post: PostOffice) -> Iterator[Workshop]:
    made = Workshop(replace(network.servers.settings, smtp_url=post.url))
    forget_old(network)
    yield made
    made.close()


@pytest.fixture
def refused(network: Network, workshop: Workshop, post: PostOffice) -> tuple[Cast, UUID]:
    """The nurse's address is wrong: a mail to her about this referral failed."""
    team = cast(network)
    post.refusing[team.nurse.email] = "550 5.1.1 nobody of that name"
    referral_id = team.send()
    relay.drain(workshop)
    return team, referral_id


@pytest.fixture
def state_of(network: Network) -> Callable[[UUID], tuple[UUID, str, str | None]]:
    """Id, state and reason of the one delivery of a referral."""

    def look(referral_id: UUID) -> tuple[UUID, str, str | None]:
        with network.servers.engines["spean_backup"].connect() as connection:
            query = text("SELECT id, state, reason FROM app.deliveries WHERE referral_id = :id")
            row = connection.execute(query, {"id": referral_id}).one()
            return (row.id, row.state, row.reason)

    return look
