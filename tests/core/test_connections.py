"""What the connections of every engine keep, and when they are given up."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import Connection, Engine, create_engine, text
from sqlalchemy.exc import DBAPIError, OperationalError, ProgrammingError

from app.core import db
from app.core.breaker import Breaker
from app.core.connections import OPTIONS, Unanswered, attend
from app.core.errors import NotAllowed
from orgs.clients.use_cases.records import create_client
from tests.cast import SOKHA, cast
from tests.network import Network

ASKED = text("SELECT 41 + CAST(:one AS integer) AS asked_often")
ENOUGH = 4


def asked(engine: Engine) -> None:
    """Ask often enough, each time in a transaction that is undone, as by a refusal."""
    for _ in range(ENOUGH):
        with engine.connect() as connection:
            assert connection.execute(ASKED, {"one": 1}).scalar_one() == 42


def prepared(connection: Connection) -> int:
    """How many of them are prepared there."""
    known = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE :like")
    found: int = connection.execute(known, {"like": "% AS asked_often"}).scalar_one()
    return found


def test_what_is_prepared_outlives_what_is_undone(one_connection: Engine) -> None:
    asked(one_connection)
    with one_connection.connect() as connection:
        assert prepared(connection) == 1
        with pytest.raises(ProgrammingError):
            connection.execute(text("SELECT none"))
        connection.rollback()
        assert prepared(connection) == 1
        assert connection.execute(ASKED, {"one": 1}).scalar_one() == 42


def test_more_is_kept_prepared_than_a_driver_would_by_itself(one_connection: Engine) -> None:
    several = 150
    for _ in range(ENOUGH):
        with one_connection.connect() as connection:
            for number in range(several):
                connection.exec_driver_sql(f"SELECT {number} AS asked_often")
    with one_connection.connect() as connection:
        assert prepared(connection) == several


def test_what_is_undone_is_undone(network: Network) -> None:
    people = cast(network)
    made = []

    def refused() -> None:
        with people.outreach.transaction() as (session, actor):
            made.append(create_client(session, actor, SOKHA))
            session.flush()
            raise NotAllowed

    with pytest.raises(NotAllowed):
        refused()
    with people.outreach.transaction() as (session, _actor):
        found = session.execute(text("SELECT count(*) FROM app.clients WHERE id = :id"), {"id": made[0]})
        assert found.scalar_one() == 0


def gone(network: Network, connection: Connection) -> int:
    """End the server behind a connection, as a restart does; returns which it was."""
    pid: int = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
    with network.servers.administrator() as administrator:
        administrator.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    return pid


def test_a_connection_whose_server_went_away_is_given_up(network: Network, one_connection: Engine) -> None:
    asked(one_connection)
    with one_connection.connect() as connection:
        gone(network, connection)
        with pytest.raises(OperationalError):
            connection.execute(ASKED, {"one": 1})
    asked(one_connection)


def test_so_is_one_that_cannot_undo(network: Network, one_connection: Engine) -> None:
    with one_connection.connect() as connection:
        pid = gone(network, connection)
        with pytest.raises(DBAPIError):
            connection.rollback()
    with one_connection.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid


@pytest.fixture
def hurried(network: Network) -> Iterator[Engine]:
    """Connections that wait half a second."""
    made = create_engine(db.url_for(network.servers.urls["spean_web"]), pool_size=1, max_overflow=0, **OPTIONS)
    yield attend(made, Breaker(0.5, pause_s=0, look_s=1))
    made.dispose()


def test_who_has_a_deadline_gives_up_and_begins_anew(hurried: Engine) -> None:
    with hurried.connect() as connection:
        pid = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        began = time.monotonic()
        with pytest.raises(OperationalError) as caught:
            connection.exec_driver_sql("SELECT pg_sleep(2)")
        assert 0.4 < time.monotonic() - began < 1.5
        assert isinstance(caught.value.orig, Unanswered)
    with hurried.connect() as connection:
        assert connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one() != pid


def test_who_has_none_waits_as_long_as_it_takes(network: Network, hurried: Engine) -> None:
    """Operators' commands, migrations and the worker, whatever the web thinks of the server."""
    with hurried.connect() as connection, pytest.raises(OperationalError):
        connection.exec_driver_sql("SELECT pg_sleep(2)")
    for role in ("spean_migrator", "spean_worker", "spean_keeper", "spean_backup"):
        with network.servers.engines[role].connect() as connection:
            connection.exec_driver_sql("SELECT pg_sleep(0.7)")
