from __future__ import annotations

import logging
from collections.abc import Iterator
from io import StringIO

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.errors import NotFound
from app.core.logs import init_logs, refusal, told, way_of
from tests.network import Network

CANARY = "Canary-Alias"


@pytest.fixture
def heard() -> Iterator[StringIO]:
    """What any library's logger writes with a formatter of its own."""
    init_logs()
    out = StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(logging.Formatter("%(message)s"))
    log = logging.getLogger("some.library")
    log.addHandler(handler)
    yield out
    log.removeHandler(handler)


def test_an_exception_is_logged_with_its_way_and_without_its_words(heard: StringIO) -> None:
    try:
        try:
            int(CANARY)
        except ValueError as error:
            raise KeyError(CANARY) from error
    except KeyError:
        logging.getLogger("some.library").exception("it failed")
    said = heard.getvalue()
    assert CANARY not in said.replace("int(CANARY)", "")
    assert "it failed" in said
    assert said.index("ValueError") < said.index("KeyError")
    assert "test_logs.py" in said


def test_a_failed_task_is_named_by_its_kind(heard: StringIO) -> None:
    """As Celery writes it: the error stands in the message too."""
    try:
        int(CANARY)
    except ValueError as error:
        said = {"name": "spean.deliver", "exc": repr(error)}
        logging.getLogger("some.library").exception("%(name)s: %(exc)s", said)
    assert CANARY not in heard.getvalue().replace("int(CANARY)", "")
    assert "spean.deliver: ValueError" in heard.getvalue()


def test_the_databases_own_words_are_not_repeated(network: Network) -> None:
    manager = network.organisation("ngo").manager
    assert manager
    with pytest.raises(DBAPIError) as caught, manager.transaction() as (session, _):
        session.execute(text("SELECT CAST(:word AS uuid)"), {"word": CANARY})
    assert CANARY in str(caught.value)  # the driver does say it
    assert isinstance(caught.value.orig, psycopg.Error)
    assert CANARY not in way_of(caught.value)
    assert CANARY not in refusal(caught.value.orig)
    assert str(caught.value.orig.sqlstate) in way_of(caught.value)


def test_our_own_errors_speak() -> None:
    assert "We could not find that." in told(NotFound())


@pytest.mark.parametrize("role", ["spean_web", "spean_public", "spean_worker"])
def test_the_servers_log_gets_no_value_from_our_roles(network: Network, role: str) -> None:
    """Whatever the operator's server logs of others: neither parameters nor what an error quotes."""
    wanted = {
        "log_min_messages": "log",
        "log_min_error_statement": "panic",
        "log_error_verbosity": "terse",
        "log_parameter_max_length": "0",
        "log_parameter_max_length_on_error": "0",
    }
    with network.servers.engines[role].connect() as connection:
        found = {name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in wanted}
    assert found == wanted
