"""The places of one's own programmes: taking one, and what was given over capacity."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import func, select, text
from sqlalchemy.orm import Session

from app.core import clock, ids
from app.core.context import Actor
from orgs.programmes.models import OverCapacity, Programme
from orgs.programmes.rules import OverReason, check_place, is_full

MONTHS = 12
"""How far back what was given over capacity is shown."""


@dataclass(frozen=True)
class Places:
    """How many are taken, of how many. Nothing is counted where there is no limit."""

    taken: int
    capacity: int | None

    @property
    def full(self) -> bool:
        """Whether the next person is over capacity."""
        return is_full(self.capacity, self.taken)


def take_place(
    session: Session, actor: Actor, programme_id: UUID, over: OverReason | None, *, ref: str | None = None
) -> None:
    """Check the place that this transaction has just taken, and hold the programme's row until the commit.

    Called last: whoever takes a place in the same programme waits from here on. Where there is no limit, nobody does.
    `over`: why the person is taken although all places are; told to the managers, and counted. `ref`: the referral's.
    Raises Conflict.
    """
    session.flush()
    row = session.execute(_HOLD, {"programme": programme_id}).one_or_none()
    if row is None or not check_place(row.capacity, row.taken - 1, over):
        return
    assert over is not None  # noqa: S101 - checked just before
    session.add(
        OverCapacity(
            org_id=actor.org_id, id=ids.new_id(), programme_id=programme_id, at=clock.now(), reason=over.value,
            ref=ref, staff_id=actor.staff_id,
        )
    )  # fmt: skip
    session.flush()


_HOLD = text("SELECT capacity, taken FROM sec.hold_places(:programme)")


def places(session: Session, actor: Actor) -> dict[UUID, Places]:
    """Of each of one's own programmes."""
    rows = session.execute(
        select(Programme.id, Programme.taken, Programme.capacity).where(Programme.org_id == actor.org_id)
    )
    return {row.id: Places(row.taken, row.capacity) for row in rows}


def places_of(session: Session, actor: Actor, programme_id: UUID) -> Places:
    """Of one of one's own programmes; of another's, nothing is told."""
    return places(session, actor).get(programme_id, Places(0, None))


def over_by_month(session: Session, actor: Actor, programme_id: UUID) -> Mapping[date, Mapping[str, int]]:
    """How many places were given over capacity in each of the last months (of Phnom Penh), by `words.NOTED_REASON`."""
    month = func.date_trunc("month", func.timezone("Asia/Phnom_Penh", OverCapacity.at))
    rows = session.execute(
        select(month, OverCapacity.reason, func.count())
        .where(OverCapacity.org_id == actor.org_id, OverCapacity.programme_id == programme_id)
        .group_by(month, OverCapacity.reason)
        .order_by(month.desc(), OverCapacity.reason)
    )
    found: dict[date, dict[str, int]] = {}
    for begins, reason, count in rows:
        found.setdefault(begins.date(), {})[reason] = count
    return dict(list(found.items())[:MONTHS])
