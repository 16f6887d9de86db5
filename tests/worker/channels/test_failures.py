"""Whose trouble an answer is: a table over stages, codes and enhanced codes."""

from __future__ import annotations

import pytest

from referrals.deliveries.rules import Reason
from worker.channels.failures import Deferred, Failure, Stage, Undeliverable, Unreachable, judge

ANSWERS: list[tuple[Stage, str, type[Failure], Reason]] = [
    (Stage.GREETING, "554 no SMTP service here", Unreachable, Reason.SERVER_TROUBLE),
    (Stage.GREETING, "421 too busy", Unreachable, Reason.SERVER_TROUBLE),
    (Stage.GREETING, "454 4.7.0 Temporary authentication failure", Unreachable, Reason.SERVER_TROUBLE),
    (Stage.GREETING, "535 5.7.8 no such password", Unreachable, Reason.SIGN_IN_REFUSED),
    (Stage.SENDER, "530 5.7.0 Authentication required", Unreachable, Reason.SIGN_IN_REFUSED),
    (Stage.SENDER, "550 5.7.1 blocked", Unreachable, Reason.SENDER_REFUSED),
    (Stage.SENDER, "451 4.1.8 who are you", Unreachable, Reason.SENDER_REFUSED),
    (Stage.RECIPIENT, "550 5.1.8 domain of sender", Unreachable, Reason.SENDER_REFUSED),
    (Stage.RECIPIENT, "452 4.3.1 no space", Unreachable, Reason.SERVER_TROUBLE),
    (Stage.RECIPIENT, "421 4.7.0 slow down", Unreachable, Reason.SERVER_TROUBLE),
    (Stage.RECIPIENT, "450 4.2.0 greylisted", Deferred, Reason.TRY_LATER),
    (Stage.RECIPIENT, "451 later", Deferred, Reason.TRY_LATER),
    (Stage.RECIPIENT, "452 4.2.2 full", Deferred, Reason.TRY_LATER),
    (Stage.RECIPIENT, "550 5.1.1 nobody of that name", Undeliverable, Reason.ADDRESS_UNKNOWN),
    (Stage.RECIPIENT, "550 5.1.10 null MX", Undeliverable, Reason.ADDRESS_UNKNOWN),
    (Stage.RECIPIENT, "552 5.2.2 full", Undeliverable, Reason.MAILBOX_REFUSED),
    (Stage.RECIPIENT, "550 no", Undeliverable, Reason.ADDRESS_REFUSED),
    (Stage.RECIPIENT, "554 5.7.1 blocked", Undeliverable, Reason.ADDRESS_REFUSED),
    (Stage.RECIPIENT, "550 5.11.1 no code of ours", Undeliverable, Reason.ADDRESS_REFUSED),
    (Stage.CONTENT, "554 5.7.1 spam", Undeliverable, Reason.MESSAGE_REFUSED),
    (Stage.CONTENT, "451 later", Deferred, Reason.TRY_LATER),
    (Stage.CONTENT, "554 5.3.0 broken", Unreachable, Reason.SERVER_TROUBLE),
]
CERTAIN = {Reason.ADDRESS_UNKNOWN, Reason.MAILBOX_REFUSED}


@pytest.mark.parametrize(("stage", "answer", "kind", "reason"), ANSWERS)
def test_an_answer_is_the_servers_or_the_recipients(
    stage: Stage, answer: str, kind: type[Failure], reason: Reason
) -> None:
    code, _, said = answer.partition(" ")
    failure = judge(stage, int(code), said.encode())
    assert (type(failure), failure.reason) == (kind, reason)
    assert str(failure) == code, "a server's words may hold an address"
    if isinstance(failure, Undeliverable):
        assert failure.doubtful is (reason not in CERTAIN)
