"""Long lists page by page, newest or soonest first, by the place of the last row seen and never by counting.

What is added meanwhile does not shift a page, and the thousandth page costs what the first does.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from sqlalchemy import Select, SQLColumnExpression, and_, or_
from sqlalchemy.orm import InstrumentedAttribute

from app.core.errors import N_, Invalid

SIZE = 25

_Row = TypeVar("_Row")
_ID_BYTES, _AT_BYTES, _LENGTH = 16, 8, 32


@dataclass(frozen=True)
class Cursor:
    """The place of a row in a list ordered by a moment, then by id."""

    at: datetime
    id: UUID

    def __str__(self) -> str:
        micros = int(self.at.timestamp()) * 1_000_000 + self.at.microsecond
        raw = self.id.bytes + micros.to_bytes(_AT_BYTES, "big")
        return base64.urlsafe_b64encode(raw).decode()

    @classmethod
    def parse(cls, text: str | None) -> Cursor | None:
        """What `str` wrote; None for nothing. Raises Invalid."""
        if not text:
            return None
        broken = Invalid(N_("This page of the list does not exist."), field="after")
        if len(text) != _LENGTH:
            raise broken
        try:
            raw = base64.b64decode(text, altchars=b"-_", validate=True)
            seconds, micros = divmod(int.from_bytes(raw[_ID_BYTES:], "big"), 1_000_000)
            return cls(datetime.fromtimestamp(seconds, UTC).replace(microsecond=micros), UUID(bytes=raw[:_ID_BYTES]))
        except (ValueError, OverflowError, OSError) as error:
            raise broken from error


@dataclass(frozen=True)
class Page(Generic[_Row]):
    """Some rows of a list. `next` is the cursor of the following page, "" after the last."""

    rows: tuple[_Row, ...]
    next: str = ""


def after(
    statement: Select[*tuple[Any, ...]],
    at: InstrumentedAttribute[datetime],
    row_id: InstrumentedAttribute[UUID],
    cursor: Cursor | None,
    size: int = SIZE,
) -> Select[*tuple[Any, ...]]:
    """The rows that follow `cursor`, newest first, and one more by which `page` knows whether there are others.

    Indexes stand as (…, at DESC, id): a moment's rows are in the order of their ids.
    """
    if cursor is not None:
        # The first condition lets the index seek; the second is exact.
        statement = statement.where(at <= cursor.at, or_(at < cursor.at, and_(at == cursor.at, row_id > cursor.id)))
    return statement.order_by(at.desc(), row_id).limit(size + 1)


def soonest(
    statement: Select[*tuple[Any, ...]],
    at: SQLColumnExpression[datetime] | SQLColumnExpression[datetime | None],
    row_id: InstrumentedAttribute[UUID],
    cursor: Cursor | None,
    size: int = SIZE,
) -> Select[*tuple[Any, ...]]:
    """As `after`, for what is still to come or overdue: the earliest first. Indexes stand as (…, at, id)."""
    if cursor is not None:
        statement = statement.where(at >= cursor.at, or_(at > cursor.at, and_(at == cursor.at, row_id > cursor.id)))
    return statement.order_by(at, row_id).limit(size + 1)


def page(rows: Sequence[_Row], place: Callable[[_Row], Cursor], size: int = SIZE) -> Page[_Row]:
    """A page of what `after` or `soonest` selected."""
    kept = tuple(rows[:size])
    return Page(kept, str(place(kept[-1])) if len(rows) > size else "")
