"""The states of a delivery, why it stands in one, and how long to wait between attempts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

EMAIL = "email"
"""The one channel so far."""

MOST_ATTEMPTS = 12
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=30), timedelta(hours=1)
_PROBE, _PROBE_SIGN_IN = timedelta(seconds=15), timedelta(minutes=5)


class State(StrEnum):
    """Queued and parked ones go out by themselves; failed ones when somebody has them tried again."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    PARKED = "parked"
    """The server is away, or takes nothing from us: it waits until the server is back."""
    DROPPED = "dropped"
    """Nobody needs it any more."""


class Reason(StrEnum):
    """Why a delivery is not sent. Never the server's words, which may hold an address."""

    # It failed for good.
    ADDRESS_INVALID = "address_invalid"
    ADDRESS_UNKNOWN = "address_unknown"
    ADDRESS_UNSUPPORTED = "address_unsupported"
    ADDRESS_REFUSED = "address_refused"
    MAILBOX_REFUSED = "mailbox_refused"
    MESSAGE_REFUSED = "message_refused"
    TOO_MANY_ATTEMPTS = "too_many_attempts"
    NOT_NOTED = "not_noted"
    """It failed before reasons were kept."""
    GAVE_UP = "gave_up"
    """Of a bell alone: the job of an event broke whoever tried."""
    # It is tried again.
    TRY_LATER = "try_later"
    BROKE_OFF = "broke_off"
    OUR_ERROR = "our_error"
    # It is parked.
    NO_ANSWER = "no_answer"
    SERVER_TROUBLE = "server_trouble"
    SIGN_IN_REFUSED = "sign_in_refused"
    SENDER_REFUSED = "sender_refused"
    NOT_ENCRYPTED = "not_encrypted"
    REFUSES_ALL = "refuses_all"
    # It is dropped.
    WITHDRAWN = "withdrawn"
    ERASED = "erased"
    TOO_LATE = "too_late"
    SWITCHED_OFF = "switched_off"
    LEFT = "left"
    BY_MANAGER = "by_manager"


@dataclass(frozen=True)
class Refusal:
    """A server's answer to one delivery.

    again: after how long it is tried again, None: never. doubtful: the same may be said to everybody.
    """

    reason: Reason
    again: timedelta | None
    doubtful: bool


def backoff(attempts: int) -> timedelta:
    """How long to wait after so many attempts: half a minute, doubling up to an hour (twelve take six hours)."""
    return min(_FIRST_WAIT * (1 << min(max(attempts, 1) - 1, 10)), _LONGEST_WAIT)


def probe_after(reason: Reason) -> timedelta:
    """How soon one delivery tries a server that is away; later ones wait longer (`sec.channel_down`).

    A password that is refused is not tried often: servers lock an account for that.
    """
    return _PROBE_SIGN_IN if reason is Reason.SIGN_IN_REFUSED else _PROBE
