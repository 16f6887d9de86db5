"""The only place where a referral's state changes. It cannot change without an event and an audit entry."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from app.core import clock
from app.core.context import Actor
from orgs.programmes.timing import promise
from referrals.life import events
from referrals.life.disclosure import readable_until
from referrals.life.models import Referral
from referrals.life.policy import Party
from referrals.life.states import ENDED, Action, State, check_step

_ANSWERS = frozenset({State.ACCEPTED, State.ARRIVED, State.WAITLISTED, State.DECLINED})


def step(
    session: Session,
    actor: Actor,
    referral: Referral,
    action: Action,
    by: Party,
    *,
    changes: Mapping[str, Any] | None = None,
    **detail: str | int | bool | None,
) -> None:
    """Take `action`: the new state, its times, `changes` to other columns, and the event.

    `detail` goes into the event, for both sides to read. What is counted of a step, the database counts.
    Raises Conflict in the wrong state.
    """
    before, now = State(referral.state), clock.now()
    after = check_step(before, action)
    answered = after in _ANSWERS and not actor.is_system and referral.answered_at is None and after is not before
    if answered:  # asked before anything changes, so that all changes are one statement
        promised = promise(session, referral.receiver_org_id, referral.programme_id)
        referral.answered_at, referral.response_minutes = now, promised.taken(referral.sent_at, now)
    for name, value in (changes or {}).items():
        setattr(referral, name, value)
    if after is not before:
        referral.state = after
        _stamp(referral, after, now)
    if action is not Action.MESSAGE:  # what was said leaves what can be done as it was
        referral.version += 1
    referral.updated_at = now
    events.note(session, actor, referral, events.OF[action], by, **detail)


def _stamp(referral: Referral, after: State, now: datetime) -> None:
    if after in {State.ACCEPTED, State.ARRIVED} and referral.accepted_at is None:
        referral.accepted_at = now
    if after is State.ARRIVED:
        referral.arrived_at = now
    if after in ENDED:
        referral.ended_at = now
        until = readable_until(after, now, referral.readable_until) or now
        referral.readable_until = min(referral.readable_until, until)  # it never grows, also when it had passed
