"""0031 runs over programmes that are oversold, that have no limit, and over a network of a steward alone."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.core.ids import new_id
from app.core.migrate import upgrade
from tests.cast import cast, programme
from tests.network import Network, Servers
from tests.referrals.places.houses import miscounted, taken

BEFORE, AFTER = "0030", "0031"
ACCEPT = "UPDATE app.referrals SET state = 'accepted', window_from = now(), updated_at = now() WHERE id = :id"
COME = """
INSERT INTO app.episodes (org_id, id, client_id, programme_id, heard_from, started_at, staff_id)
SELECT c.org_id, :id, c.id, :programme, 'self', now(), sec.staff() FROM app.clients c LIMIT 1
"""


@pytest.fixture
def before(servers: Servers) -> Iterator[Network]:
    made = Servers.provisioned(servers.admin_url, servers.redis_url, "hold_places")
    upgrade(made.urls["spean_migrator"], BEFORE)
    yield Network(made)
    made.clear()


def test_what_is_taken_is_stated_anew(before: Network) -> None:
    people = cast(before)
    oversold, endless = programme(people.clinic, capacity=1), programme(people.clinic, capacity=None)
    for referral_id in [people.send(people.consent(where)[0]) for where in (oversold, oversold, endless)]:
        with people.nurse.transaction() as (session, _actor):
            session.execute(text(ACCEPT), {"id": referral_id})
    with people.outreach.transaction() as (session, _actor):
        own = programme(people.ngo, capacity=5)
        session.execute(text(COME), {"id": new_id(), "programme": own})
    upgrade(before.servers.urls["spean_migrator"], AFTER)
    before.servers.engines["spean_backup"].dispose()
    assert taken(before, oversold) == (2, 2)
    assert taken(before, endless) == (0, 0)
    assert taken(before, own) == (1, 1)
    assert miscounted(before) == []


def test_a_steward_alone_migrates(before: Network) -> None:
    assert before.steward
    upgrade(before.servers.urls["spean_migrator"], AFTER)
    assert miscounted(before) == []
