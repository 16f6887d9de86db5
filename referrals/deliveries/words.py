"""What a delivery's channel, state and reason are called for people."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from app.core.errors import N_
from referrals.deliveries.rules import EMAIL, Reason, State

CHANNEL: Mapping[str, str] = MappingProxyType({EMAIL: N_("E-mail"), "bell": N_("Notification")})

STATE: Mapping[str, str] = MappingProxyType(
    {
        State.QUEUED: N_("Waiting to be sent"),
        State.SENT: N_("Sent since yesterday"),
        State.FAILED: N_("Could not be delivered"),
        State.PARKED: N_("Waiting until the mail server is back"),
        State.DROPPED: N_("No longer needed, since yesterday"),
    }
)

REASON: Mapping[str, str] = MappingProxyType(
    {
        Reason.ADDRESS_INVALID: N_("This is not an e-mail address."),
        Reason.ADDRESS_UNKNOWN: N_("The mail server knows no such address."),
        Reason.ADDRESS_UNSUPPORTED: N_("The mail server does not take an address with such letters."),
        Reason.ADDRESS_REFUSED: N_("The mail server refused the address."),
        Reason.MAILBOX_REFUSED: N_("The mailbox is full or closed."),
        Reason.MESSAGE_REFUSED: N_("The mail server refused the message."),
        Reason.TOO_MANY_ATTEMPTS: N_("The mail server did not take it in six hours."),
        Reason.NOT_NOTED: N_("Why was not noted."),
        Reason.GAVE_UP: N_("It could not be written. The log of the worker says why."),
        Reason.TRY_LATER: N_("The mail server asked to try later."),
        Reason.BROKE_OFF: N_("The connection ended while it was sent."),
        Reason.OUR_ERROR: N_("Spean made a mistake. The log of the worker says which."),
        Reason.NO_ANSWER: N_("The mail server does not answer."),
        Reason.SERVER_TROUBLE: N_("The mail server is out of order or too busy."),
        Reason.SIGN_IN_REFUSED: N_("The mail server refused our password."),
        Reason.SENDER_REFUSED: N_("The mail server refused our own address."),
        Reason.NOT_ENCRYPTED: N_("The mail server offers no encryption."),
        Reason.REFUSES_ALL: N_("The mail server takes nothing from us."),
        Reason.WITHDRAWN: N_("The permission was withdrawn."),
        Reason.ERASED: N_("The record was erased."),
        Reason.TOO_LATE: N_("The news no longer mattered."),
        Reason.SWITCHED_OFF: N_("The person wants no e-mail."),
        Reason.LEFT: N_("The person left or no longer meets clients."),
        Reason.BY_MANAGER: N_("A manager let it go."),
    }
)

OTHER = N_("Another reason")
"""For one that a later version wrote."""
