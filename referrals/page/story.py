"""What happened to a referral, told in the reader's language: one timeline of events and messages."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from flask_babel import gettext, ngettext
from sqlalchemy.orm import Session

from app.core.context import Actor
from app.http.filters import in_language
from orgs.staff.queries import organisations, staff_names
from referrals.life import events
from referrals.life.event_words import ANSWER, HAPPENED, QUESTION
from referrals.life.queries import Happening, Said
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason, WithdrawnBy
from referrals.life.scope import Scoped
from referrals.life.shown import meeting
from referrals.life.states import State
from referrals.life.use_cases.talk import Answer, Question
from referrals.life.words import word

_ENDINGS: Mapping[State, Callable[[str], StrEnum]] = {
    State.DECLINED: DeclineReason,
    State.RELEASED: ReleaseReason,
    State.STOPPED: StopReason,
    State.CANCELLED: CancelReason,
    State.COMPLETED: Outcome,
}
"""From which list comes what is said at the end. Such events are called as the state that they lead to."""


@dataclass(frozen=True)
class Entry:
    """One line of the page's timeline. `quote`: somebody's own words."""

    at: datetime
    title: str
    who: str
    body: str = ""
    quote: bool = False


def timeline(
    session: Session, actor: Actor, found: Scoped, happened: Iterable[Happening], said: Iterable[Said]
) -> list[Entry]:
    """Events and messages in one, the newest first. A message stands there itself, not that there was one."""
    events_shown = [one for one in happened if one.kind is not events.Kind.MESSAGE]
    said = list(said)
    staff = [one.staff_id for one in events_shown] + [one.staff_id for one in said]
    named = _Names(session, actor, found, staff)
    entries = [
        Entry(one.at, gettext(HAPPENED[one.kind]), named.who(one.org_id, one.staff_id), _detail(one, actor))
        for one in events_shown
    ] + [_message(one, named) for one in said]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def said(msgid: str) -> str:
    """A sentence of a table, in the reader's language."""
    return str(gettext(msgid))


class _Names:
    """Own people by name, the other side as an organisation."""

    def __init__(self, session: Session, actor: Actor, found: Scoped, staff: Iterable[UUID | None]) -> None:
        row = found.referral
        self.own, self.other = actor.org_id, ({row.sender_org_id, row.receiver_org_id} - {actor.org_id}).pop()
        self.people = staff_names(session, actor.org_id, staff)
        self.places = {
            key: in_language(name.names) for key, name in organisations(session, [self.own, self.other]).items()
        }

    def who(self, org_id: UUID | None, staff_id: UUID | None) -> str:
        if staff_id in self.people:
            return self.people[staff_id]
        return self.places.get(org_id, "") if org_id else ""

    def said_by(self, one: Said) -> str:
        return self.who(self.own if one.mine else self.other, one.staff_id)


def _message(one: Said, named: _Names) -> Entry:
    who = named.said_by(one)
    if one.kind == "question":
        return Entry(one.at, gettext("Question"), who, gettext(QUESTION[Question(str(one.code))]), quote=True)
    if one.kind == "answer":
        return Entry(one.at, gettext("Answer"), who, gettext(ANSWER[Answer(str(one.code))]), quote=True)
    if one.words is None:
        return Entry(one.at, gettext("Message"), who, gettext("It can no longer be read here."))
    return Entry(one.at, gettext("Message"), who, one.words, quote=True)


def ending(state: State, reason: str | None, outcome: str | None) -> str:
    """Why, or with what, it ended; nothing where there is nothing to say."""
    if state not in _ENDINGS:
        return ""
    said = outcome if state is State.COMPLETED else reason
    return str(gettext(word(_ENDINGS[state](said)))) if said else ""


def _detail(one: Happening, actor: Actor) -> str:
    if one.kind.value in _ENDINGS:
        return ending(State(one.kind), one.detail.get("reason"), one.detail.get("outcome"))
    if one.kind in {events.Kind.ACCEPTED, events.Kind.BOOKED}:
        return meeting(*(_time(one.detail.get(key)) for key in ("at", "from", "to")))
    if one.kind is events.Kind.NO_SHOW:
        return str(ngettext("%(num)s time so far", "%(num)s times so far", one.detail["missed"]))
    if one.kind is events.Kind.WITHDRAWN and one.org_id == actor.org_id:
        return str(gettext(word(WithdrawnBy(one.detail["said_to"]))))
    return ""


def _time(written: str | None) -> datetime | None:
    return datetime.fromisoformat(written) if written else None
