"""Facts as use cases note them, and the publisher's connection, for tests of what comes out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from app.core import db
from app.core.ids import new_id
from referrals.uptake.models import UptakeFact
from tests.network import Network, Person


@contextmanager
def publisher(network: Network) -> Iterator[Session]:
    """One transaction as the only role that reads facts."""
    with Session(network.servers.engines["spean_publisher"]) as session, db.transaction(session):
        yield session


def forget_all(network: Network) -> None:
    """Empty the facts and releases of the run's database, so that a test sees its own only."""
    with network.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_owner"))
        connection.execute(text("TRUNCATE app.uptake_facts, app.uptake_releases"))


def note(
    person: Person,
    day: date,
    measure: str,
    people: range,
    *,
    khan: str | None = "1201",
    service: str | None = "methadone",
    source: str | None = None,
) -> None:
    """One fact for each of `people` (numbers stand for pseudonyms), as the database counts for an organisation."""
    with person.servers.engines["spean_migrator"].begin() as connection:
        connection.execute(text("SET LOCAL ROLE spean_sec"))
        connection.execute(
            insert(UptakeFact),
            [
                {
                    "org_id": person.org_id, "id": new_id(), "day": day, "khan": khan, "sangkat": None,
                    "service": service, "measure": measure, "source": source, "pseudonym": number.to_bytes(32),
                }
                for number in people
            ],
        )  # fmt: skip
