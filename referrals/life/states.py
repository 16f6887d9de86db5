"""When: the states of a referral and the one table of steps between them.

Who may act stands in `policy`, what is seen in `disclosure`. The diagram in docs/life-cycle.md is drawn from
this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.core.errors import Conflict
from referrals.life.refusals import refusal


class State(StrEnum):
    DRAFT = "draft"
    SENT = "sent"
    ACCEPTED = "accepted"
    WAITLISTED = "waitlisted"
    DECLINED = "declined"
    ARRIVED = "arrived"
    COMPLETED = "completed"
    STOPPED = "stopped"
    CANCELLED = "cancelled"
    WITHDRAWN = "withdrawn"
    RELEASED = "released"
    EXPIRED = "expired"


class Action(StrEnum):
    """What somebody does. The first group changes the state, the second is only told on the timeline."""

    SEND = "send"
    ACCEPT = "accept"
    ACCEPT_AND_ARRIVE = "accept_and_arrive"
    WAITLIST = "waitlist"
    DECLINE = "decline"
    NOTE_ARRIVAL = "note_arrival"
    RELEASE = "release"
    COMPLETE = "complete"
    STOP = "stop"
    CANCEL = "cancel"
    WITHDRAW = "withdraw"
    EXPIRE = "expire"

    SEE = "see"
    BOOK = "book"
    NO_SHOW = "no_show"
    MESSAGE = "message"
    TAKE = "take"


_S, _A = State, Action

STEPS: Mapping[tuple[State, Action], State] = MappingProxyType(
    {
        (_S.DRAFT, _A.SEND): _S.SENT,
        (_S.SENT, _A.ACCEPT): _S.ACCEPTED,
        (_S.SENT, _A.ACCEPT_AND_ARRIVE): _S.ARRIVED,
        (_S.SENT, _A.WAITLIST): _S.WAITLISTED,
        (_S.SENT, _A.DECLINE): _S.DECLINED,
        (_S.SENT, _A.CANCEL): _S.CANCELLED,
        (_S.SENT, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.SENT, _A.EXPIRE): _S.EXPIRED,
        (_S.WAITLISTED, _A.ACCEPT): _S.ACCEPTED,
        (_S.WAITLISTED, _A.ACCEPT_AND_ARRIVE): _S.ARRIVED,
        (_S.WAITLISTED, _A.DECLINE): _S.DECLINED,
        (_S.WAITLISTED, _A.CANCEL): _S.CANCELLED,
        (_S.WAITLISTED, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.WAITLISTED, _A.EXPIRE): _S.EXPIRED,
        (_S.ACCEPTED, _A.NOTE_ARRIVAL): _S.ARRIVED,
        (_S.ACCEPTED, _A.RELEASE): _S.RELEASED,
        (_S.ACCEPTED, _A.CANCEL): _S.CANCELLED,
        (_S.ACCEPTED, _A.WITHDRAW): _S.WITHDRAWN,
        (_S.ACCEPTED, _A.EXPIRE): _S.EXPIRED,
        (_S.ARRIVED, _A.COMPLETE): _S.COMPLETED,
        (_S.ARRIVED, _A.STOP): _S.STOPPED,
        (_S.ARRIVED, _A.WITHDRAW): _S.WITHDRAWN,
    }
)
"""Every change of state there is. A draft is discarded, not cancelled."""

OPEN: frozenset[State] = frozenset({_S.DRAFT, _S.SENT, _S.WAITLISTED, _S.ACCEPTED, _S.ARRIVED})
ENDED: frozenset[State] = frozenset(State) - OPEN
UNDER_WAY: frozenset[State] = OPEN - {_S.DRAFT}
"""Open, and known to both sides."""
HOLDS_A_PLACE: frozenset[State] = frozenset({_S.ACCEPTED, _S.ARRIVED})
"""Counts against the programme's capacity."""
RELEASED_IDENTITY: frozenset[State] = frozenset({_S.ACCEPTED, _S.ARRIVED, _S.COMPLETED, _S.STOPPED})
"""The receiver may learn who it is about (`disclosure` says for how long)."""
BACK_WITH_SENDER: frozenset[State] = frozenset({_S.DECLINED, _S.RELEASED, _S.EXPIRED})
"""The receiver will not serve: the sender may go on to the next alternative."""

EVENTS: Mapping[Action, frozenset[State]] = MappingProxyType(
    {
        _A.SEE: UNDER_WAY,
        _A.BOOK: frozenset({_S.ACCEPTED}),
        _A.NO_SHOW: frozenset({_S.ACCEPTED}),
        _A.MESSAGE: UNDER_WAY,
        _A.TAKE: RELEASED_IDENTITY,
        # The permission may be taken back after the end too: the outcome stands, the packet is destroyed.
        _A.WITHDRAW: frozenset({_S.COMPLETED, _S.STOPPED}),
    }
)
"""What may happen without a change of state, and in which states."""

FHIR_STATUS: Mapping[State, str] = MappingProxyType(
    {
        _S.DRAFT: "draft",
        _S.SENT: "requested",
        _S.ACCEPTED: "accepted",
        _S.WAITLISTED: "on-hold",
        _S.DECLINED: "rejected",
        _S.RELEASED: "rejected",
        _S.ARRIVED: "in-progress",
        _S.COMPLETED: "completed",
        _S.STOPPED: "failed",
        _S.CANCELLED: "cancelled",
        _S.WITHDRAWN: "cancelled",
        _S.EXPIRED: "cancelled",
    }
)
"""HL7 FHIR R4 Task.status (hl7.org/fhir/R4/valueset-task-status.html); our own state is Task.businessStatus.

"failed" is FHIR's word for a task that ended unfinished. It is never shown to people.
"""


def check_step(state: State, action: Action) -> State:
    """The state after `action`: the same one for a mere event.

    Raises Conflict with a sentence for the person who tried.
    """
    if state in EVENTS.get(action, frozenset()):
        return state
    try:
        return STEPS[state, action]
    except KeyError:
        raise Conflict(refusal(state, action)) from None


def can_step(state: State, action: Action) -> bool:
    """Whether `action` may happen in `state`."""
    return (state, action) in STEPS or state in EVENTS.get(action, frozenset())
