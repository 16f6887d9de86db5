"""Which requests are answered once more: those that met another's step and have only read so far."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest
from flask import Flask
from psycopg.errors import DeadlockDetected
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from app.core import db
from app.core.errors import Moved
from app.http.session import database, reading, transaction
from tests.cast import cast
from tests.http.posting import READY, SHOWN_ONCE
from tests.network import Network
from tests.pages import client_for, site

Block = Callable[[], AbstractContextManager[Session]]


def tries(network: Network, method: str, *blocks: Block) -> int:
    """How often a view is called that works in these blocks, the last of which meets another's step the first time."""
    pages, called = site(network), 0

    def view() -> str:
        nonlocal called
        called += 1
        for number, block in enumerate(blocks, 1):
            with block() as session:
                session.execute(text("SELECT 1"))
                if called == 1 and number == len(blocks):
                    raise Moved
        return "as things stand now"

    pages.add_url_rule("/met", "inbox.met", view, methods=[method])
    pages.config["PROPAGATE_EXCEPTIONS"] = False
    answered = client_for(pages, cast(network).nurse).open("/met", method=method)
    assert (answered.status_code == 200) == (called == 2)
    return called


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    ("blocks", "expected"),
    [
        ((transaction,), 2),
        ((reading, transaction), 2),
        ((reading, reading), 2),
        ((transaction, transaction), 1),
        ((reading, transaction, transaction), 1),
    ],
)
def test_only_what_did_nothing_yet_is_begun_again(
    network: Network, method: str, blocks: tuple[Block, ...], expected: int
) -> None:
    assert tries(network, method, *blocks) == expected


def test_what_was_read_and_undone_does_not_cover_what_is_written_after_it(network: Network) -> None:
    @contextmanager
    def undone_then_written() -> Iterator[Session]:
        with db.holding(database.session()), reading() as session:
            session.execute(text("SELECT 1"))
        with transaction() as session:
            yield session

    assert tries(network, "POST", undone_then_written, transaction) == 1


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@contextmanager
def deadlock_at_the_first_write(pages: Flask) -> Iterator[list[str]]:
    """As if two had waited for each other's rows: the first statement that writes fails, once.

    Not the audit's: to read is written there too, and what is tried here is what comes after it.
    """
    failed: list[str] = []

    def fail(_connection: object, _cursor: object, statement: str, *_more: object) -> None:
        writes = statement.lstrip().startswith(("INSERT", "UPDATE", "DELETE"))
        if writes and "audit" not in statement and not failed:
            failed.append(statement)
            raise OperationalError(statement, None, DeadlockDetected())

    with pages.app_context():
        engine = database.engine
    event.listen(engine, "before_cursor_execute", fail)
    try:
        yield failed
    finally:
        event.remove(engine, "before_cursor_execute", fail)


@pytest.mark.parametrize("endpoint", READY)
def test_every_form_that_met_a_deadlock_is_done_all_the_same(pages: Flask, network: Network, endpoint: str) -> None:
    who, address, form = READY[endpoint](cast(network))
    browser = client_for(pages, who)
    browser.get(address)  # a first look writes, and is not what is tried here
    with deadlock_at_the_first_write(pages) as failed:
        answered = browser.post(address, data={**form, "one_use": "a-token-of-one-page-0001"})
    assert len(failed) == 1
    assert answered.status_code == (200 if endpoint in SHOWN_ONCE else 303)
