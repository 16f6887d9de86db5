from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.core import clock
from app.core.ids import new_id
from app.core.rows import add_free, later, settle
from orgs.clients.models import ClientNote
from tests.cast import Cast, cast
from tests.network import Network
from tests.statements import statements

ODD = bytes(range(256))


@pytest.fixture
def people(network: Network) -> Cast:
    return cast(network)


def note(people: Cast, *, body: bytes = ODD, **more: Any) -> dict[str, Any]:
    said = {"kind": "note", "clinical": False, "body": body, "at": clock.now(), "staff_id": people.outreach.staff_id}
    return {"org_id": people.ngo.id, "id": new_id(), "client_id": people.client_id, **said, **more}


def bodies(session: Session, *ids: UUID) -> dict[UUID, bytes]:
    rows = session.execute(select(ClientNote.id, ClientNote.body).where(ClientNote.id.in_(ids)))
    return {row.id: row.body for row in rows}


def test_any_number_of_rows_is_the_same_statement_and_none_is_no_statement(people: Cast) -> None:
    with people.outreach.transaction() as (session, _actor), statements(session) as said:
        for count in (2, 5, 0):
            later(session, (ClientNote, [note(people) for _ in range(count)]))
            settle(session)
    assert len(said) == 2
    assert said[0] == said[1]


def test_values_arrive_as_they_were(people: Cast) -> None:
    rows = [note(people), note(people, body=b""), note(people)]
    with people.outreach.transaction() as (session, _actor):
        later(session, (ClientNote, rows))
        settle(session)
        assert bodies(session, *(row["id"] for row in rows)) == {row["id"]: row["body"] for row in rows}


def test_a_row_that_is_there_is_an_error_or_stays_as_it_is(people: Cast) -> None:
    row, other = note(people), note(people)
    with people.outreach.transaction() as (session, _actor):
        later(session, (ClientNote, [row]))
        settle(session)
        later(session, (ClientNote, [{**row, "body": b"other"}, other]), anew=False)
    with people.outreach.transaction() as (session, _actor):
        assert bodies(session, row["id"], other["id"]) == {row["id"]: ODD, other["id"]: ODD}
    with people.outreach.transaction() as (session, _actor):
        later(session, (ClientNote, [row]))
        with pytest.raises(IntegrityError):
            session.commit()
        session.rollback()


def test_what_may_wait_goes_by_one_statement_right_before_the_commit(people: Cast) -> None:
    first, second = note(people), note(people)
    with people.outreach.transaction() as (session, _actor), statements(session) as said:
        later(session, (ClientNote, [first]))
        later(session, (ClientNote, [second]))
        assert said == []
        session.commit()
        assert len(said) == 1
    with people.outreach.transaction() as (session, _actor):
        assert bodies(session, first["id"], second["id"]).keys() == {first["id"], second["id"]}


def test_what_the_session_holds_is_written_before_what_waits(people: Cast) -> None:
    with people.outreach.transaction() as (session, _actor), statements(session) as said:
        later(session, (ClientNote, [note(people)]))
        session.add(ClientNote(**note(people)))
        session.commit()
    assert ["json_to_recordset" in one for one in said] == [False, True]


def test_what_waits_in_a_transaction_that_fails_is_never_written(people: Cast) -> None:
    row = note(people)
    with people.outreach.transaction() as (session, _actor):
        later(session, (ClientNote, [row]))
        session.rollback()
        session.commit()
        assert bodies(session, row["id"]) == {}


def test_a_row_that_was_added_alone_is_the_sessions_own(people: Cast) -> None:
    said = note(people)
    with people.outreach.transaction() as (session, _actor):
        row, again = ClientNote(**said), ClientNote(**said)
        assert add_free(session, row)
        with statements(session) as heard:
            session.flush()
            assert session.get(ClientNote, (row.org_id, row.id)) is row
            assert row.body == ODD
        assert heard == []
        assert not add_free(session, again)
        assert again not in session
