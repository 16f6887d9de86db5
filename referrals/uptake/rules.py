"""Who chooses how often uptake is published, and which periods are next."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from app.core.context import Actor
from app.core.errors import N_, Invalid, NotAllowed
from referrals.uptake.periods import Kind, Period, period_of, to_publish


def check_may_choose(actor: Actor) -> None:
    """Raise NotAllowed unless a steward asks: the choice is the whole network's."""
    if not can_choose(actor):
        raise NotAllowed


def can_choose(actor: Actor) -> bool:
    """Whether check_may_choose lets this person."""
    return actor.has("steward")


def check_kind(kind: str) -> Kind:
    """The kind of period. Raises Invalid for anything else."""
    try:
        return Kind(kind)
    except ValueError:
        raise Invalid(N_("Choose months or quarters."), field="kind") from None


def next_periods(now: datetime, kind: Kind, *, since: date, published: Iterable[Period]) -> list[Period]:
    """The closed periods to publish, oldest first.

    A quarter of which a month is out already can only be finished month by month, or its rest would never be seen.
    """
    taken = tuple(published)
    due = list(to_publish(now, kind, since=since, published=taken))
    if kind is Kind.QUARTER:
        months = to_publish(now, Kind.MONTH, since=since, published=taken)
        due += [month for month in months if _begun(month, taken)]
    return sorted(due)


def _begun(month: Period, published: Iterable[Period]) -> bool:
    quarter = period_of(month.starts, Kind.QUARTER)
    return any(quarter.overlaps(other) for other in published)
