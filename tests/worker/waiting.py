"""What waits to be sent: brought about, and made due, without waiting."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from tests.network import Network
from worker import relay
from worker.context import Workshop


def by_hand(network: Network, statement: str, **values: object) -> None:
    """What only time does."""
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(text(statement), values)


def due_again(network: Network, referral_id: UUID, attempts: int | None = None) -> None:
    by_hand(
        network,
        "UPDATE app.deliveries SET next_at = now(), leased_until = NULL, attempts = coalesce(:n, attempts)"
        " WHERE referral_id = :id AND state IN ('queued', 'parked')",
        id=referral_id, n=attempts,
    )  # fmt: skip


def rung(workshop: Workshop) -> None:
    """Every bell, and no mail yet."""
    for job in relay.lease(workshop):
        relay.ring(workshop, job.id)
