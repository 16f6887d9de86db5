"""The number of an unforeseen error: the person sees it, the log bears it, and the database counts it.

What is counted is the error's kind and the place in our code, never what it was about.
"""

from __future__ import annotations

import re
from types import TracebackType

from flask import Flask, current_app, g, request
from sqlalchemy import text

from app.core import ids
from app.core.logs import told
from app.http.session import database

_NOTE = text("SELECT sec.note_error(:id, :kind, :endpoint)")
_UNTOLD = re.compile(r"[^A-Za-z0-9_.-]")
_LONGEST = 120


def init_error_ids(app: Flask) -> None:
    """Write the number into the line that tells of an error, and the place instead of the address."""
    app.log_exception = _log  # type: ignore[method-assign, assignment]


def _log(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> None:
    current_app.logger.error("%s at %s", error_id(), _place(), exc_info=exc_info)


def error_id() -> str:
    """This request's number, such as E-7KQ2M8."""
    if "spean_error" not in g:
        g.spean_error = f"E-{ids.code(6)}"
    found: str = g.spean_error
    return found


def counted(error: BaseException) -> bool:
    """Count the error, in a transaction of its own; returns whether it is counted, and so whether anybody is told.

    Nothing may come of a failure here but that: the page about the error is still to be written.
    """
    try:
        database.session.rollback()
        with database.engine.begin() as connection:
            values = {"id": error_id(), "kind": _kind(error), "endpoint": _place()}
            return bool(connection.execute(_NOTE, values).scalar_one())
    except Exception as trouble:  # noqa: BLE001
        current_app.logger.warning("%s could not be counted: %s", error_id(), told(trouble))
        return False


def _kind(error: BaseException) -> str:
    return _plain(f"{type(error).__module__}.{type(error).__name__}".removeprefix("builtins."))


def _place() -> str:
    return _plain(request.endpoint or "unknown")


def _plain(name: str) -> str:
    return _UNTOLD.sub("_", name)[:_LONGEST]
