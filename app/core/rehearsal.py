"""Filling an empty database with a past that never was: the one way in which a row may say that it is old.

The database refuses every other moment than the present one (`0014_bind_moments.py`). A rehearsal is opened on the
migrator's connection while nothing stands there yet; its secret is shown by the connections that write the past.
"""

from __future__ import annotations

import hashlib

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import ids

SETTING = "spean.rehearsal"
"""In which a connection shows the secret."""


def begin(session: Session) -> str:
    """Open a rehearsal for two hours; returns its secret. `session`: the migrator's. ValueError unless all is empty."""
    secret = ids.token()
    opened = session.execute(
        text("SELECT sec.begin_rehearsal(:hash)"), {"hash": hashlib.sha256(secret.encode()).digest()}
    ).scalar_one()
    if not opened:
        raise ValueError("the past is written only where nothing stands yet")
    return secret


def end(session: Session) -> None:
    """Close it: from now on everything happens when it happens."""
    session.execute(text("SELECT sec.end_rehearsal()"))


def options(secret: str) -> str:
    """Connection options for connections that do nothing but rehearse."""
    return f"-c {SETTING}={secret}"
