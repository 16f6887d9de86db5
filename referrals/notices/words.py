"""What a notice says. Never a service, a name, or an organisation: a phone lies open on a table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.life.events import Kind

MAIL_FAILED = "mail_failed"
"""The one notice that is about no step of a referral: mail does not reach the person."""
_MAIL_FAILED = N_("E-mail to you could not be delivered. Check your address in your profile, or ask your manager.")
OVER_CAPACITY = "over_capacity"
"""Told to managers, of a programme and not of a referral. Written by the database (0031_hold_places.py)."""

NOTICE: Mapping[str, str] = MappingProxyType(
    {
        Kind.SENT: N_("A new referral waits for your answer."),
        Kind.ACCEPTED: N_("Your referral was accepted."),
        Kind.BOOKED: N_("A time was set or changed."),
        Kind.WAITLISTED: N_("Your referral is on the waiting list."),
        Kind.DECLINED: N_("Your referral was declined. See what can be done next."),
        Kind.RELEASED: N_("Your referral was given back. See what can be done next."),
        Kind.ARRIVED: N_("The arrival was noted."),
        Kind.NO_SHOW: N_("Nobody came at the time that was set."),
        Kind.COMPLETED: N_("Your referral was completed."),
        Kind.STOPPED: N_("Your referral was closed before the end."),
        Kind.CANCELLED: N_("A referral to you was cancelled."),
        Kind.WITHDRAWN: N_("The permission for a referral was withdrawn."),
        Kind.EXPIRED: N_("A referral ran out of time."),
        Kind.MESSAGE: N_("There is a new message."),
        Kind.HALF_TIME: N_("Half of the promised time has gone. A referral still waits for an answer."),
        Kind.OVERDUE: N_("A referral is overdue: it has had no answer in the promised time."),
        Kind.PLACE_FREE: N_("A place is free. This referral is next on the waiting list."),
        OVER_CAPACITY: N_("A place was given over capacity."),
        Kind.REOPENED: N_("A referral is open again. It had run out of time by a wrong clock."),
    }
)

OTHER = N_("Something happened to a referral.")
"""For a kind that a later version wrote."""

OPEN = N_("Open it in Spean:")
WHY = N_("You can turn these e-mails off in your profile. Nobody reads answers to them.")


def sentence(kind: str) -> str:
    """The gettext id for a notice of this kind."""
    return _MAIL_FAILED if kind == MAIL_FAILED else NOTICE.get(kind, OTHER)
