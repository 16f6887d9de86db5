"""Sentences about a referral in a list, in the reader's language: what it waits for, and since when."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext, ngettext

from app.http.filters import clock_time, day, in_language, relative, weekday
from referrals.boxes.records import Line
from referrals.life.states import State

_INSTANT = timedelta(microseconds=1)
"""Walk-in days end at the midnight after the last of them."""


def facts(line: Line) -> list[str]:
    """What tells one row from the next: whom (to the sender), which programme, between whom."""
    programme = line.programme
    said = [line.client.shown if line.client else "", in_language(programme.name) if programme else ""]
    if line.sender:
        said.append(gettext("from %(organisation)s", organisation=in_language(line.sender.names)))
    elif programme:
        said.append(in_language(programme.org_name))
    if line.state is State.SENT:
        said.append(gettext("opened") if line.seen else gettext("not opened yet"))
    if line.missed and line.state is State.ACCEPTED:
        said.append(ngettext("missed once", "missed %(num)s times", line.missed))
    return said


def is_late(line: Line, now: datetime) -> bool:
    """Whether an answer, or the person, should have come by now."""
    if line.state is State.SENT:
        return line.due_at < now
    return line.state is State.ACCEPTED and line.comes_by is not None and line.comes_by < now


def due(line: Line, now: datetime) -> str:
    """One sentence on time."""
    late = is_late(line, now)
    match line.state:
        case State.SENT if late:
            return str(gettext("An answer was due %(when)s", when=relative(line.due_at)))
        case State.SENT:
            return str(gettext("An answer is due %(when)s", when=relative(line.due_at)))
        case State.WAITLISTED:
            return str(gettext("The permission holds until %(day)s", day=day(line.expires_at)))
        case State.ACCEPTED:
            return _coming(line, late=late)
        case State.ARRIVED:
            return str(gettext("Last change %(when)s", when=relative(line.updated_at)))
        case _:
            return str(gettext("Closed %(when)s", when=relative(line.updated_at)))


def _coming(line: Line, *, late: bool) -> str:
    if line.appointment_at is not None:
        when = f"{weekday(line.appointment_at)}, {clock_time(line.appointment_at)}"
        return str(gettext("Was expected %(when)s", when=when) if late else gettext("Expected %(when)s", when=when))
    if line.window_from is None or line.window_to is None:
        return ""
    first, last = day(line.window_from), day(line.window_to - _INSTANT)
    if late:
        return str(gettext("Could walk in until %(last)s", last=last))
    return str(gettext("Can walk in from %(first)s to %(last)s", first=first, last=last))
