"""What is counted for the published uptake: written where it happens, read by the publisher alone.

A row names nobody. The pseudonym is keyed by the organisation, so that a client is counted once and found by no one.
"""

from __future__ import annotations

from sqlalchemy import Date, LargeBinary, Text, Uuid, column, insert, table
from sqlalchemy.orm import Session

from app.core import clock, ids
from app.core.clock import PHNOM_PENH
from app.core.context import Actor

_KHAN, _SANGKAT = 4, 6

_FACTS = table(
    "uptake_facts",
    column("org_id", Uuid),
    column("id", Uuid),
    column("day", Date),
    column("khan", Text),
    column("sangkat", Text),
    column("service", Text),
    column("measure", Text),
    column("source", Text),
    column("pseudonym", LargeBinary),
    schema="app",
)


def note_heard(session: Session, actor: Actor, *, pseudonym: bytes, area: str | None, source: str) -> None:
    """A new client, and how they heard of the organisation. `area` is where they stay: a khan's or sangkat's code."""
    _note(session, actor, measure="heard", pseudonym=pseudonym, area=area, source=source)


def note_walk_in(
    session: Session, actor: Actor, *, pseudonym: bytes, area: str | None, source: str, service: str
) -> None:
    """Somebody who came to a service without a referral."""
    _note(session, actor, measure="walk_in", pseudonym=pseudonym, area=area, source=source, service=service)


def _note(session: Session, actor: Actor, *, area: str | None, **values: str | bytes) -> None:
    area = area or ""
    session.execute(
        insert(_FACTS).values(
            org_id=actor.org_id,
            id=ids.new_id(),
            day=clock.now().astimezone(PHNOM_PENH).date(),
            khan=area[:_KHAN] if len(area) >= _KHAN else None,
            sangkat=area if len(area) == _SANGKAT else None,
            **values,
        )
    )
