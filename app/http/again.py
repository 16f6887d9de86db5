"""A request that met a colleague's step half-way is answered once more from the beginning, as things stand after it.

PostgreSQL shows each statement what is committed when it begins. A withdrawal that is committed between two statements
of one page takes keys away whose rows the page has just read: what then fails is no fault and is gone a moment later.
"""

from __future__ import annotations

from typing import Any

from flask import Flask, g, has_request_context, request
from psycopg import errors
from sqlalchemy import event
from sqlalchemy.exc import DBAPIError, IntegrityError, NoResultFound
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import ObjectDeletedError, StaleDataError

from app.core.crypto import Unsealable
from app.core.errors import Conflict, Moved
from app.http.session import ONLY_READ, DoorSession, database

_KEY = "spean_done"
_MOVED = (Moved, Unsealable, IntegrityError, NoResultFound, ObjectDeletedError, StaleDataError)
_REFUSED = (errors.InsufficientPrivilege, errors.SerializationFailure, errors.DeadlockDetected)
"""What the database says: a row may not be written any more (row security), or another transaction was in between."""


def init_again(app: Flask) -> None:
    """Answer such requests once more, if they have committed nothing but what was read (`reading`)."""
    once = app.dispatch_request

    def twice() -> Any:
        try:
            return once()
        except Exception as error:
            if g.get(_KEY) or not _may_have_moved(error):
                raise
            app.logger.info("a request met another step and is answered once more (%s)", type(error).__name__)
        database.session().rollback()
        return once()

    app.dispatch_request = twice  # type: ignore[method-assign]


def _may_have_moved(error: Exception) -> bool:
    if isinstance(error, DBAPIError) and isinstance(error.orig, _REFUSED):
        return True
    reading = request.method in {"GET", "HEAD"}
    return isinstance(error, _MOVED) or (reading and isinstance(error, Conflict))


@event.listens_for(DoorSession, "after_commit")
def _note(session: Session) -> None:
    if not session.info.pop(ONLY_READ, False) and has_request_context():
        setattr(g, _KEY, True)


@event.listens_for(DoorSession, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop(ONLY_READ, None)
