"""What a list costs in statements, from the request to the answer, the context, the audit and the bell included."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from flask import Flask
from sqlalchemy import Engine, event

from app.http.session import database
from orgs.clients.use_cases.records import create_client
from tests.cast import SOKHA, Cast, cast
from tests.network import Network
from tests.pages import client_for, site

MOST = {
    ("nurse", "/inbox"): 6,
    ("nurse", "/api/v1/referrals?side=receiver"): 2,
    ("outreach", "/api/v1/referrals?side=sender"): 2,
    ("outreach", "/outbox/drafts"): 4,
    ("outreach", "/outbox"): 8,
    ("outreach", "/clients"): 7,
}
"""Six is what any list should cost. The outbox and the clients' list, which open names, are not there yet."""


@pytest.fixture(scope="module")
def pages(network: Network) -> Flask:
    assert network.steward
    return site(network)


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        said.append(statement)

    with app.app_context():
        engines: list[Engine] = list(database.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize(("who", "path"), MOST)
def test_a_list_costs_the_same_statements_however_long(pages: Flask, people: Cast, who: str, path: str) -> None:
    client = client_for(pages, getattr(people, who))

    def cost() -> list[str]:
        with counting(pages) as said:
            assert client.get(path).status_code == 200
        return said

    people.send()
    few = cost()
    with people.outreach.transaction() as (session, actor):
        other = create_client(session, actor, SOKHA)
    for _ in range(3):
        people.send(people.consent(people.second_id)[0])
        replace(people, client_id=other).send()
    many = cost()
    assert len(many) == len(few) == MOST[who, path], "\n".join(many)
