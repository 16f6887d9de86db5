"""Short ways to say what tests of the worker ask."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text

from app.core.paging import Page
from referrals.notices import queries
from referrals.notices.queries import Notice
from tests.network import Network, Person


def told(person: Person) -> list[str]:
    """What kinds of news a person has, the oldest first."""
    return [notice.kind for notice in reversed(notices(person).rows)]


def notices(person: Person) -> Page[Notice]:
    with person.transaction() as (session, actor):
        return queries.mine(session, actor, size=100)


def jobs(network: Network, referral_id: UUID) -> list[tuple[str, int, str | None, bool]]:
    """Kind, attempts, outcome and whether it is done, of each job of a referral: as the backup's role reads it."""
    with network.servers.engines["spean_backup"].connect() as connection:
        rows = connection.execute(
            text(
                "SELECT kind, attempts, outcome, done_at IS NOT NULL FROM app.outbox WHERE referral_id = :id"
                " ORDER BY at, kind, org_id"
            ),
            {"id": referral_id},
        )
        return [tuple(row) for row in rows]  # type: ignore[misc]


def mails(network: Network, referral_id: UUID) -> list[tuple[str, str | None]]:
    """State and reason of each delivery about a referral."""
    with network.servers.engines["spean_backup"].connect() as connection:
        rows = connection.execute(
            text("SELECT state, reason FROM app.deliveries WHERE referral_id = :id ORDER BY at, state"),
            {"id": referral_id},
        )
        return [(row.state, row.reason) for row in rows]


def ref_of(person: Person, referral_id: UUID) -> str:
    with person.transaction() as (session, _actor):
        query = text("SELECT ref FROM app.referrals WHERE id = :id")
        return str(session.execute(query, {"id": referral_id}).scalar_one())
