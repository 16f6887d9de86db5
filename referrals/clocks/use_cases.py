"""After a clock was wrong: saying that it is right, and opening again what it closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import N_, Conflict


class Stays(StrEnum):
    """Why a referral is not opened again."""

    WITHDRAWN = "withdrawn"
    """The person took the permission back meanwhile."""
    DESTROYED = "destroyed"
    """Its keys are gone: the client was erased, or the worker ran for 24 hours."""
    REPLACED = "replaced"
    """Another referral rests on the same permission now."""


@dataclass(frozen=True)
class Tried:
    """A referral that ran out too early, by its reference. `became`: its state before, or why it stays closed."""

    ref: str
    became: str
    over_capacity: bool = False
    """Whether somebody else was given its place meanwhile: it has one all the same, and the managers are told."""

    @property
    def is_open(self) -> bool:
        """Whether it is what it was."""
        return self.became not in set(Stays)


def go_on(session: Session) -> None:
    """Say that the clock is right as it is (a steward's, or the migrator's connection). Raises Conflict."""
    if not session.execute(text("SELECT sec.continue_clock()")).scalar_one():
        raise Conflict(N_("The clock is right already: nothing was stopped."))


def reopen(session: Session, since: datetime | None = None) -> list[Tried]:
    """Open again what ran out though its time has not come (the migrator's connection); both sides are told.

    `since`: only what was closed later, by the clock as it then was. Raises Conflict while the clock is stopped.
    """
    if session.execute(text("SELECT why FROM sec.clock_state()")).scalar_one() is not None:
        raise Conflict(N_("The clock is not right yet. Set it right first, or say that it is right."))
    rows = session.execute(
        text("SELECT ref, outcome FROM sec.reopen_closed(coalesce(CAST(:since AS timestamptz), '-infinity'))"),
        {"since": since},
    )
    tried = [(row.ref, row.outcome) for row in rows]
    over = {ref for ref, outcome in tried if outcome == _OVER}
    return [Tried(ref, outcome, ref in over) for ref, outcome in tried if outcome != _OVER]


_OVER = "over_capacity"
"""What the database names a reference with a second time."""
