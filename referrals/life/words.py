"""The words people read for states, actions and reasons: gettext ids, translated at the edge.

Different lists share values ("other" stands in four), so each list has its own table.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from app.core.errors import N_
from orgs.words import AGE_BAND, GENDER
from orgs.words import NEED as NEED  # noqa: PLC0414 - referrals speak of needs too
from referrals.life.disclosure import Category, Urgency
from referrals.life.reasons import (
    CancelReason,
    DeclineReason,
    Outcome,
    ReleaseReason,
    StopReason,
    WithdrawnBy,
)
from referrals.life.states import Action, State

STATE: Mapping[State, str] = MappingProxyType(
    {
        State.DRAFT: N_("Draft"),
        State.SENT: N_("Sent"),
        State.ACCEPTED: N_("Accepted"),
        State.WAITLISTED: N_("On the waiting list"),
        State.DECLINED: N_("Declined"),
        State.ARRIVED: N_("Arrived"),
        State.COMPLETED: N_("Completed"),
        State.STOPPED: N_("Stopped"),
        State.CANCELLED: N_("Cancelled"),
        State.WITHDRAWN: N_("Withdrawn"),
        State.RELEASED: N_("Given back"),
        State.EXPIRED: N_("Out of time"),
    }
)

ACTION: Mapping[Action, str] = MappingProxyType(
    {
        Action.SEND: N_("Send"),
        Action.ACCEPT: N_("Accept"),
        Action.ACCEPT_AND_ARRIVE: N_("Accept: the person is here"),
        Action.WAITLIST: N_("Put on the waiting list"),
        Action.DECLINE: N_("Decline"),
        Action.NOTE_ARRIVAL: N_("Note the arrival"),
        Action.RELEASE: N_("Give back"),
        Action.COMPLETE: N_("Complete"),
        Action.STOP: N_("Close as stopped"),
        Action.CANCEL: N_("Cancel the referral"),
        Action.WITHDRAW: N_("The person withdraws permission"),
        Action.EXPIRE: N_("Let it run out"),
        Action.SEE: N_("Open"),
        Action.BOOK: N_("Set the appointment"),
        Action.NO_SHOW: N_("The person did not come"),
        Action.MESSAGE: N_("Write a message"),
        Action.TAKE: N_("Take into our records"),
    }
)
"""What a button says."""

DONE: Mapping[Action, str] = MappingProxyType(
    {
        Action.SEND: N_("Referral sent"),
        Action.ACCEPT: N_("Referral accepted"),
        Action.ACCEPT_AND_ARRIVE: N_("Referral accepted; the person arrived"),
        Action.WAITLIST: N_("Put on the waiting list"),
        Action.DECLINE: N_("Referral declined"),
        Action.NOTE_ARRIVAL: N_("The person arrived"),
        Action.RELEASE: N_("Referral given back to the sender"),
        Action.COMPLETE: N_("Referral completed"),
        Action.STOP: N_("Referral closed as stopped"),
        Action.CANCEL: N_("Referral cancelled by the sender"),
        Action.WITHDRAW: N_("Permission withdrawn"),
        Action.EXPIRE: N_("Referral ran out of time"),
        Action.SEE: N_("Seen by the receiver"),
        Action.BOOK: N_("Appointment set"),
        Action.NO_SHOW: N_("The person did not come to the appointment"),
        Action.MESSAGE: N_("Message written"),
        Action.TAKE: N_("Details taken into the receiver's own records"),
    }
)
"""What the timeline says."""

DECLINE_REASON: Mapping[DeclineReason, str] = MappingProxyType(
    {
        DeclineReason.NO_CAPACITY: N_("No place free"),
        DeclineReason.NOT_ELIGIBLE: N_("Does not fit the programme's criteria"),
        DeclineReason.OTHER_SERVICE: N_("Needs another service"),
        DeclineReason.MORE_INFORMATION: N_("More information is needed"),
        DeclineReason.TOO_FAR: N_("Too far from where the person stays"),
        DeclineReason.CLOSED: N_("The programme is closed for now"),
        DeclineReason.OTHER: N_("Another reason"),
    }
)

RELEASE_REASON: Mapping[ReleaseReason, str] = MappingProxyType(
    {
        ReleaseReason.PROGRAMME_CLOSED: N_("The programme has closed"),
        ReleaseReason.NO_CAPACITY: N_("No place free any more"),
        ReleaseReason.CANNOT_SERVE: N_("We cannot serve this person after all"),
        ReleaseReason.OTHER_SERVICE: N_("Needs another service"),
        ReleaseReason.CANNOT_REACH: N_("We could not reach the person"),
        ReleaseReason.OTHER: N_("Another reason"),
    }
)

STOP_REASON: Mapping[StopReason, str] = MappingProxyType(
    {
        StopReason.MOVED_ON: N_("Moved on to something else"),
        StopReason.TRANSFERRED: N_("Transferred to another service"),
        StopReason.DETAINED: N_("Detained"),
        StopReason.DIED: N_("Died"),
        StopReason.LEFT: N_("Left; welcome back at any time"),
        StopReason.OTHER: N_("Another reason"),
    }
)

CANCEL_REASON: Mapping[CancelReason, str] = MappingProxyType(
    {
        CancelReason.SENT_BY_MISTAKE: N_("Sent by mistake"),
        CancelReason.OTHER_PROGRAMME: N_("Another programme was chosen"),
        CancelReason.NEED_MET: N_("The need has been met"),
        CancelReason.LOST_CONTACT: N_("We have lost contact with the person"),
        CancelReason.OTHER: N_("Another reason"),
    }
)

OUTCOME: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.SERVICE_RECEIVED: N_("Service received"),
        Outcome.CONTINUES: N_("In the programme, and continuing"),
        Outcome.COURSE_FINISHED: N_("Course or treatment finished"),
        Outcome.ADVICE_ONLY: N_("Advice or assessment only"),
    }
)

WITHDRAWN_BY: Mapping[WithdrawnBy, str] = MappingProxyType(
    {
        WithdrawnBy.SENDER: N_("The person told the sender"),
        WithdrawnBy.RECEIVER: N_("The person told the receiver"),
        WithdrawnBy.CLIENT: N_("The person did it themselves"),
    }
)

CATEGORY: Mapping[Category, str] = MappingProxyType(
    {
        Category.IDENTITY: N_("Name or alias, and year of birth"),
        Category.PHONE: N_("Phone, and how to make contact safely"),
        Category.HEALTH: N_("General health"),
        Category.HEALTH_HIV: N_("HIV"),
        Category.DRUG_USE: N_("Drug use"),
        Category.MENTAL_HEALTH: N_("Mental health"),
        Category.LEGAL: N_("Legal situation and papers"),
    }
)

URGENCY: Mapping[Urgency, str] = MappingProxyType(
    {
        Urgency.ROUTINE: N_("Routine"),
        Urgency.SOON: N_("Soon"),
        Urgency.URGENT: N_("Urgent"),
    }
)

_WORDS: Mapping[type[StrEnum], Mapping[StrEnum, str]] = {
    type(next(iter(table))): table  # type: ignore[misc]
    for table in (
        STATE, ACTION, DECLINE_REASON, RELEASE_REASON, STOP_REASON, CANCEL_REASON, OUTCOME, WITHDRAWN_BY,
        CATEGORY, NEED, URGENCY, AGE_BAND, GENDER,
    )
}  # fmt: skip


def word(value: StrEnum) -> str:
    """The gettext id for a member of any of these lists."""
    return _WORDS[type(value)][value]
