"""How moments, lengths of time, money and codes are written, in the reader's language and Phnom Penh time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import wraps

from babel.dates import format_date, format_timedelta
from babel.numbers import format_currency, format_decimal
from flask import Flask
from flask_babel import get_locale, gettext
from jinja2 import pass_context

from app.core import clock
from app.core.clock import PHNOM_PENH
from app.http.languages import language, words

_MINUTES_IN_HOUR = 60
_HOURS_IN_DAY = 24


def _local(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment needs a time zone")
    return moment.astimezone(PHNOM_PENH)


def day(value: date | datetime) -> str:
    """22 Nov 2026"""
    if isinstance(value, datetime):
        value = _local(value).date()
    return format_date(value, "d MMM y", locale=get_locale())


def weekday(value: date | datetime) -> str:
    """Sunday 22 Nov 2026: for appointments, where the wrong day costs a journey."""
    if isinstance(value, datetime):
        value = _local(value).date()
    return format_date(value, "EEEE d MMM y", locale=get_locale())


def clock_time(value: datetime | time) -> str:
    """14:30"""
    if isinstance(value, datetime):
        value = _local(value).time()
    return value.strftime("%H:%M")


def moment(value: datetime) -> str:
    """22 Nov 2026, 14:30"""
    return f"{day(value)}, {clock_time(value)}"


def isotime(value: datetime) -> str:
    """For <time datetime="…">."""
    return _local(value).isoformat(timespec="minutes")


def duration(value: timedelta | float) -> str:
    """A length of time in words, such as "2 hours" (a number means minutes). Rounded to what matters."""
    if not isinstance(value, timedelta):
        value = timedelta(minutes=value)
    return format_timedelta(value, threshold=2, locale=get_locale())


def hours_minutes(minutes: float) -> str:
    """A length of time to the minute: "3 h 20 min", and days above one day: "2 d 4 h"."""
    hours, rest = divmod(round(minutes), _MINUTES_IN_HOUR)
    days, hours_left = divmod(hours, _HOURS_IN_DAY)
    if days:
        return str(gettext("%(days)s d %(hours)s h", days=days, hours=hours_left))
    if hours:
        return str(gettext("%(hours)s h %(minutes)s min", hours=hours, minutes=rest))
    return str(gettext("%(minutes)s min", minutes=rest))


def relative(value: datetime) -> str:
    """How long ago, or in how long: "3 hours ago", "in 2 days"."""
    return format_timedelta(value - clock.now(), add_direction=True, threshold=2, locale=get_locale())


def khr(value: Decimal | float) -> str:
    """An amount of riel, such as 12,000 ៛ (riel have no cents)."""
    return format_currency(value, "KHR", "#,##0 ៛", locale=get_locale(), currency_digits=False)


def number(value: Decimal | float) -> str:
    """1,234.5 as the reader's language writes it, with Latin digits."""
    return format_decimal(value, locale=get_locale())


def percent(part: float, whole: float) -> str:
    """A share in whole per cent, or a dash where there is nothing to share."""
    return f"{round(100 * part / whole)} %" if whole else "–"


def translated(message: str, params: Mapping[str, object] | None = None) -> str:
    """A message id that was marked with `N_` below the routes, in the reader's language."""
    said = words().ugettext(message)
    return str(said % params if params else said)


def in_language(value: Mapping[str, str]) -> str:
    """Of a text kept in both languages, the reader's, else the one there is: {"km": "…", "en": "…"}."""
    chosen = value.get(language()) or value.get("en") or value.get("km")
    return chosen or ""


def _asked_each_time(function: Callable[..., str]) -> Callable[..., str]:
    """Keep Jinja from working out a filter of a constant while it compiles the template, in whatever language then."""

    @pass_context
    @wraps(function)
    def inside(_context: object, *args: object, **kwargs: object) -> str:
        return function(*args, **kwargs)

    return inside


_FILTERS: Mapping[str, Callable[..., str]] = {
    "day": day,
    "weekday": weekday,
    "time": clock_time,
    "moment": moment,
    "isotime": isotime,
    "duration": duration,
    "hours_minutes": hours_minutes,
    "relative": relative,
    "khr": khr,
    "number": number,
    "t": translated,
    "in_language": in_language,
}


def init_filters(app: Flask) -> None:
    """Put the filters into templates under their own names (`clock_time` as `time`, `translated` as `t`)."""
    app.jinja_env.filters.update({name: _asked_each_time(function) for name, function in _FILTERS.items()})
    app.jinja_env.globals["percent"] = percent
