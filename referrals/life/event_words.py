"""The words people read on a referral's timeline, and in its fixed questions and answers."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.life.events import Kind
from referrals.life.states import Action
from referrals.life.use_cases.take import Copied
from referrals.life.use_cases.talk import Answer, Question
from referrals.life.words import DONE

HAPPENED: Mapping[Kind, str] = MappingProxyType(
    {
        Kind.SENT: DONE[Action.SEND],
        Kind.SEEN: DONE[Action.SEE],
        Kind.ACCEPTED: DONE[Action.ACCEPT],
        Kind.BOOKED: DONE[Action.BOOK],
        Kind.WAITLISTED: DONE[Action.WAITLIST],
        Kind.DECLINED: DONE[Action.DECLINE],
        Kind.RELEASED: DONE[Action.RELEASE],
        Kind.ARRIVED: DONE[Action.NOTE_ARRIVAL],
        Kind.NO_SHOW: DONE[Action.NO_SHOW],
        Kind.TAKEN: DONE[Action.TAKE],
        Kind.COMPLETED: DONE[Action.COMPLETE],
        Kind.STOPPED: DONE[Action.STOP],
        Kind.CANCELLED: DONE[Action.CANCEL],
        Kind.WITHDRAWN: DONE[Action.WITHDRAW],
        Kind.EXPIRED: DONE[Action.EXPIRE],
        Kind.MESSAGE: DONE[Action.MESSAGE],
        Kind.HALF_TIME: N_("Half of the promised time has gone without an answer"),
        Kind.OVERDUE: N_("The promised time has passed without an answer"),
        Kind.PLACE_FREE: N_("A place became free, and this referral had waited longest"),
        Kind.REOPENED: N_("Open again: a wrong clock had let it run out"),
    }
)

QUESTION: Mapping[Question, str] = MappingProxyType(
    {
        Question.CAN_COME_SOON: N_("Can the person come within the next two days?"),
        Question.CAN_COME_MORNING: N_("Can the person come in the morning?"),
        Question.NEEDS_ESCORT: N_("Does the person need somebody to come along?"),
        Question.NEEDS_TRANSPORT: N_("Does the person need help with the way here?"),
        Question.STILL_WANTED: N_("Does the person still want this?"),
        Question.OTHER_PROGRAMME_OK: N_("Would another of our programmes do as well?"),
    }
)

ANSWER: Mapping[Answer, str] = MappingProxyType(
    {
        Answer.YES: N_("Yes"),
        Answer.NO: N_("No"),
        Answer.NOT_KNOWN: N_("We do not know"),
        Answer.WILL_ASK: N_("We will ask the person"),
    }
)

COPIED: Mapping[Copied, str] = MappingProxyType(
    {
        Copied.NAME: N_("Name"),
        Copied.BIRTH_YEAR: N_("Year of birth"),
        Copied.PHONE: N_("Phone"),
        Copied.CONTACT: N_("How to make contact safely"),
        Copied.DETAILS: N_("What the person told in confidence"),
    }
)
