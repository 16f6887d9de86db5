"""A request that was made before keys became digests is still known after it."""

from __future__ import annotations

from uuid import UUID, uuid4

from sqlalchemy.orm import Session

from app.core import db, idempotency
from app.core.idempotency import Done
from app.core.migrate import upgrade
from tests.migrations.test_steps import _first_steward, _join, fresh, revisions
from tests.network import Servers

__all__ = ["fresh"]
BEFORE = "VALUES (%s, %s, 'a name in a key', 'client.create', %s, 201, %s, now())"


def test_keys_of_before_are_known_and_hold_no_words(fresh: Servers) -> None:
    revision = "0033"
    upgrade(fresh.urls["spean_migrator"], revisions()[0])
    token, made = _join(fresh, _first_steward), uuid4()
    upgrade(fresh.urls["spean_migrator"], revisions()[revisions().index(revision) - 1])
    with fresh.administrator() as staging:
        org_id, staff_id = staging.execute("SELECT org_id, id FROM app.staff").fetchone() or ()
        columns = "(org_id, staff_id, key, action, request_hash, status, result_id, at)"
        staging.execute(f"INSERT INTO app.idempotency_keys {columns} {BEFORE}", [org_id, staff_id, bytes(32), made])
    upgrade(fresh.urls["spean_migrator"])
    with fresh.administrator() as looking:
        assert [len(row[0]) for row in looking.execute("SELECT key FROM app.idempotency_keys")] == [64]
    fresh.engines["spean_web"].dispose()
    with Session(fresh.engines["spean_web"]) as session:
        db.entering(session, db.by_token(token))
        with db.transaction(session):
            again = idempotency.once(
                session, db.actor(session), "a name in a key", "client.create", bytes(32), 201, _never
            )
    assert again == Done(201, made, again=True)


def _never() -> UUID:
    raise AssertionError
