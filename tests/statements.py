"""What an app says to the database while somebody waits."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event
from sqlalchemy.orm import Session

from app.http.session import database


@contextmanager
def heard(app: Flask) -> Iterator[list[str]]:
    """Every statement that the app sends inside the block, without its values."""
    said: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        said.append(statement)

    with app.app_context():
        engines = list(database.engines.values())
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    try:
        yield said
    finally:
        for engine in engines:
            event.remove(engine, "before_cursor_execute", note)


@contextmanager
def statements(session: Session) -> Iterator[list[str]]:
    """Every statement of this session inside the block, without its values."""
    said: list[str] = []
    connection = session.connection()

    def note(_connection: object, _cursor: object, statement: str, *_others: object) -> None:
        said.append(statement)

    event.listen(connection, "before_cursor_execute", note)
    try:
        yield said
    finally:
        event.remove(connection, "before_cursor_execute", note)
