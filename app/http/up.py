"""Whether the web can answer people: it runs, and its database does. Redis may be away: people are served without."""

from __future__ import annotations

from flask import Blueprint, Response
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from app.http.session import database

bp = Blueprint("up", __name__)


@bp.get("/up")
def answer() -> Response:
    """Say "ok", or 503 while the database does not answer. It is asked as nobody, and tells nothing else."""
    try:
        with database.engine.connect() as connection:
            connection.execute(text("SELECT 1"))
    except SQLAlchemyError:
        return _said("the database does not answer", 503)
    return _said("ok", 200)


def _said(words: str, status: int) -> Response:
    return Response(f"{words}\n", status, {"Cache-Control": "no-store"}, mimetype="text/plain")
