"""A referral in each state that there is, brought there by the people themselves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from app.core import clock
from referrals.life.reasons import CancelReason, DeclineReason, Outcome, ReleaseReason, StopReason
from referrals.life.states import State
from referrals.life.use_cases import answer, finish, talk
from tests.cast import Cast, from_now_on
from tests.network import Network, Person
from worker import clocks
from worker.context import Workshop

SENT_STATES: tuple[State, ...] = tuple(state for state in State if state is not State.DRAFT)


def referral(network: Network, people: Cast, state: State) -> UUID:
    """A referral that stands there. While it waits for an answer, a question waits for one too."""
    if state is State.EXPIRED:
        return _expired(network, people)
    made = people.send()
    if state in {State.SENT, State.WAITLISTED}:
        _do(people.nurse, talk.ask, made, talk.Question.STILL_WANTED)
    for who, step, *given in _WAYS.get(state, ()):
        _do(getattr(people, who), step, made, *given)
    return made


def accept(people: Cast, referral_id: UUID) -> None:
    _do(people.nurse, answer.accept, referral_id, from_now_on())


def arrive(people: Cast, referral_id: UUID) -> None:
    _do(people.nurse, answer.accept_and_arrive, referral_id)


def _do(who: Person, step: Callable[..., object], *given: object) -> None:
    with who.transaction() as (session, actor):
        step(session, actor, *given)


def _expired(network: Network, people: Cast) -> UUID:
    with clock.at(datetime.now(UTC) - timedelta(days=40)):
        made = people.send()
    workshop = Workshop(network.servers.settings)
    try:
        clocks.beat(workshop)
        with workshop.on_due(people.ngo.id, made) as (session, system, _what):
            finish.expire(session, system, made)
    finally:
        workshop.engine.dispose()
    return made


_ACCEPT = ("nurse", answer.accept, from_now_on())
_ARRIVE = ("nurse", answer.accept_and_arrive)
_WAYS: dict[State, tuple[tuple[Any, ...], ...]] = {
    State.WAITLISTED: (("nurse", answer.waitlist),),
    State.ACCEPTED: (_ACCEPT,),
    State.ARRIVED: (_ARRIVE,),
    State.COMPLETED: (_ARRIVE, ("nurse", finish.complete, Outcome.SERVICE_RECEIVED)),
    State.STOPPED: (_ARRIVE, ("nurse", finish.stop, StopReason.LEFT)),
    State.DECLINED: (("nurse", answer.decline, DeclineReason.NO_CAPACITY),),
    State.RELEASED: (_ACCEPT, ("nurse", finish.release, ReleaseReason.CANNOT_SERVE)),
    State.CANCELLED: (("outreach", finish.cancel, CancelReason.NEED_MET),),
    State.WITHDRAWN: (_ACCEPT, ("outreach", finish.withdraw)),
}
