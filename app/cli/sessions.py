"""A command's own way into the database."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from app.core import db
from app.core.settings import database_url


@contextmanager
def as_migrator() -> Iterator[Session]:
    """One transaction as the role that changes tables: it may begin a network, and reads nobody's records."""
    with _session("SPEAN_MIGRATOR_URL") as session:
        yield session


@contextmanager
def as_publisher() -> Iterator[Session]:
    """One transaction as the role that reads uptake facts and writes releases, and nothing else."""
    with _session("SPEAN_PUBLISHER_URL") as session:
        yield session


@contextmanager
def _session(variable: str) -> Iterator[Session]:
    engine = db.engine(database_url(os.environ, variable), size=1)
    try:
        with Session(engine) as session, db.transaction(session):
            yield session
    finally:
        engine.dispose()
