"""Each scheduled task leaves a heartbeat in the database: when it began, when it succeeded, and how it failed last.

A task that is killed leaves its beginning and nothing else. What has not succeeded for three of its intervals is told
by the web (`worker.alarm`), since the worker may be what is dead.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import wraps
from typing import Any

from celery import shared_task
from sqlalchemy import TextClause, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from app.core.logs import told
from app.core.scheduled import PUBLISH, Scheduled
from worker.context import Workshop, workshop
from worker.tally import Tally

log = logging.getLogger(__name__)

_SHORT = timedelta(minutes=1)
_STARTED = text("SELECT sec.note_task_started(:task)")
_SUCCEEDED = text("SELECT sec.note_task_succeeded(:task, :took)")
_FAILED = text("SELECT sec.note_task_failed(:task, :what, :failed, :tried, :took)")

_noted: dict[str, float] = {}
"""When this process last noted a success of each short task (`time.monotonic`)."""


def scheduled(task: Scheduled) -> Callable[[Callable[[], Tally | None]], Any]:
    """Make a function the Celery task of this name, with a heartbeat. It may return a tally of what failed in it."""

    def named(do: Callable[[], Tally | None]) -> Any:
        @wraps(do)
        def run() -> None:
            with beating(workshop(), task) as tally:
                found = do()
                if found is not None:
                    tally.tried, tally.failed = found.tried, found.failed

        return shared_task(name=task.name)(run)

    return named


@contextmanager
def beating(workshop: Workshop, task: Scheduled) -> Iterator[Tally]:
    """Note how the block went: failed when it raises, or when its tally counts failures. What it raises goes on.

    A task that comes every few seconds costs one statement, at its end, and that at most once in half its interval.
    """
    began, tally, short = time.monotonic(), Tally(), task.every < _SHORT
    if not short:
        _note(workshop, task, _STARTED)
    try:
        yield tally
    except Exception as error:
        _failed(workshop, task, _kind(error), tally, began)
        raise
    if tally.failed:
        _failed(workshop, task, "", tally, began)
    elif not (short and _was_noted(task)):
        _note(workshop, task, _SUCCEEDED, took=_since(began))
        _noted[task.name] = time.monotonic()


def _was_noted(task: Scheduled) -> bool:
    last = _noted.get(task.name)
    return last is not None and time.monotonic() - last < task.every.total_seconds() / 2


def _failed(workshop: Workshop, task: Scheduled, what: str, tally: Tally, began: float) -> None:
    _noted.pop(task.name, None)
    counts = {"failed": tally.failed, "tried": tally.tried}
    _note(workshop, task, _FAILED, what=what, took=_since(began), **counts)


def _since(began: float) -> timedelta:
    return timedelta(seconds=time.monotonic() - began)


def _kind(error: Exception) -> str:
    """What an error was, without what it was about; of the database's the driver's own, which says more."""
    of = error.orig if isinstance(error, DBAPIError) and error.orig is not None else error
    return told(of)[:200]


def _note(workshop: Workshop, task: Scheduled, statement: TextClause, **values: object) -> None:
    """A heartbeat that cannot be written does not stop the work: the web sees that none came."""
    try:
        with workshop.publishing() if task is PUBLISH else workshop.outside() as session:
            session.execute(statement, {"task": task.name, **values})
    except (SQLAlchemyError, OSError) as error:
        log.warning("the heartbeat of %s could not be noted: %s", task.name, told(error))
