"""Believable moments: nobody is met at night, and who promises an answer in working hours answers in them."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random

from app.core.clock import PHNOM_PENH
from app.demo.house import Place
from orgs.programmes.hours import WeeklyHours, minute_of
from referrals.life.use_cases.answer import Meeting

STREET = WeeklyHours((((minute_of("07:00"), minute_of("20:00")),),) * 7)
"""When outreach workers are about."""
_QUARTER = timedelta(minutes=15)


def soon(dice: Random, after: datetime, least: float, most: float, hours: WeeklyHours = STREET) -> datetime:
    """Between `least` and `most` days after, within `hours`."""
    return hours.add_working_time(after + timedelta(days=dice.uniform(least, most)), dice.randint(1, 40))


def answered(dice: Random, place: Place, sent: datetime) -> datetime:
    """When this programme answers, by its temper."""
    share = dice.uniform(place.temper.soonest, place.temper.latest)
    return place.hours.add_working_time(sent, max(3, round(place.values.response_minutes * share)))


def appointment(dice: Random, place: Place, after: datetime, most_days: int = 6) -> Meeting:
    """A time on the half hour within the programme's hours."""
    found = soon(dice, after, 0.6, most_days, place.hours)
    local = found.astimezone(PHNOM_PENH)
    rounded = local.replace(minute=local.minute // 30 * 30, second=0, microsecond=0)
    return Meeting(at=rounded if place.hours.covers(rounded) and rounded > after else found)


def window(dice: Random, after: datetime) -> Meeting:
    """Some days from tomorrow on, until the end of the last of them."""
    tomorrow = after.astimezone(PHNOM_PENH).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return Meeting(window_from=tomorrow, window_to=tomorrow + timedelta(days=dice.randint(3, 7), minutes=-1))


def comes(dice: Random, place: Place, meeting: Meeting) -> datetime:
    """When the person comes: about the appointed time, or on one of the days."""
    if meeting.at is not None:
        return meeting.at + timedelta(minutes=dice.randint(-12, 35))
    assert meeting.window_from is not None  # noqa: S101 - one of the two is given
    return soon(dice, meeting.window_from, 0, 2.5, place.hours)


def share_ago(place: Place, share: float, now: datetime) -> datetime:
    """The latest moment since when this share of the promised working time has passed."""
    sent, wanted = now - _QUARTER, round(place.values.response_minutes * share)
    while place.hours.working_minutes(sent, now) < wanted:
        sent -= _QUARTER
    return sent
