"""Short ways to say what the tests of client records need."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from orgs.clients import queries, use_cases
from orgs.clients.records import Facts, Record
from orgs.clients.views import ClientView
from tests.network import Person


def record(alias: str = "Bopha", *, facts: Facts | None = None, **values: Any) -> Record:
    return Record(alias=alias, facts=facts or Facts(), **values)


def client_of(person: Person, alias: str = "Bopha", **values: Any) -> UUID:
    with person.transaction() as (session, actor):
        return use_cases.create_client(session, actor, record(alias, **values))


def seen_by(person: Person, client_id: UUID) -> ClientView:
    with person.transaction() as (session, actor):
        return queries.client_values(session, actor, client_id)


def found_by(person: Person, text: str) -> list[str]:
    with person.transaction() as (session, actor):
        return [line.shown for line in queries.search(session, actor, text).lines]
