"""One way to the database: a session that enters its context at the start of each transaction.

Whoever opens a session says how it enters (`entering`); the wall and the actor then come from one query, and a
transaction that did not enter is refused by the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    ARRAY,
    Connection,
    DateTime,
    Engine,
    ForeignKeyConstraint,
    MetaData,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from app.core.context import Actor
from app.core.errors import SignInNeeded

Entering = Callable[[Connection], Actor]


class Base(DeclarativeBase):
    """Every model stands in the schema `app`; what the walls keep in `sec` has no model."""

    metadata = MetaData(schema="app")
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: DateTime(timezone=True),
        str: Text(),
        list[str]: ARRAY(Text()),
        dict[str, Any]: JSONB(),
        list[dict[str, Any]]: JSONB(),
    }


def points_to(columns: str, table: str, targets: str = "org_id id", **options: Any) -> ForeignKeyConstraint:
    """Write a composite foreign key within the schema short, such as "org_id staff_id" to "staff"."""
    return ForeignKeyConstraint(columns.split(), [f"app.{table}.{target}" for target in targets.split()], **options)


def url_for(url: str) -> URL:
    """The driver's URL for a plain postgresql:// one."""
    return make_url(url).set(drivername="postgresql+psycopg")


def engine(url: str, *, size: int = 5) -> Engine:
    """An engine that works behind PgBouncer in transaction mode (no server-side prepared statements)."""
    return create_engine(
        url_for(url),
        pool_size=size,
        max_overflow=size,
        pool_pre_ping=True,
        pool_recycle=1800,
        connect_args={"prepare_threshold": None, "connect_timeout": 5},
        hide_parameters=True,  # parameters hold what people typed
    )


def entering(session: Session, enter: Entering) -> None:
    """Say how each transaction of `session` finds out who acts."""
    session.info["enter"] = enter
    session.info.pop("actor", None)


def actor(session: Session) -> Actor:
    """Who acts in this transaction. Raises SignInNeeded when nobody does."""
    session.connection()
    found = session.info.get("actor")
    if not isinstance(found, Actor):
        raise SignInNeeded
    return found


def by_token(token: str) -> Entering:
    """Enter as the person whose session this is."""

    def enter(connection: Connection) -> Actor:
        row = connection.execute(text("SELECT * FROM sec.enter(:token)"), {"token": token}).one_or_none()
        if row is None:
            raise SignInNeeded
        return Actor(
            org_id=row.org_id,
            org_kind=row.org_kind,
            staff_id=row.staff_id,
            roles=frozenset(row.roles),
            language=row.language,
            session_id=row.session_id,
        )

    return enter


@event.listens_for(Session, "after_begin")
def _enter(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    enter: Entering | None = session.info.get("enter")
    if enter is not None:
        session.info["actor"] = enter(connection)


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit what the block did, or nothing of it. Nothing else commits."""
    try:
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
