from __future__ import annotations

import pytest
from sqlalchemy import func, literal, select
from sqlalchemy.engine import CursorResult

from app.core.db import LeanSession
from orgs.clients.models import Client, ClientNote
from orgs.clients.use_cases.records import create_client
from tests.cast import SOKHA, Cast, cast
from tests.network import Network

COLUMNS = (select(Client.id), select(Client.__table__.c.id), select(func.count(Client.id)), select(literal(1)))
ENTITIES = (select(Client), select(Client.id, Client), select(Client, ClientNote).join(ClientNote))


@pytest.fixture(scope="module")
def people(network: Network) -> Cast:
    return cast(network)


def test_columns_are_read_as_a_connection_does_and_entities_by_the_mapper(people: Cast) -> None:
    with people.outreach.transaction() as (session, _actor):
        assert isinstance(session, LeanSession)
        assert all(isinstance(session.execute(one), CursorResult) for one in COLUMNS)
        assert not any(isinstance(session.execute(one), CursorResult) for one in ENTITIES)
        both = select(Client.id, Client).where(Client.id == people.client_id)
        assert session.execute(both).one().Client is session.get_one(Client, (people.ngo.id, people.client_id))


def test_what_was_changed_in_the_session_is_read(people: Cast) -> None:
    with people.outreach.transaction() as (session, actor):
        client = create_client(session, actor, SOKHA)
        row = session.get_one(Client, (actor.org_id, client))
        row.heard_from = "peer"
        assert session.execute(select(Client.heard_from).where(Client.id == client)).scalar_one() == "peer"
