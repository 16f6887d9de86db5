"""Adding rows: one at once, or those of several tables by one statement right before the commit.

The rows of a table go as one JSON document that PostgreSQL takes apart (`json_to_recordset`). A statement is then the
same for any number of rows: SQLAlchemy builds it once for the process, PostgreSQL plans it once for a connection, and
of a hundred values neither it nor the driver handles each one by itself.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from typing import Any, NamedTuple, cast
from uuid import UUID

from sqlalchemy import JSON, Insert, Table, Text, bindparam, column, event, func, select
from sqlalchemy import cast as as_type
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, attributes, make_transient_to_detached

from app.core.db import Base

Rows = Sequence[Mapping[str, Any]]
"""Alike: each says a value for the same columns."""
Batch = tuple[type[Base], Rows]

_WAITING = "rows"


def add_free(session: Session, row: Base) -> bool:
    """Add one row, unless something of it that must be unique is taken; the session knows it from then on.

    What the row does not say is null: defaults are the caller's. Gives back whether it was added.
    """
    columns = row.__mapper__.columns.keys()
    values = {name: row.__dict__.get(name) for name in columns}
    if not _write(session, [(_shape(type(row), [values], anew=False), [values])]):
        return False
    for name, value in values.items():
        attributes.set_committed_value(row, name, value)
    make_transient_to_detached(row)
    session.add(row)
    return True


def later(session: Session, *batches: Batch, anew: bool = True) -> None:
    """Add these rows with all that wait, by one statement right before the commit; until then `waiting` has them.

    The rows of each table may point to those of the others. `anew`: a row that is there already is an error; otherwise
    it stays as it is.
    """
    session.connection()
    held = _waiting(session)
    for model, rows in batches:
        if rows:
            held.setdefault(_shape(model, rows, anew=anew), []).extend(rows)


def ready(session: Session, *models: type[Base]) -> None:
    """For whoever reads these tables, or sets off what the database does with their rows: none of them waits now."""
    if any(waiting(session, model) for model in models):
        settle(session)


def settle(session: Session) -> None:
    """Write what waits. The session calls it before it commits."""
    begun, rows = session.info.pop(_WAITING, (None, {}))
    if begun is session.get_transaction():
        session.flush()
        _write(session, list(rows.items()))


def waiting(session: Session, model: type[Base]) -> list[Mapping[str, Any]]:
    """The rows of this table that wait for the commit."""
    return [row for shape, rows in _waiting(session).items() if shape.table is model.__table__ for row in rows]


class _Shape(NamedTuple):
    table: Table
    columns: tuple[str, ...]
    anew: bool


def _shape(model: type[Base], rows: Rows, *, anew: bool = True) -> _Shape:
    return _Shape(cast("Table", model.__table__), tuple(rows[0]), anew)


def _waiting(session: Session) -> dict[_Shape, list[Mapping[str, Any]]]:
    """What waits in this transaction; what another left that never committed is forgotten."""
    begun, rows = session.info.get(_WAITING, (None, {}))
    if begun is not session.get_transaction():
        begun, rows = session.info[_WAITING] = (session.get_transaction(), {})
    found: dict[_Shape, list[Mapping[str, Any]]] = rows
    return found


def _write(session: Session, batches: Sequence[tuple[_Shape, Rows]]) -> int:
    if not batches:
        return 0
    values = {f"rows_{number}": _document.encode(rows) for number, (_, rows) in enumerate(batches)}
    return session.connection().execute(_statement(tuple(shape for shape, _ in batches)), values).rowcount


@cache
def _statement(shapes: tuple[_Shape, ...]) -> Insert:
    *others, last = (_insert(shape, number) for number, shape in enumerate(shapes))
    return last.add_cte(*(one.cte(f"also_{number}") for number, one in enumerate(others))).execution_options(
        preserve_rowcount=True
    )


def _insert(shape: _Shape, number: int) -> Insert:
    columns = [column(name, shape.table.c[name].type) for name in shape.columns]
    document = as_type(bindparam(f"rows_{number}", type_=Text), JSON)
    rows = func.json_to_recordset(document).table_valued(*columns).render_derived(f"row_{number}", with_types=True)
    made = insert(shape.table).from_select(shape.columns, select(*rows.c), include_defaults=False)
    return made if shape.anew else made.on_conflict_do_nothing()


def _as_text(value: object) -> str:
    """A value as PostgreSQL reads it. Raises TypeError for a kind that no table of ours has."""
    match value:
        case UUID():
            return str(value)
        case bytes():
            return rf"\x{value.hex()}"
        case date():
            return value.isoformat()
    raise TypeError


_document = json.JSONEncoder(default=_as_text, ensure_ascii=False, check_circular=False, separators=(",", ":"))
event.listen(Session, "before_commit", settle)
