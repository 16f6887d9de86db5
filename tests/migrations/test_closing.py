"""The migration that closes before it destroys, over referrals that had ended before it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from alembic.script import ScriptDirectory

from app.core.migrate import config, upgrade
from tests.cast import cast
from tests.network import Network, Servers
from tests.referrals.life import looking
from tests.running import swept
from worker import periodic
from worker.context import Workshop

CLOSING = "0032"


@pytest.fixture
def fresh(servers: Servers) -> Iterator[Servers]:
    made = Servers.provisioned(servers.admin_url, servers.redis_url, "closing")
    yield made
    made.clear()


def test_what_had_run_out_stays_gone_and_what_lapsed_waits_for_a_day_of_running(fresh: Servers) -> None:
    before = ScriptDirectory.from_config(config("")).get_revision(CLOSING).down_revision
    upgrade(fresh.urls["spean_migrator"], str(before))
    network = Network(fresh)
    team = cast(network)
    expired, lapsed, goes_on = (team.send() for _ in range(3))
    with fresh.administrator() as staging:
        staging.execute("SET LOCAL session_replication_role = replica")
        staging.execute("UPDATE app.referrals SET state = 'expired', ended_at = now(), readable_until = now(),"
                        " expires_at = now() WHERE id = %s", (expired,))  # fmt: skip
        staging.execute("DELETE FROM app.packet_keys WHERE referral_id = %s AND holder = 'receiver'", (expired,))
        staging.execute("UPDATE app.referrals SET readable_until = %s WHERE id = %s",
                        (looking.referral(network, lapsed).sent_at - timedelta(days=1), lapsed))  # fmt: skip
    upgrade(fresh.urls["spean_migrator"])
    for engine in fresh.engines.values():
        engine.dispose()

    def keys() -> list[int]:
        return [looking.receivers_keys(network, one) for one in (expired, lapsed, goes_on)]

    assert looking.rows(network, "SELECT 1 FROM sec.closed") == []
    workshop = Workshop(fresh.settings)
    try:
        periodic.sweep(workshop)
        assert keys() == [0, 2, 2]
        swept(network, workshop)
        assert keys() == [0, 0, 2]
    finally:
        workshop.close()
