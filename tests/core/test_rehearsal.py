"""Who may write what is past: the migrator on an empty database, and nobody else, nor later."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.orm import Session

from app.core import db, rehearsal
from app.core.provision import LOGINS
from tests.network import Network, Servers

RUNNING = tuple(role for role in LOGINS if role != "spean_migrator")


@pytest.fixture
def empty(servers: Servers, worker_id: str) -> Iterator[Servers]:
    made = Servers.prepare(servers.admin_url, servers.redis_url, f"rehearsal_{worker_id}")
    yield made
    made.clear()


def migrating(servers: Servers) -> Session:
    return Session(servers.engines["spean_migrator"])


def is_open_with(servers: Servers, secret: str) -> bool:
    """Asked as a trigger would ask, by the role that owns the answer."""
    with migrating(servers) as session:
        session.execute(text("SET LOCAL ROLE spean_sec"))
        session.execute(text(f"SELECT set_config('{rehearsal.SETTING}', :secret, true)"), {"secret": secret})
        return bool(session.scalar(text("SELECT sec.rehearsing()")))


def test_it_opens_with_its_secret_alone_and_ends(empty: Servers) -> None:
    assert is_open_with(empty, empty.secret)
    assert not is_open_with(empty, "")
    assert not is_open_with(empty, "guessed")
    with migrating(empty) as session, db.transaction(session):
        rehearsal.end(session)
    assert not is_open_with(empty, empty.secret)


def test_it_ends_by_itself(empty: Servers) -> None:
    with migrating(empty) as session, db.transaction(session):
        session.execute(text("SET LOCAL ROLE spean_sec"))
        session.execute(text("UPDATE sec.rehearsal SET until = now()"))
    assert not is_open_with(empty, empty.secret)


def test_none_opens_once_somebody_has_begun(empty: Servers) -> None:
    Network(empty).organisation()
    with migrating(empty) as session, db.transaction(session), pytest.raises(ValueError, match="nothing stands yet"):
        rehearsal.begin(session)
    assert not is_open_with(empty, empty.secret)  # asking closes the one that was open


@pytest.mark.parametrize("role", RUNNING)
@pytest.mark.parametrize(
    "statement",
    ["SELECT sec.begin_rehearsal(sha256('x'))", "SELECT sec.end_rehearsal()", "DELETE FROM sec.rehearsal",
     "INSERT INTO sec.rehearsal VALUES (true, sha256('x'), now() + interval '1 day')"],
)  # fmt: skip
def test_no_running_process_opens_one(network: Network, role: str, statement: str) -> None:
    engine = network.servers.engines[role]
    with engine.connect() as connection, pytest.raises(ProgrammingError, match="permission denied"):
        connection.execute(text(statement))


def test_the_secret_stands_nowhere(network: Network) -> None:
    with network.servers.engines["spean_backup"].connect() as connection:
        kept = connection.execute(text("SELECT secret_hash FROM sec.rehearsal")).scalar_one()
    assert network.servers.secret.encode() not in bytes(kept)
