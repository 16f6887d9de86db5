"""Each scheduled task leaves a heartbeat in the database: when it began, when it succeeded, and how it failed last.

A task that is killed leaves its beginning and nothing else. What has not succeeded for three of its intervals is told
by the web (`worker.alarm`), since the worker may be what is dead.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta

from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.orm import Session

from app.core.errors import BadSetting
from app.core.logs import told
from app.core.scheduled import Scheduled
from worker.tally import Tally

log = logging.getLogger(__name__)

Opening = Callable[[], AbstractContextManager[Session]]
"""Opens a transaction under a role that may note heartbeats: the worker's or the publisher's."""

_SHORT = timedelta(minutes=1)
_STARTED = text("SELECT sec.note_task_started(:task)")
_SUCCEEDED = text("SELECT sec.note_task_succeeded(:task, :took)")
_FAILED = text("SELECT sec.note_task_failed(:task, :what, :failed, :tried, :took)")

_noted: dict[str, float] = {}
"""When this process last noted a success of each short task (`time.monotonic`)."""


@contextmanager
def beating(opening: Opening, task: Scheduled) -> Iterator[Tally]:
    """Note how the block went: failed when it raises, or when its tally counts failures. What it raises goes on.

    A task that comes every few seconds costs one statement, at its end, and that at most once in half its interval.
    """
    began, tally, short = time.monotonic(), Tally(), task.every < _SHORT
    if not short:
        _note(opening, task, _STARTED)
    try:
        yield tally
    except Exception as error:
        _failed(opening, task, _kind(error), tally, began)
        raise
    if tally.failed:
        _failed(opening, task, "", tally, began)
    elif not (short and _was_noted(task)):
        _note(opening, task, _SUCCEEDED, took=_since(began))
        _noted[task.name] = time.monotonic()


def _was_noted(task: Scheduled) -> bool:
    last = _noted.get(task.name)
    return last is not None and time.monotonic() - last < task.every.total_seconds() / 2


def _failed(opening: Opening, task: Scheduled, what: str, tally: Tally, began: float) -> None:
    _noted.pop(task.name, None)
    counts = {"failed": tally.failed, "tried": tally.tried}
    _note(opening, task, _FAILED, what=what, took=_since(began), **counts)


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


def _kind(error: Exception) -> str:
    """What an error was, without what it was about; of the database's the driver's own, which says more."""
    of = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return told(of)[:200]


def _note(opening: Opening, task: Scheduled, statement: TextClause, **values: object) -> None:
    """A heartbeat that cannot be written does not stop the work: the web sees that none came."""
    try:
        with opening() as session:
            session.execute(statement, {"task": task.name, **values})
    except (SQLAlchemyError, OSError, BadSetting) as error:
        log.warning("the heartbeat of %s could not be noted: %s", task.name, told(error))
