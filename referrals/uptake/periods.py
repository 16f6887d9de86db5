"""Months and quarters by Phnom Penh's calendar, and which of them may be published."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from app.core.clock import PHNOM_PENH


class Kind(StrEnum):
    MONTH = "month"
    QUARTER = "quarter"


_MONTHS = {Kind.MONTH: 1, Kind.QUARTER: 3}


@dataclass(frozen=True, order=True)
class Period:
    """From `starts` until before `ends`, the first day that no longer belongs to it."""

    starts: date
    ends: date
    kind: Kind

    @property
    def name(self) -> str:
        """2026-11 or 2026-Q4."""
        if self.kind is Kind.QUARTER:
            return f"{self.starts.year}-Q{(self.starts.month + 2) // 3}"
        return f"{self.starts:%Y-%m}"

    def overlaps(self, other: Period) -> bool:
        """Whether a day belongs to both."""
        return self.starts < other.ends and other.starts < self.ends


def period_of(day: date, kind: Kind) -> Period:
    """The month or quarter to which a day belongs."""
    length = _MONTHS[kind]
    first = date(day.year, (day.month - 1) // length * length + 1, 1)
    return Period(first, _later(first, length), kind)


def closed_periods(now: datetime, kind: Kind, *, since: date) -> tuple[Period, ...]:
    """All periods that are over, the oldest first, from the one that `since` falls into."""
    today = now.astimezone(PHNOM_PENH).date()
    found = []
    period = period_of(since, kind)
    while period.ends <= today:
        found.append(period)
        period = period_of(period.ends, kind)
    return tuple(found)


def to_publish(now: datetime, kind: Kind, *, since: date, published: Iterable[Period]) -> tuple[Period, ...]:
    """Closed periods that nothing published overlaps.

    When the steward goes from months to quarters or back, a period of one kind must not be published over
    periods of the other: the difference of the two would show what neither shows.
    """
    taken = tuple(published)
    return tuple(
        period
        for period in closed_periods(now, kind, since=since)
        if not any(period.overlaps(other) for other in taken)
    )


def _later(first: date, months: int) -> date:
    month = first.month - 1 + months
    return date(first.year + month // 12, month % 12 + 1, 1)
