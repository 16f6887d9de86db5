"""What somebody was answered, as a value that is the same wherever nothing leaked.

What the worlds draw or stamp for themselves is left out: an id that no dice made, the length of what is sealed
instead of its bytes, the database's own time (ours is set, and has no fractions of a second).
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from sqlalchemy import Row
from sqlalchemy.exc import DBAPIError

from app.core.db import Base
from app.core.errors import Invalid, SpeanError

_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d+(?:[+-]\d\d(?::?\d\d)?|Z)?")
_BYTES = re.compile(r"\\x[0-9a-f]*")
_TOKEN = re.compile(r'nonce="[^"]*"|name="(?:csrf_token|one_use)"\s+value="[^"]*"')


@dataclasses.dataclass(frozen=True)
class Told:
    """How an operation ended, and with what."""

    ending: str
    """"done", or the kind of error."""
    content: Any

    @property
    def is_done(self) -> bool:
        return self.ending == "done"


class Rows(list[Any]):
    """Rows in no order of their own: where they lie on disk is not compared."""


class Ear:
    """Hears answers. `known` holds every id that dice made, in either world: those are repeated as they are."""

    def __init__(self) -> None:
        self.known: set[UUID] = set()

    def hear(self, do: Callable[[], object]) -> Told:
        """Do it, and say how it ended. What is neither Spean's error nor the database's is a bug, and raised."""
        try:
            return Told("done", self.plain(do()))
        except SpeanError as error:
            fields = error.fields if isinstance(error, Invalid) else {}
            return Told(type(error).__name__, self.plain((error.message, error.field, error.params, fields)))
        except DBAPIError as error:
            return Told(type(error.orig).__name__, self.plain(_diagnosis(error)))

    def plain(self, value: Any) -> Any:
        """A value of which two worlds' can be compared."""
        if isinstance(value, UUID):
            return str(value) if value in self.known else "<an id>"
        if isinstance(value, bytes | memoryview):
            return f"<{len(value)} bytes>"
        if isinstance(value, datetime):
            return "<the database's time>" if value.microsecond else value.isoformat()
        if isinstance(value, str):
            return self._words(value)
        if value is None or isinstance(value, int | float | bool | date | Enum):
            return value
        return self._many(value)

    def _many(self, value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
        if isinstance(value, Base):
            return {column.key: self.plain(getattr(value, column.key)) for column in value.__mapper__.column_attrs}
        if isinstance(value, Row):
            return {name: self.plain(one) for name, one in value._mapping.items()}
        if dataclasses.is_dataclass(value):
            return {one.name: self.plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        if isinstance(value, Mapping):
            return {str(self.plain(key)): self.plain(one) for key, one in value.items()}
        if isinstance(value, set | frozenset):
            return sorted(map(repr, map(self.plain, value)))
        if isinstance(value, Rows):
            return sorted((self.plain(one) for one in value), key=repr)
        if isinstance(value, list | tuple):
            return [self.plain(one) for one in value]
        raise TypeError(f"{type(value)} is not known here")

    def _words(self, text: str) -> str:
        text = _UUID.sub(lambda found: found[0] if UUID(found[0]) in self.known else "<an id>", text)
        return _TOKEN.sub("", _BYTES.sub("<bytes>", _MOMENT.sub("<the database's time>", text)))


def _diagnosis(error: DBAPIError) -> tuple[object, ...]:
    """All that PostgreSQL tells a client of an error."""
    found = getattr(error.orig, "diag", None)
    names = ("sqlstate", "message_primary", "message_detail", "message_hint", "schema_name", "table_name",
             "column_name", "constraint_name", "context")  # fmt: skip
    return tuple(getattr(found, name) for name in names)
