"""Adding rows, of one table or several, by one statement.

Each column of several rows goes as an array, so that a statement is the same for any number of them: SQLAlchemy builds
it once for the process, and PostgreSQL plans it once for a connection. (`INSERT … VALUES` with several rows is built
anew each time.) A single row goes as it is, which is the quickest.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NamedTuple, cast

from sqlalchemy import ARRAY, Insert, Table, bindparam, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.core.db import Base

Rows = Sequence[Mapping[str, Any]]
"""Alike: each says a value for the same columns."""


def add(session: Session, *batches: tuple[type[Base], Rows], anew: bool = True) -> None:
    """Add all rows of these tables at once; the rows of each may point to those of the others.

    `anew`: a row that is there already is an error; otherwise it stays as it is.
    """
    found = [(cast("Table", model.__table__), rows) for model, rows in batches if rows]
    if not found:
        return
    shapes = tuple(_Shape(table, tuple(rows[0]), alone=len(rows) == 1) for table, rows in found)
    values = {
        f"{column}_{number}": rows[0][column] if len(rows) == 1 else [row[column] for row in rows]
        for number, (_, rows) in enumerate(found)
        for column in rows[0]
    }
    session.execute(_statement(shapes, anew=anew), values)


class _Shape(NamedTuple):
    table: Table
    columns: tuple[str, ...]
    alone: bool


@cache
def _statement(shapes: tuple[_Shape, ...], *, anew: bool) -> Insert:
    *others, last = (_insert(shape, number, anew=anew) for number, shape in enumerate(shapes))
    return last.add_cte(*(one.cte(f"also_{number}") for number, one in enumerate(others)))


def _insert(shape: _Shape, number: int, *, anew: bool) -> Insert:
    types = {one: shape.table.c[one].type for one in shape.columns}
    if shape.alone:
        values = {one: bindparam(f"{one}_{number}", type_=kind) for one, kind in types.items()}
        made = insert(shape.table).values(values)
    else:
        arrays = (func.unnest(bindparam(f"{one}_{number}", type_=ARRAY(kind))) for one, kind in types.items())
        made = insert(shape.table).from_select(shape.columns, select(*arrays), include_defaults=False)
    return made if anew else made.on_conflict_do_nothing()
