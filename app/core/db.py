"""One way to the database: a session that enters its context at the start of each transaction.

Whoever opens a session says how it enters (`entering`); the wall and the actor then come from one query, and a
transaction that did not enter is refused by the database itself.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    Connection,
    DateTime,
    Engine,
    Executable,
    ForeignKeyConstraint,
    MetaData,
    Result,
    Select,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, make_url
from sqlalchemy.orm import DeclarativeBase, Session, SessionTransaction

from app.core import clock
from app.core.breaker import Breaker
from app.core.connections import OPTIONS, attend
from app.core.context import Actor, Called
from app.core.errors import SignInNeeded

_T = TypeVar("_T")
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


def engine(url: str, *, size: int = 5, breaker: Breaker | None = None) -> Engine:
    """An engine whose connections are made and looked at as `app.core.connections` says."""
    return attend(create_engine(url_for(url), pool_size=size, max_overflow=size, **OPTIONS), breaker)


class LeanSession(Session):
    """A session that reads columns as a connection does, without what the mapper does for entities.

    A tenth of the processor for a page that lists rows. What waits in the session is written first, as for any read.
    """

    def execute(self, statement: Executable, params: Any = None, **options: Any) -> Result[Any]:
        """As the session does."""
        if options or not _is_of_columns(statement):
            return super().execute(statement, params, **options)
        self.flush()
        return self.connection().execute(statement, params)


def _is_of_columns(statement: Executable) -> bool:
    """Whether no entity is selected. (`column_descriptions`, which says it too, costs a third of what is saved.)"""
    return isinstance(statement, Select) and all(isinstance(one, ColumnElement) for one in statement._raw_columns)  # noqa: SLF001


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


_ENTER = text("SELECT to_jsonb(found) AS found FROM sec.enter(:token) found")
"""One value, so that a statement which is prepared already bears a migration that adds to what is found."""


def by_token(token: str) -> Entering:
    """Enter as the person whose session this is."""

    def enter(connection: Connection) -> Actor:
        found: Mapping[str, Any] | None = connection.execute(_ENTER, {"token": token}).scalar_one_or_none()
        if found is None:
            raise SignInNeeded
        if "now" in found:  # not while the tables are not yet where the code is
            clock.hear(datetime.fromisoformat(found["now"]))
        return Actor(
            org_id=UUID(found["org_id"]),
            org_kind=found["org_kind"],
            staff_id=UUID(found["staff_id"]),
            roles=frozenset(found["roles"]),
            language=found["language"],
            session_id=UUID(found["session_id"]),
            called=_called(found),
        )

    return enter


def _called(found: Mapping[str, Any]) -> Called | None:
    """None while the tables are not yet where the code is."""
    return Called(found["person"], found["org_km"], found["org_en"]) if "person" in found else None


@event.listens_for(Session, "after_begin")
def _enter(session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    enter: Entering | None = session.info.get("enter")
    if enter is not None:
        session.info["actor"] = enter(connection)


def ask_time(session: Session) -> datetime:
    """What the database says that it is, for whoever entered nowhere; `clock.now` goes on from there."""
    said = session.execute(text("SELECT now()")).scalar_one()
    clock.hear(said)
    return clock.now()


def remembered(session: Session, key: Hashable, read: Callable[[], _T]) -> _T:
    """What is read twice in one transaction is asked for once. For what this transaction does not itself change.

    Held with the transaction's own object, so that nothing outlives it or meets another person's.
    """
    session.connection()
    begun = session.get_transaction()
    of, known = session.info.get("remembered", (None, {}))
    if of is not begun:
        known = dict[Hashable, Any]()
        session.info["remembered"] = begun, known
    if key not in known:
        known[key] = read()
    found: _T = known[key]
    return found


_HOLDING, _HELD = "holding", "held"


@contextmanager
def transaction(session: Session) -> Iterator[Session]:
    """Commit what the block did, or nothing of it. Nothing else commits.

    Within `holding`, the commit waits until the next block begins, or for `settle`.
    """
    try:
        settle(session)
        yield session
        if session.info.get(_HOLDING):
            session.info[_HELD] = True
        else:
            session.commit()
    except BaseException:
        undo(session)
        raise


@contextmanager
def holding(session: Session) -> Iterator[None]:
    """Hold the last block's commit back, for what belongs to it and is known only after it. What is left is undone."""
    session.info[_HOLDING] = True
    try:
        yield
    finally:
        session.info.pop(_HOLDING, None)
        if held(session):
            undo(session)


def held(session: Session) -> bool:
    """Whether a block has done its part and waits for the commit."""
    return bool(session.info.get(_HELD))


def settle(session: Session) -> None:
    """Commit what a block left held, if one did."""
    if session.info.pop(_HELD, False):
        session.commit()


def undo(session: Session) -> None:
    """Nothing of this transaction was."""
    session.info.pop(_HELD, None)
    session.rollback()
