"""Adding rows, of one table or several, by one statement.

Each column goes as an array, so that a statement is the same for any number of rows: SQLAlchemy builds it once for the
process, and PostgreSQL plans it once for a connection. (`INSERT … VALUES` with several rows is built anew each time.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

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
    found = [(model.__table__, rows) for model, rows in batches if rows]
    if not found:
        return
    shape = tuple((table, tuple(rows[0])) for table, rows in found)
    values = {
        f"{column}_{number}": [row[column] for row in rows]
        for number, (_, rows) in enumerate(found)
        for column in rows[0]
    }
    session.execute(_statement(shape, anew=anew), values)


@cache
def _statement(shape: tuple[tuple[Table, tuple[str, ...]], ...], *, anew: bool) -> Insert:
    *others, last = (_insert(table, columns, number, anew=anew) for number, (table, columns) in enumerate(shape))
    return last.add_cte(*(one.cte(f"also_{number}") for number, one in enumerate(others)))


def _insert(table: Table, columns: tuple[str, ...], number: int, *, anew: bool) -> Insert:
    arrays = (func.unnest(bindparam(f"{one}_{number}", type_=ARRAY(table.c[one].type))) for one in columns)
    made = insert(table).from_select(list(columns), select(*arrays), include_defaults=False)
    return made if anew else made.on_conflict_do_nothing()
