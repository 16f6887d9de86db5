"""Weekly hours and time reckoned in them: a response promised in working hours does not run at night.

All hours are Phnom Penh's, which keeps one offset from UTC all year.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from app.core.clock import PHNOM_PENH
from app.core.errors import N_, Invalid
from app.core.text import digits

DAY = 24 * 60
_CLOCK = re.compile(r"(\d{1,2})[:.](\d{2})")

Interval = tuple[int, int]
"""From opening to closing, in minutes after midnight; 1440 is midnight at the end of the day."""


@dataclass(frozen=True)
class WeeklyHours:
    """Seven days from Monday, each with its intervals in order."""

    days: tuple[tuple[Interval, ...], ...]

    def __post_init__(self) -> None:
        if len(self.days) != 7 or not all(_in_order(day) for day in self.days):  # noqa: PLR2004 - a week
            raise Invalid(
                N_("Give each day's hours in order, the opening before the closing, without overlaps."),
                field="hours",
            )

    @property
    def week(self) -> timedelta:
        """Working time in one week."""
        return timedelta(minutes=sum(close - start for day in self.days for start, close in day))

    def covers(self, moment: datetime) -> bool:
        """Whether it is open at `moment`. Closing time itself is closed."""
        local = moment.astimezone(PHNOM_PENH)
        minute = local.hour * 60 + local.minute
        return any(start <= minute < close for start, close in self.days[local.weekday()])

    def working_minutes(self, start: datetime, end: datetime) -> int:
        """Whole minutes of working time from `start` to `end`; 0 if `end` is not later."""
        return self._working(start, end) // timedelta(minutes=1)

    def add_working_time(self, start: datetime, minutes: int) -> datetime:
        """The moment (UTC) by which `minutes` of working time have passed since `start`.

        Raises ValueError if it never opens.
        """
        left = timedelta(minutes=minutes)
        if left <= timedelta(0):
            return start.astimezone(UTC)
        if not self.week:
            raise ValueError("no working time in these hours")
        # Land within the last week's worth, so that the walk below is short and ends at a closing, not after.
        weeks = (left - timedelta(microseconds=1)) // self.week
        left -= weeks * self.week
        for opens, closes in self._spans(start + weeks * timedelta(days=7)):
            if left <= closes - opens:
                return (opens + left).astimezone(UTC)
            left -= closes - opens
        raise AssertionError("a week holds its own working time")  # pragma: no cover

    def half_time(self, start: datetime, due: datetime) -> datetime:
        """When half of the working time from `start` to `due` has passed: time for a reminder."""
        return self.add_working_time(start, self.working_minutes(start, due) // 2)

    def to_json(self) -> list[list[list[str]]]:
        """Seven lists of pairs of HH:mm, as stored and as the API gives them."""
        return [[[written(start), written(close)] for start, close in day] for day in self.days]

    @classmethod
    def from_json(cls, days: Sequence[Sequence[Sequence[str]]]) -> WeeklyHours:
        """Raises Invalid for what `to_json` could not have written."""
        try:
            return cls(tuple(tuple((minute_of(a), minute_of(b)) for a, b in day) for day in days))
        except (AttributeError, TypeError, ValueError):
            raise Invalid(N_("Give times as hours and minutes, such as 08:00."), field="hours") from None

    def _working(self, start: datetime, end: datetime) -> timedelta:
        if end <= start:
            return timedelta(0)
        weeks = (end - start) // timedelta(days=7)
        total = weeks * self.week
        for opens, closes in self._spans(start + weeks * timedelta(days=7)):
            if opens >= end:
                break
            total += min(closes, end) - opens
        return total

    def _spans(self, start: datetime) -> Iterator[tuple[datetime, datetime]]:
        """What is left of the opening hours from `start`, for eight days."""
        local = start.astimezone(PHNOM_PENH)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        for day in (midnight + timedelta(days=n) for n in range(8)):
            for first, last in self.days[day.weekday()]:
                opens, closes = day + timedelta(minutes=first), day + timedelta(minutes=last)
                if closes > local:
                    yield max(opens, local), closes


def minute_of(text: str) -> int:
    """Minutes after midnight of "08:00", "8.30" or Khmer digits; "24:00" ends a day. Raises Invalid."""
    found = _CLOCK.fullmatch(digits(text).strip())
    hour, minute = (int(found[1]), int(found[2])) if found else (-1, 0)
    if not 0 <= hour * 60 + minute <= DAY or minute >= 60:  # noqa: PLR2004 - an hour
        raise Invalid(N_("Give times as hours and minutes, such as 08:00."), field="hours")
    return hour * 60 + minute


def written(minute: int) -> str:
    """Minutes after midnight as HH:mm."""
    return f"{minute // 60:02}:{minute % 60:02}"


def _in_order(day: Sequence[Interval]) -> bool:
    return all(0 <= start < close <= DAY for start, close in day) and all(
        before[1] <= after[0] for before, after in pairwise(day)
    )
