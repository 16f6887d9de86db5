"""What may go wrong in telling somebody outside Spean, and how a mail server's answers say which of it did.

Whose trouble it is decides what follows. The server's: nothing is tried any more but one delivery at a time, and the
others are parked. This recipient's: only this delivery ends or waits.
"""

from __future__ import annotations

import re
from enum import Enum

from referrals.deliveries.rules import Reason


class Failure(Exception):  # noqa: N818 - words of the house
    """It was not sent. `said` is for the log: a code, never an address or a server's words."""

    def __init__(self, reason: Reason, said: str = "") -> None:
        self.reason = reason
        super().__init__(said or str(reason))


class Unreachable(Failure):
    """The server is away, or takes nothing from us, whoever it is for."""


class Deferred(Failure):
    """Not now; the same delivery may pass later (a full mailbox, a server that lets strangers wait)."""


class Undeliverable(Failure):
    """This delivery will never arrive; trying again is no use.

    doubtful: it may be said to everybody, as by a server that has blocked our address.
    """

    def __init__(self, reason: Reason, said: str = "", *, doubtful: bool = False) -> None:
        self.doubtful = doubtful
        super().__init__(reason, said)


class Stage(Enum):
    """What the server answered to."""

    GREETING = "greeting"
    """The connection, encryption, signing in: nothing of a mail was said yet."""
    SENDER = "sender"
    RECIPIENT = "recipient"
    CONTENT = "content"


_PERMANENT = 500
_CLOSING = 421
_AUTHENTICATION = frozenset({530, 534, 535, 538})
_ENHANCED = re.compile(rb"\s*[245]\.(\d{1,3})\.(\d{1,3})\b")
_MAILBOX, _SYSTEM = 2, 3
_NO_SUCH_ADDRESS = frozenset({1, 2, 3, 6, 10})
_OUR_ADDRESS = frozenset({7, 8})


def judge(stage: Stage, code: int, said: bytes) -> Failure:
    """What an answer means (RFC 5321, 4.2.1: 4yz may pass later, 5yz never; RFC 3463: the enhanced code after it)."""
    subject, detail = _enhanced(said)
    server = _of_the_server(stage, code, subject, detail)
    if server is not None:
        return Unreachable(server, str(code))
    if code < _PERMANENT:
        return Deferred(Reason.TRY_LATER, str(code))
    if subject == 1 and detail in _NO_SUCH_ADDRESS:
        return Undeliverable(Reason.ADDRESS_UNKNOWN, str(code))
    if subject == _MAILBOX:
        return Undeliverable(Reason.MAILBOX_REFUSED, str(code))
    reason = Reason.MESSAGE_REFUSED if stage is Stage.CONTENT else Reason.ADDRESS_REFUSED
    return Undeliverable(reason, str(code), doubtful=True)


def _of_the_server(stage: Stage, code: int, subject: int, detail: int) -> Reason | None:
    """Why it takes nothing from us, whoever it is for; None where the answer is about this mail."""
    if code in _AUTHENTICATION:  # a wrong password of ours is mended, not the mail
        return Reason.SIGN_IN_REFUSED
    if code == _CLOSING or stage is Stage.GREETING or subject == _SYSTEM:
        return Reason.SERVER_TROUBLE
    if stage is Stage.SENDER or (subject == 1 and detail in _OUR_ADDRESS):
        return Reason.SENDER_REFUSED
    return None


def _enhanced(said: bytes) -> tuple[int, int]:
    """Subject and detail of an enhanced status code; zeros when the server gives none."""
    found = _ENHANCED.match(said)
    return (int(found[1]), int(found[2])) if found else (0, 0)
