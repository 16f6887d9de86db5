"""Logs without what people typed: an exception is told by its kind and its way through the code, not by its words.

Messages of other people's exceptions quote what they stumbled over: PostgreSQL's DETAIL holds the row that failed,
`int("…")` the text that was no number. Only our own errors speak for themselves; their messages are sentences of the
catalogue and never hold personal data. (OWASP ASVS 5.0, 16.2.5 and 16.5.1.)
"""

from __future__ import annotations

import logging
import sys
import traceback
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any

import psycopg

_OURS = ("app.", "orgs.", "referrals.", "worker.")


def init_logs() -> None:
    """Whatever this process logs from now on, by whichever library, holds no exception's words. Safe to call again."""
    logging.setLogRecordFactory(_record)
    sys.excepthook = _last_words


def told(error: BaseException) -> str:
    """One line about an error that anybody may read: its kind, and for the database's what it was about by name."""
    kind = type(error)
    name = kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"
    if kind.__module__.startswith(_OURS):
        return f"{name}: {error}"
    if isinstance(error, psycopg.Error):
        named = (error.sqlstate, error.diag.table_name, error.diag.column_name, error.diag.constraint_name)
        return " ".join([name, *filter(None, named)])
    if isinstance(error, OSError) and error.strerror:
        return f"{name}: {error.strerror}"
    return name


def refusal(error: BaseException) -> str:
    """The database's own first sentence for an operator, or its kind where that sentence quotes data (class 22)."""
    if not isinstance(error, psycopg.Error) or error.sqlstate is None:
        return " ".join(str(error).split()) or type(error).__name__
    quotes = error.sqlstate.startswith("22")
    return (None if quotes else error.diag.message_primary) or told(error)


def way_of(error: BaseException) -> str:
    """The traceback of an error and of what led to it, oldest first, without their words."""
    return "\n\n".join(_one(one) for one in reversed(list(_chain(error))))


def _one(error: BaseException) -> str:
    lines = traceback.format_list(traceback.extract_tb(error.__traceback__))
    return "Traceback (most recent call last):\n" + "".join(lines) + told(error)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _record(*args: Any, **options: Any) -> logging.LogRecord:
    """Formatters print `exc_text` where there is one; without `exc_info` none of them can ask the error itself."""
    record = logging.LogRecord(*args, **options)
    error = record.exc_info[1] if record.exc_info else None
    if error is not None:
        record.exc_text, record.exc_info = way_of(error), None
        if isinstance(record.args, Mapping) and "exc" in record.args:  # Celery's line about a task that failed
            record.args = {**record.args, "exc": told(error)}
    return record


def _last_words(_kind: type[BaseException], error: BaseException, _tb: TracebackType | None) -> None:
    sys.stderr.write(way_of(error) + "\n")
