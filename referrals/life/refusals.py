"""Why not now: one sentence for each action that comes in the wrong state.

A separate file so that the table in `states` is read in one sitting. Keys are the values of State and Action.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_

_DRAFT = N_("This referral is still a draft. Send it first.")
_SENT_BEFORE = N_("This referral has been sent already.")
_NOT_ACCEPTED_ARRIVAL = N_(
    "This referral is not accepted yet. If the person is here now, accept it and note the arrival in one go."
)
_NOT_ACCEPTED_RELEASE = N_("This referral is not accepted yet, so there is nothing to give back. Decline it instead.")
_NOT_ACCEPTED_BOOK = N_("An appointment can be set only once the referral is accepted.")
_NOT_ACCEPTED_TAKE = N_("Accept the referral first. Until then you hold no details to take into your records.")
_NOT_ARRIVED = N_("The arrival has not been noted yet. Note it first, then close the referral.")
_ACCEPTED_BEFORE = N_("This referral has been accepted already.")
_ACCEPTED_DECLINE = N_("This referral has been accepted already. To give it back, release it and say why.")
_ARRIVED_BEFORE = N_("The person has arrived already.")
_ARRIVED_BOOK = N_("The person has arrived already, so this appointment can no longer be changed.")
_ARRIVED_GIVE_BACK = N_("The person has arrived already. If the service cannot go on, close the referral as stopped.")
_ARRIVED_CANCEL = N_(
    "The person has arrived already, so the referral can no longer be cancelled. "
    "They may still withdraw their permission."
)

_ENDED: Mapping[str, str] = MappingProxyType(
    {
        "declined": N_("This referral was declined. Nothing more can be done with it; a new one may be sent."),
        "released": N_("This referral was given back. Nothing more can be done with it; a new one may be sent."),
        "completed": N_("This referral was completed. For a next step, send a new referral."),
        "stopped": N_(
            "This referral was closed. The person may come back at any time, with a new referral or without."
        ),
        "cancelled": N_("This referral was cancelled by the organisation that sent it."),
        "withdrawn": N_("The person withdrew their permission. Nothing more can be done with this referral."),
        "expired": N_("This referral ran out of time. Nothing more can be done with it; a new one may be sent."),
    }
)

_NOT_ACCEPTED: dict[str, str] = {
    "send": _SENT_BEFORE,
    "note_arrival": _NOT_ACCEPTED_ARRIVAL,
    "release": _NOT_ACCEPTED_RELEASE,
    "complete": _NOT_ARRIVED,
    "stop": _NOT_ARRIVED,
    "book": _NOT_ACCEPTED_BOOK,
    "no_show": _NOT_ACCEPTED_BOOK,
    "take": _NOT_ACCEPTED_TAKE,
}

_OPEN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "sent": _NOT_ACCEPTED,
        "waitlisted": {**_NOT_ACCEPTED, "waitlist": N_("This referral is on the waiting list already.")},
        "accepted": {
            "send": _SENT_BEFORE,
            "accept": _ACCEPTED_BEFORE,
            "accept_and_arrive": N_("This referral has been accepted already. Note the arrival."),
            "waitlist": _ACCEPTED_BEFORE,
            "decline": _ACCEPTED_DECLINE,
            "complete": _NOT_ARRIVED,
            "stop": _NOT_ARRIVED,
        },
        "arrived": {
            "send": _SENT_BEFORE,
            "accept": _ARRIVED_BEFORE,
            "accept_and_arrive": _ARRIVED_BEFORE,
            "waitlist": _ARRIVED_BEFORE,
            "note_arrival": _ARRIVED_BEFORE,
            "expire": _ARRIVED_BEFORE,
            "decline": _ARRIVED_GIVE_BACK,
            "release": _ARRIVED_GIVE_BACK,
            "cancel": _ARRIVED_CANCEL,
            "book": _ARRIVED_BOOK,
            "no_show": _ARRIVED_BOOK,
        },
    }
)


def refusal(state: str, action: str) -> str:
    """The msgid that tells why `action` cannot happen in `state` (a pair that has no step)."""
    if state == "draft":
        return _DRAFT
    return _ENDED.get(state) or _OPEN[state][action]
