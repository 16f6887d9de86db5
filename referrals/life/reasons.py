"""The lists that a person chooses from when a referral changes hands or ends.

Lists, not free text: a reason travels to the other side unencrypted with the event, so it must name nobody.
"""

from __future__ import annotations

from enum import StrEnum


class DeclineReason(StrEnum):
    NO_CAPACITY = "no_capacity"
    NOT_ELIGIBLE = "not_eligible"
    OTHER_SERVICE = "other_service"
    MORE_INFORMATION = "more_information"
    TOO_FAR = "too_far"
    CLOSED = "closed"
    OTHER = "other"


class ReleaseReason(StrEnum):
    PROGRAMME_CLOSED = "programme_closed"
    NO_CAPACITY = "no_capacity"
    CANNOT_SERVE = "cannot_serve"
    OTHER_SERVICE = "other_service"
    CANNOT_REACH = "cannot_reach"
    OTHER = "other"


class StopReason(StrEnum):
    """Why a service ended before its end. Leaving and coming back is ordinary: no word here judges."""

    MOVED_ON = "moved_on"
    TRANSFERRED = "transferred"
    DETAINED = "detained"
    DIED = "died"
    LEFT = "left"
    OTHER = "other"


class CancelReason(StrEnum):
    SENT_BY_MISTAKE = "sent_by_mistake"
    OTHER_PROGRAMME = "other_programme"
    NEED_MET = "need_met"
    LOST_CONTACT = "lost_contact"
    OTHER = "other"


class Outcome(StrEnum):
    """How a completed referral ended. All but ADVICE_ONLY count as service received."""

    SERVICE_RECEIVED = "service_received"
    CONTINUES = "continues"
    COURSE_FINISHED = "course_finished"
    ADVICE_ONLY = "advice_only"


SERVICE_RECEIVED: frozenset[Outcome] = frozenset(Outcome) - {Outcome.ADVICE_ONLY}


class WithdrawnBy(StrEnum):
    """To whom the client said it; CLIENT is for the client alone, without staff."""

    SENDER = "sender"
    RECEIVER = "receiver"
    CLIENT = "client"
