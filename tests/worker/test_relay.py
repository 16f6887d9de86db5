from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from tests.cast import cast
from tests.network import Network
from tests.worker.news import jobs
from worker import relay
from worker.config import TASK_LIMIT
from worker.context import Workshop


def test_a_leased_job_is_handed_out_once_and_again_when_the_lease_has_run_out(
    network: Network, workshop: Workshop
) -> None:
    referral_id = cast(network).send()
    first: list[UUID] = []
    assert relay.relay(workshop, first.append) == 1
    assert relay.relay(workshop, first.append) == 0
    assert relay.LEASE > TASK_LIMIT
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            text("UPDATE app.outbox SET next_at = now(), leased_until = now() WHERE referral_id = :id"),
            {"id": referral_id},
        )
    again: list[UUID] = []
    assert relay.relay(workshop, again.append) == 1
    assert again == first
    assert jobs(network, referral_id) == [("sent", 2, None, False)]


def test_a_job_that_nobody_leased_opens_nothing(network: Network, workshop: Workshop) -> None:
    cast(network).send()
    found: list[UUID] = []
    relay.relay(workshop, found.append)
    with workshop.on_job(found[0]) as (session, job):
        assert job.id == found[0]
        session.execute(text("SELECT sec.retry_job(:id, interval '1 hour')"), {"id": found[0]})
    with workshop.outside() as session:
        query = text("SELECT count(*) FROM sec.enter_job(:id)")
        assert session.execute(query, {"id": found[0]}).scalar_one() == 0
